// Shows how far the work is, and how long it will still take.

const STAGES = {
  upload: "Uploading",
  load: "Loading the network",
  unpack: "Unpacking",
  decode: "Reading images",
  embed: "Looking at images",
  normals: "Looking at photos without defects",
  compare: "Comparing",
  defects: "Measuring defects",
  write: "Writing the report",
};

/** Where networks run. */
const ENGINES = { webgpu: "on the graphics card", wasm: "on the processor" };

/** Seconds of a stage after which its pace is known well enough. */
const PACE_AFTER = 1;

let stage;
let began;
let first;

/**
 * Shows one more step. "total" is left out if it is not known, "engine" if it is not told. "groups" are those of the
 * images so far; they stay until others come.
 */
export function showProgress(name, done, total, engine, groups) {
  if (groups) showGroups(groups);
  // Each image is read and then embedded. Only the embedding is shown.
  if (name === "decode" && stage === "embed") return;
  if (name !== stage) {
    [stage, began, first] = [name, performance.now(), done];
    document.getElementById("stage").textContent = STAGES[name];
  }
  document.getElementById("work").hidden = false;
  document.getElementById("engine").textContent = ENGINES[engine] ?? "";
  document.getElementById("count").textContent = total ? `${amountText(done, total)}${leftText(done, total)}` : "";
  const bar = document.getElementById("progress");
  if (total) [bar.max, bar.value] = [total, done];
  else bar.removeAttribute("value");
}

/** Shows the groups that were found so far, each by its most typical image. */
function showGroups(groups) {
  const [sizes, last] = [groups.map(({ size }) => size), groups.length - 1];
  const text = last ? `${sizes.slice(0, -1).join(", ")} and ${sizes[last]} images` : `${sizes[0]} images`;
  document.getElementById("so-far-text").textContent = `Of the first ${
    sizes.reduce((all, size) => all + size)
  } images: ${groups.length} ${last ? "groups" : "group"}, of ${text}. All images may give other groups.`;
  document.getElementById("so-far-pictures").replaceChildren(
    ...groups.filter(({ thumbnail }) => thumbnail).map(({ thumbnail, medoid, size }) => {
      return Object.assign(new Image(), { src: thumbnail, alt: medoid, title: `${medoid}, typical of ${size} images` });
    }),
  );
  document.getElementById("so-far").hidden = false;
}

/** Hides the progress until the next step. */
export function endProgress() {
  stage = undefined;
  document.getElementById("so-far").hidden = true;
  document.getElementById("work").hidden = true;
}

function amountText(done, total) {
  return stage === "compare" ? `${Math.floor(100 * done / total)} %` : `${done} of ${total}`;
}

function leftText(done, total) {
  const seconds = (performance.now() - began) / 1000;
  if (seconds < PACE_AFTER || done <= first) return "";
  const left = seconds / (done - first) * (total - done);
  return left < 60 ? `, about ${Math.ceil(left)} s left` : `, about ${Math.ceil(left / 60)} min left`;
}
