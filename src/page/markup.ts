// HTML of the page on which one chooses images and sees their groups. The service and the studio share it.

import { type PresetName, PRESETS } from "../preset.ts";
import style from "./page.css" with { type: "text" };

/** The parts that differ between the service's page and the studio's. */
export interface PageParts {
  readonly presets: readonly PresetName[];
  /** The preset that is selected at first. */
  readonly standard: PresetName;
  /** A sentence below the title, as HTML. */
  readonly intro: string;
  /** Shown if scripts are off, as HTML. */
  readonly withoutScripts: string;
  /** Whether normal images can be chosen too. */
  readonly withNormals?: boolean;
  /** Whether a network can be chosen instead of the preset's. */
  readonly withNetwork?: boolean;
  /** More HTML for the head. */
  readonly head?: string;
  /** The script element, as HTML. */
  readonly script: string;
}

const NORMALS = `<div class="field normals">
<p class="name" id="normals-name">Normal images</p>
<p class="note">Optional: sound ones of the same product. What is unlike all of them is anomalous.</p>
<p class="row"><label class="button">Choose a folder <input type="file" id="normals" webkitdirectory \
aria-describedby="normals-name"></label> <button type="button" id="no-normals" hidden>Without them</button></p>
<p id="normals-chosen" class="note" role="status">None chosen.</p>
</div>
`;

const NETWORK = `<div class="field">
<p class="name" id="network-name">Network</p>
<p class="note" id="network-note">Optional: an ONNX file with its manifest, or with config.json and \
preprocessor_config.json as a repository of the Hugging Face hub has them. Drop its files or its folder on the page, or</p>
<p class="row"><label class="button">Choose its files <input type="file" id="network" multiple \
aria-describedby="network-name network-note"></label>
<label class="button">Choose its folder <input type="file" id="network-folder" webkitdirectory \
aria-describedby="network-name"></label> <button type="button" id="no-network" hidden>Without it</button></p>
<p id="network-chosen" class="note" role="status">That of the preset.</p>
</div>
`;

function presetChoice(name: PresetName, standard: PresetName): string {
  const { summary } = PRESETS[name];
  return `<label class="choice"><input type="radio" name="preset" value="${name}"${name === standard ? " checked" : ""}>
<span><b>${name}</b><span class="note">${summary[0].toUpperCase()}${summary.slice(1)}.</span></span></label>`;
}

export function pageMarkup(parts: PageParts): string {
  const { presets, standard, intro, withoutScripts, withNormals = false, withNetwork = false, head = "", script } =
    parts;
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
<p id="chosen" role="status">Nothing chosen yet.</p>
</div>
<div class="settings">
<fieldset class="field">
<legend class="name">Preset</legend>
${presets.map((name) => presetChoice(name, standard)).join("\n")}
</fieldset>
<div>
<div class="field">
<label class="name" for="k">Number of groups</label>
<p class="note" id="k-note">A number, or auto for the clearest of 2 to 20.</p>
<p class="row"><input id="k" value="auto" size="6" autocomplete="off" pattern="auto|[1-9][0-9]*" title="auto, or a \
number from 1 on" aria-describedby="k-note" required></p>
</div>
${withNormals ? NORMALS : ""}${withNetwork ? NETWORK : ""}</div>
</div>
<p class="row"><button id="start" class="main" disabled>Group them</button>
<button type="button" id="stop" hidden>Stop</button></p>
</form>
<div id="work" hidden>
<p><span id="stage" role="status"></span> <span id="engine" class="note"></span> <span id="count" class="note"></span></p>
<progress id="progress" aria-labelledby="stage"></progress>
</div>
<p id="problem" class="problem" role="alert" hidden></p>
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
