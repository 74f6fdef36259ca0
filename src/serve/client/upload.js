// The upload page: files in, events of the work, the report in a frame.
(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const [form, drop, start, stop, problem] = ["form", "drop", "start", "stop", "problem"].map(find);
  const STAGES = { upload: "Uploading", decode: "Reading images", embed: "Embedding images", compare: "Comparing" };
  const IMAGE = /\.(jpe?g|png|tiff?|webp|gif|bmp)$/i;
  let images = [];
  let running;
  let result;

  // Files with the paths that the report shows.
  function choose(found) {
    images = found.filter(({ path }) => IMAGE.test(path) && !/(^|\/)\./.test(path));
    const others = found.length - images.length;
    find("chosen").textContent = `${images.length} images chosen` +
      (others ? `, ${others} other files left out.` : ".");
    start.disabled = images.length < 2;
  }

  function listed(input) {
    return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  }

  // All files of a dropped file or folder; a folder tells its content in pieces.
  async function walk(entry, path) {
    if (entry.isFile) return [{ file: await new Promise((done, fail) => entry.file(done, fail)), path }];
    const reader = entry.createReader();
    const found = [];
    while (true) {
      const piece = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!piece.length) return found;
      for (const child of piece) found.push(...await walk(child, `${path}/${child.name}`));
    }
  }

  function showProgress(stage, done, total) {
    find("progress-label").hidden = false;
    find("stage").textContent = STAGES[stage];
    const bar = find("progress");
    if (total) [bar.value, bar.max] = [done, total];
    else bar.removeAttribute("value");
  }

  function showProblem(message) {
    problem.textContent = message;
    problem.hidden = !message;
  }

  // The events of an answer, each with its name and data.
  async function* events(body) {
    let text = "";
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/);
        yield { name, data: JSON.parse(data) };
      }
    }
  }

  async function group(signal) {
    const body = new FormData();
    body.append("preset", find("preset").value);
    body.append("k", find("k").value.trim());
    for (const { file, path } of images) body.append("images", file, path);
    showProgress("upload");
    const headers = { accept: "text/event-stream, text/html" };
    const answer = await fetch("/groups", { method: "POST", headers, body, signal });
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    for await (const { name, data } of events(answer.body)) {
      if (name === "progress") showProgress(data.stage, data.done, data.total);
      if (name === "error") throw new Error(data.error.message);
      if (name === "done") return data;
    }
    throw new Error("The service ended before the work did: try again.");
  }

  function show(done) {
    result = done;
    find("result").hidden = false;
    find("report").srcdoc = done.report;
    find("report").focus();
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  find("files").addEventListener("change", (event) => choose(listed(event.target)));
  find("folder").addEventListener("change", (event) => choose(listed(event.target)));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    // Entries are gone after the first wait.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    try {
      choose((await Promise.all(entries.map((entry) => walk(entry, entry.name)))).flat());
    } catch {
      showProblem("What was dropped cannot be read: choose it with the buttons.");
    }
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running = new AbortController();
    showProblem("");
    find("result").hidden = true;
    [start.disabled, stop.hidden] = [true, false];
    try {
      show(await group(running.signal));
    } catch (error) {
      showProblem(running.signal.aborted ? "Stopped." : error.message);
    }
    find("progress-label").hidden = true;
    [start.disabled, stop.hidden] = [false, true];
  });
  stop.addEventListener("click", () => running.abort());
  find("save-report").addEventListener("click", () => save("report.html", "text/html", result.report));
  find("save-groups").addEventListener("click", () => {
    save("groups.json", "application/json", `${JSON.stringify(result.groups, null, 1)}\n`);
  });
})();
