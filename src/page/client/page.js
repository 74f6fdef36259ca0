// Runs the page: what was chosen, the work on it, and the result.

import { chosenText, filesDropped, filesOf, usableOf } from "./choosing.js";
import { networkAmong, networkText } from "./network.js";
import { endProgress, showProgress } from "./progress.js";

/**
 * Starts the page. "group" is the function that does the work on { images, zips, normals, network, folder, fields }. It
 * reports to onProgress and stops when the signal is aborted. It returns groups.json, the report and the files to save.
 */
export function startPage(group) {
  const find = (id) => document.getElementById(id);
  const [form, drop, start, stop, problem] = ["form", "drop", "start", "stop", "problem"].map(find);
  const NOTHING = usableOf([]);
  let chosen = NOTHING;
  let chosenSentence = find("chosen").textContent;
  /** How often images were chosen. Sample photos that come after another choice are not taken. */
  let choices = 0;
  let normals = NOTHING;
  let network;
  let running;
  let shown;

  /** Takes the chosen files. If they contain a network without images, the images chosen before stay. */
  function choose(found) {
    const { model, files, rest } = networkAmong(found);
    if (model && !find("network")) {
      showProblem("This service takes no networks: whoever runs it names one by serve --model.");
      return;
    }
    if (model) chooseNetwork({ model, files });
    if (model && !rest.length) return;
    const images = usableOf(rest);
    chooseImages(images, `${chosenText(images)}${tooFew(images) ? " At least 2 are needed." : ""}`);
  }

  function chooseImages(images, sentence) {
    choices++;
    chosen = images;
    chosenSentence = sentence;
    find("chosen").textContent = sentence;
    showProblem("");
    allowStart();
  }

  /** Chooses the sample photos, which lie beside the page as a zip. */
  async function chooseSamples({ count, file: path }) {
    const turn = ++choices;
    find("chosen").textContent = "Loading the sample photos.";
    showProblem("");
    try {
      const file = await loadedFile(path);
      if (turn === choices) chooseImages(usableOf([{ file, path }]), `${count} sample photos chosen.`);
    } catch (error) {
      if (turn !== choices) return;
      find("chosen").textContent = chosenSentence;
      showProblem(
        `The sample photos cannot be loaded: ${error.message}. Try again later, or choose photos of your own.`,
      );
    }
  }

  async function loadedFile(path) {
    const answer = await fetch(path).catch(() => {
      throw new Error("the server does not answer");
    });
    if (!answer.ok) throw new Error(`the server answers ${answer.status} for ${path}`);
    // The same date each time: it is the same file.
    return new File([await answer.blob()], path, { type: "application/zip", lastModified: 0 });
  }

  function chooseNormals(found) {
    normals = usableOf(found);
    find("normals-chosen").textContent = found.length ? chosenText(normals) : "None chosen.";
    find("no-normals").hidden = !found.length;
  }

  function chooseNetwork(found) {
    network = found;
    find("network-chosen").textContent = found ? networkText(found) : "That of the preset.";
    if (found) find("network-field").open = true;
    find("no-network").hidden = !found;
    showProblem("");
  }

  function chooseNetworkOf(input) {
    const { model, files } = networkAmong(filesOf(input));
    if (model) chooseNetwork({ model, files });
    else showProblem("There is no ONNX file among these: choose one, with the files beside it.");
  }

  function tooFew({ images, zips }) {
    return images.length < 2 && !zips.length;
  }

  function allowStart() {
    start.disabled = running !== undefined || tooFew(chosen);
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

  for (const id of ["files", "folder"]) {
    find(id).addEventListener("change", ({ target }) => {
      choose(filesOf(target));
      target.value = ""; // So that the same files can be chosen again after others.
    });
  }
  find("samples")?.addEventListener("click", (event) => chooseSamples(event.currentTarget.dataset));
  find("normals")?.addEventListener("change", (event) => chooseNormals(filesOf(event.target)));
  find("no-normals")?.addEventListener("click", () => {
    find("normals").value = "";
    chooseNormals([]);
    find("normals").focus();
  });
  find("network")?.addEventListener("change", (event) => chooseNetworkOf(event.target));
  find("network-folder")?.addEventListener("change", (event) => chooseNetworkOf(event.target));
  find("no-network")?.addEventListener("click", () => {
    for (const id of ["network", "network-folder"]) find(id).value = "";
    chooseNetwork(undefined);
    find("network").focus();
  });
  // Files can be dropped anywhere on the page. Otherwise the browser would open a file that misses a target.
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
    const detail = find("detail").value.trim();
    const fields = { preset: form.elements.preset.value, k: find("k").value.trim(), ...(detail && { detail }) };
    const work = { ...chosen, normals, network, fields };
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
