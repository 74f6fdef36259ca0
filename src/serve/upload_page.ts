// The page on which images are uploaded: one file, nothing loaded; the report is shown in a frame without an origin.

import { type PresetName, PRESETS } from "../preset.ts";
import { SCRIPT_HASH } from "../report/html.ts";
import { scriptHash } from "../report/script_hash.ts";
import script from "./client/upload.js" with { type: "text" };
import style from "./client/upload.css" with { type: "text" };

/** The frame inherits the policy, so that it also allows the report's own script, by its hash. */
export const PAGE_POLICY: Record<string, string> = {
  "content-security-policy": `default-src 'none'; connect-src 'self'; img-src data:; style-src 'unsafe-inline'; ` +
    `script-src '${await scriptHash(`\n${script}`)}' '${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'; ` +
    "frame-ancestors 'none'",
};

/** The page, for a service with these presets. */
export function uploadPage(presets: readonly PresetName[], standard: PresetName): string {
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
<style>
${style}</style>
</head>
<body>
<main>
<h1>Anomaly clustering</h1>
<p>Sorts images of one product or texture into groups by kind of defect.</p>
<noscript><p class="problem">This page needs scripts; the service itself does not: see /openapi.json.</p></noscript>
<form id="form">
<div id="drop">
<p>Drop a folder or images here, or choose</p>
<p><label class="button">files <input type="file" id="files" multiple accept="image/*"></label>
<label class="button">a folder <input type="file" id="folder" webkitdirectory></label></p>
<p id="chosen" role="status">Nothing chosen yet.</p>
</div>
<p class="fields"><label>Preset <select id="preset">${choices.join("")}</select></label>
<label>Groups <input id="k" value="auto" size="5" autocomplete="off" pattern="auto|[1-9][0-9]*" required></label>
<button id="start" disabled>Group them</button> <button type="button" id="stop" hidden>Stop</button></p>
</form>
<p><label id="progress-label" hidden><span id="stage" role="status"></span> <progress id="progress"></progress></label></p>
<p id="problem" class="problem" role="alert" hidden></p>
</main>
<section id="result" aria-label="Report" hidden>
<p><button type="button" id="save-report">Save the report</button>
<button type="button" id="save-groups">Save groups.json</button></p>
<iframe id="report" title="Report" sandbox="allow-scripts allow-downloads"></iframe>
</section>
<script>
${script}</script>
</body>
</html>
`;
}
