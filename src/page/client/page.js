// The page: what was chosen, the work on it, and its result.

import { chosenText, filesDropped, filesOf, usableOf } from "./choosing.js";
import { endProgress, showProgress } from "./progress.js";

/**
 * Sets the page going. `group` does the work on `{ images, zips, normals, folder, fields }`, tells `onProgress` of it,
 * ends with the signal, and gives groups.json, the report and files to save.
 */
export function startPage(group) {
  const find = (id) => document.getElementById(id);
  const [form, drop, start, stop, problem] = ["form", "drop", "start", "stop", "problem"].map(find);
  const NOTHING = usableOf([]);
  let chosen = NOTHING;
  let normals = NOTHING;
  let running;
  let shown;

  function choose(found) {
    chosen = usableOf(found);
    find("chosen").textContent = `${chosenText(chosen)}${tooFew() ? " At least 2 are needed." : ""}`;
    showProblem("");
    allowStart();
  }

  function chooseNormals(found) {
    normals = usableOf(found);
    find("normals-chosen").textContent = found.length ? chosenText(normals) : "None chosen.";
    find("no-normals").hidden = !found.length;
  }

  function tooFew() {
    return chosen.images.length < 2 && !chosen.zips.length;
  }

  function allowStart() {
    start.disabled = running !== undefined || tooFew();
  }

  function showProblem(message) {
    problem.textContent = message;
    problem.hidden = !message;
  }

  function end() {
    endProgress();
    running = undefined;
    stop.hidden = true;
    allowStart();
  }

  function showResult({ groups, report, files }) {
    find("summary").textContent = summaryOf(groups);
    find("warnings").hidden = !groups.warnings.length;
    find("warning-count").textContent = `${groups.warnings.length} ${
      groups.warnings.length === 1 ? "warning" : "warnings"
    }`;
    find("warning-list").replaceChildren(...groups.warnings.map((warning) => {
      return Object.assign(document.createElement("li"), { textContent: warning });
    }));
    find("save").replaceChildren(...files.map(saveButton));
    URL.revokeObjectURL(shown);
    shown = URL.createObjectURL(new Blob([report], { type: "text/html" }));
    find("report").src = shown;
    find("result").hidden = false;
    find("result").scrollIntoView();
    find("report").focus({ preventScroll: true });
  }

  function summaryOf({ images, groups, settings }) {
    const how = settings.kChosen === "given" ? "" : ", a number chosen automatically";
    return `${images.length} images in ${groups.length} ${groups.length === 1 ? "group" : "groups"}${how}.`;
  }

  function saveButton({ name, type, content }) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content], { type }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
    return button;
  }

  find("files").addEventListener("change", (event) => choose(filesOf(event.target)));
  find("folder").addEventListener("change", (event) => choose(filesOf(event.target)));
  find("normals")?.addEventListener("change", (event) => chooseNormals(filesOf(event.target)));
  find("no-normals")?.addEventListener("click", () => {
    find("normals").value = "";
    chooseNormals([]);
    find("normals").focus();
  });
  // Anywhere on the page: a file that misses a target would be opened in place of the page.
  const targetOf = (event) => event.target.closest?.(".normals") ?? drop;
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    targetOf(event).classList.add("over");
  });
  document.addEventListener("dragleave", (event) => targetOf(event).classList.remove("over"));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    targetOf(event).classList.remove("over");
    const take = targetOf(event) === drop ? choose : chooseNormals;
    try {
      take(await filesDropped(event.dataTransfer));
    } catch {
      showProblem("What was dropped cannot be read: choose it with the buttons.");
    }
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running = new AbortController();
    const { signal } = running;
    showProblem("");
    find("result").hidden = true;
    allowStart();
    stop.hidden = false;
    stop.scrollIntoView({ block: "center" });
    const fields = { preset: form.elements.preset.value, k: find("k").value.trim() };
    const work = { ...chosen, normals, fields };
    try {
      const result = await group(work, signal, (...step) => signal.aborted || showProgress(...step));
      end();
      showResult(result);
    } catch (error) {
      end();
      showProblem(signal.aborted ? "Stopped." : error.message);
    }
  });
  stop.addEventListener("click", () => running.abort());
}
