// HTML of the page on which one chooses images and sees their groups. The service and the studio share it.

import { type PresetName, PRESETS } from "../preset.ts";
import style from "./page.css" with { type: "text" };
import { SAMPLE_COUNT, SAMPLE_FILES, SAMPLE_KINDS } from "./samples.ts";

/** The parts that differ between the service's page and the studio's. */
export interface PageParts {
  readonly presets: readonly PresetName[];
  /** The preset that is selected at first. */
  readonly standard: PresetName;
  /** A sentence below the title, as HTML. */
  readonly intro: string;
  /** Shown if scripts are off, as HTML. */
  readonly withoutScripts: string;
  /** Whether sample photos are offered. They must lie beside the page. */
  readonly withSamples?: boolean;
  /** Whether normal images can be chosen too. */
  readonly withNormals?: boolean;
  /** Whether a network can be chosen instead of the preset's. */
  readonly withNetwork?: boolean;
  /** More HTML for the head. */
  readonly head?: string;
  /** The script element, as HTML. */
  readonly script: string;
}

/** Words for small numbers in a sentence. */
const NUMBER_WORDS = ["no", "one", "two", "three", "four", "five", "six"];

const SAMPLES = `<p class="samples"><button type="button" id="samples" aria-describedby="samples-note" \
data-count="${SAMPLE_COUNT}" data-file="${SAMPLE_FILES.zip}">Try it with sample photos</button>
<span class="note"><span id="samples-note">${SAMPLE_COUNT} photos of steel strip with \
${NUMBER_WORDS[SAMPLE_KINDS.length]} kinds of defects</span> (<a href="${SAMPLE_FILES.notice}" target="_blank">X-SDD, \
under Apache-2.0</a>)</span></p>
`;

const NORMALS = `<div class="field normals">
<p class="name" id="normals-name">Photos without defects</p>
<p class="note" id="normals-note">Optional: normal photos of the same product. What is unlike all of them counts as \
a defect.</p>
<p class="row"><label class="button">Choose a folder <input type="file" id="normals" webkitdirectory \
aria-describedby="normals-name normals-note"></label> <button type="button" id="no-normals" hidden>Without them</button></p>
<p id="normals-chosen" class="note" role="status">None chosen.</p>
</div>
`;

const NETWORK = `<details class="field" id="network-field">
<summary class="name" id="network-name">A network of your own</summary>
<p class="note" id="network-note">For experts: an ONNX file with its manifest, or with config.json and \
preprocessor_config.json as a repository of the Hugging Face hub has them. Drop its files or its folder on the page, or</p>
<p class="row"><label class="button">Choose its files <input type="file" id="network" multiple \
aria-describedby="network-name network-note"></label>
<label class="button">Choose its folder <input type="file" id="network-folder" webkitdirectory \
aria-describedby="network-name"></label> <button type="button" id="no-network" hidden>Without it</button></p>
<p id="network-chosen" class="note" role="status">That of the preset.</p>
</details>
`;

function presetsMarkup(presets: readonly PresetName[], standard: PresetName): string {
  // What most people need comes first.
  const ordered = [...presets.filter((name) => name !== "paper"), ...presets.filter((name) => name === "paper")];
  const choices = ordered.map((name) =>
    `<label class="choice"><input type="radio" name="preset" value="${name}"${name === standard ? " checked" : ""}>
<span><b>${name}</b><span class="note">${sentence(PRESETS[name].summary)}</span></span></label>`
  );
  const ways = ordered.map((name) => `<dt>${name}</dt><dd>${sentence(PRESETS[name].how)}</dd>`);
  return `<fieldset class="field">
<legend class="name">How thorough (preset)</legend>
${choices.join("\n")}
<details class="note"><summary>How they work</summary>
<dl>
${ways.join("\n")}
</dl></details>
</fieldset>`;
}

function sentence(line: string): string {
  return `${line[0].toUpperCase()}${line.slice(1)}.`;
}

export function pageMarkup(parts: PageParts): string {
  const { presets, standard, intro, withoutScripts, head = "", script } = parts;
  const { withSamples = false, withNormals = false, withNetwork = false } = parts;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Anomaly clustering</title>
${head}<style>
${style}</style>
</head>
<body>
<main>
<h1>Anomaly clustering</h1>
<p class="intro">Sorts images of one product or texture into groups by kind of defect. ${intro}</p>
<noscript><p class="problem">${withoutScripts}</p></noscript>
<form id="form">
<div id="drop">
<p>Drop a folder, images or a zip here, or</p>
<p class="row"><label class="button">Choose files <input type="file" id="files" multiple accept="image/*,.zip"></label>
<label class="button">Choose a folder <input type="file" id="folder" webkitdirectory></label></p>
${withSamples ? SAMPLES : ""}<p id="chosen" role="status">Nothing chosen yet.</p>
</div>
<div class="settings">
${presetsMarkup(presets, standard)}
<div>
<div class="field">
<label class="name" for="k">Number of groups</label>
<p class="note" id="k-note">A number, or auto: the clearest number from 2 to 20.</p>
<p class="row"><input id="k" value="auto" size="6" autocomplete="off" pattern="auto|[1-9][0-9]*" title="auto, or a \
number from 1 on" aria-describedby="k-note" required></p>
</div>
<div class="field">
<label class="name" for="detail">Smallest defect that matters</label>
<p class="note" id="detail-note">Optional, only for photos above some 700 × 600 pixels: its width in pixels, or auto. \
The smaller, the longer it takes.</p>
<p class="row"><input id="detail" placeholder="auto" size="6" autocomplete="off" \
pattern="auto|off|[2-9]|[1-9][0-9]{1,5}" title="auto, or a number of pixels from 2 on" aria-describedby="detail-note">
<span class="note">pixels</span></p>
</div>
${withNormals ? NORMALS : ""}${withNetwork ? NETWORK : ""}</div>
</div>
<div class="actions">
<p class="row"><button id="start" class="main" disabled>Group them</button>
<button type="button" id="stop" hidden>Stop</button></p>
<div id="work" hidden>
<p><span id="stage" role="status"></span> <span id="engine" class="note"></span> <span id="count" class="note"></span></p>
<progress id="progress" aria-labelledby="stage"></progress>
<div id="so-far" hidden><p id="so-far-text" class="note"></p><p id="so-far-pictures" class="row"></p></div>
</div>
<p id="problem" class="problem" role="alert" hidden></p>
</div>
</form>
</main>
<section id="result" aria-label="Result" hidden>
<div class="head">
<p id="summary" class="name"></p>
<p class="row"><span id="save-name">Save</span> <span id="save" class="row" role="group" aria-labelledby="save-name"></span>
<a class="button" href="#form">Other settings</a></p>
<details id="warnings" hidden><summary id="warning-count"></summary><ul id="warning-list"></ul></details>
</div>
<iframe id="report" title="Report" sandbox="allow-scripts allow-downloads"></iframe>
</section>
${script}
</body>
</html>
`;
}
