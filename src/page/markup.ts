// The page on which images are chosen and their groups are shown: one form, whoever does the work.

import { type PresetName, PRESETS } from "../preset.ts";
import style from "./page.css" with { type: "text" };

/** What differs between the pages. */
export interface PageParts {
  readonly presets: readonly PresetName[];
  /** The preset that is chosen at first. */
  readonly standard: PresetName;
  /** A sentence below the title, as HTML. */
  readonly intro: string;
  /** Shown where scripts are off, as HTML. */
  readonly withoutScripts: string;
  /** Whether normal images can be chosen too. */
  readonly withNormals?: boolean;
  /** More of the head. */
  readonly head?: string;
  /** The script element. */
  readonly script: string;
}

const NORMALS = `<fieldset>
<legend>Normal images, if there are any</legend>
<p><label class="button">a folder <input type="file" id="normals" webkitdirectory></label>
<span id="normals-chosen" role="status">None chosen.</span>
<button type="button" id="no-normals" hidden>Without them</button></p>
<p class="note">Sound ones of the same product: what is unlike all of them is anomalous.</p>
</fieldset>
`;

export function pageMarkup(parts: PageParts): string {
  const { presets, standard, intro, withoutScripts, withNormals = false, head = "", script } = parts;
  const choices = presets.map((name) => {
    return `<option value="${name}"${name === standard ? " selected" : ""}>${name}: ${PRESETS[name].summary}</option>`;
  });
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
<p>Drop a folder, images or a zip here, or choose</p>
<p><label class="button">files <input type="file" id="files" multiple accept="image/*,.zip"></label>
<label class="button">a folder <input type="file" id="folder" webkitdirectory></label></p>
<p id="chosen" role="status">Nothing chosen yet.</p>
</div>
${withNormals ? NORMALS : ""}<p class="fields"><label>Preset <select id="preset">${choices.join("")}</select></label>
<label>Groups <input id="k" value="auto" size="5" autocomplete="off" pattern="auto|[1-9][0-9]*" title="auto, or a \
number from 1 on" required></label>
<button id="start" disabled>Group them</button> <button type="button" id="stop" hidden>Stop</button></p>
</form>
<div id="work" hidden>
<p><span id="stage" role="status"></span> <span id="count"></span></p>
<progress id="progress" aria-labelledby="stage"></progress>
</div>
<p id="problem" class="problem" role="alert" hidden></p>
</main>
<section id="result" aria-label="Result" hidden>
<div class="head">
<p id="summary"></p>
<details id="warnings" hidden><summary id="warning-count"></summary><ul id="warning-list"></ul></details>
<p>Save <span id="save" role="group" aria-label="Save"></span></p>
</div>
<iframe id="report" title="Report" sandbox="allow-scripts allow-downloads"></iframe>
</section>
${script}
</body>
</html>
`;
}
