// HTML of the page's head and of the toolbar.

import { countsAsClear } from "../../cluster/choose_k.ts";
import { groupSize, groupTitle } from "../client/group_markup.js";
import { countOf, escapeHtml, isolate } from "../client/text.js";
import { renderTime } from "../document.ts";
import { DEFECT_SWITCH } from "./defects.ts";
import { LEARN_CONTROLS } from "./learning.ts";
import type { Group, ReportData, ReportImage } from "../shown_data.ts";

export function renderHeader({ title, created, summary, choice, tree, warnings }: ReportData): string {
  const notice = warnings.length > 0
    ? `<p class="notice"><a href="#warnings">${countOf(warnings.length, "warning")}</a> to read with these results.</p>`
    : "";
  return `<header>
<h1>${escapeHtml(title)}</h1>
<p class="created">${renderTime(created)}</p>
<p class="summary">${summary.map(escapeHtml).join(" ")}\
${choice ? ' <a href="#choice">Why this number of groups</a>' : ""}</p>
${tree && choice ? renderCounts(choice) : ""}${notice}
<noscript><p class="notice">Scripts are off: groups are shown as they were found, and nothing can be changed.</p></noscript>
</header>`;
}

/** Returns a button for each number of groups that is about as clear as the chosen one. */
function renderCounts({ tried }: NonNullable<ReportData["choice"]>): string {
  const counts = countsAsClear(tried);
  if (counts.length < 2) return "";
  const buttons = counts.map((k) => `<button type="button" data-k="${k}" aria-pressed="false">${k}</button>`);
  return `<p class="counts needs-script" id="counts">Show <span role="group" aria-label="Number of groups">\
${buttons.join("")}</span> groups</p>
`;
}

const FOLD_SWITCH = `<label class="switch" title="Shows equal and nearly equal images of a group as one">\
<input type="checkbox" role="switch" id="fold-copies" autocomplete="off"> Fold copies</label>
`;

export function renderToolbar(groups: readonly Group[], images: readonly ReportImage[], learns: boolean): string {
  const links = groups.map((group) =>
    `<li><a href="#group-${group.number}">${isolate(groupTitle(group))} <span class="size">${
      groupSize(group)
    }</span></a></li>`
  );
  return `<div class="toolbar">
<div class="controls needs-script">
<input type="search" id="search" aria-label="Search: part of a name or label" title="Part of a name or label" placeholder="Search names" \
autocomplete="off" spellcheck="false"><output id="search-count" for="search" aria-live="polite"></output>
<label>Order <select id="group-order" autocomplete="off"><option value="size">largest first</option>\
<option value="score">highest score first</option><option value="name">by name</option></select></label>
${images.some(({ copyOf }) => copyOf !== undefined) ? FOLD_SWITCH : ""}\
${images.some(({ crop }) => crop) ? DEFECT_SWITCH : ""}\
<label class="switch"><input type="checkbox" role="switch" id="overlay-switch" autocomplete="off"> \
Heat maps</label>
<div class="overlay-controls">
<label>Opacity <input type="range" id="overlay-opacity" min="10" max="100" step="5" value="80" autocomplete="off"></label>
<div class="legend" title="Anomaly weights. Colours are relative to each image: do not compare them between images.">
<span>none</span><canvas id="legend-scale" width="256" height="1" aria-hidden="true"></canvas>\
<span>largest weight in its image</span></div>
</div>
<label class="thumbnail-size">Size \
<input type="range" id="thumbnail-size" min="96" max="360" step="8" value="160" autocomplete="off"></label>
<div class="editing" role="group" aria-label="Edits">
<button type="button" id="undo" disabled>Undo</button>
<button type="button" id="reset" disabled>Reset</button>
<span class="export" role="group" aria-label="Export the groups as shown">Export
<button type="button" id="export-json">JSON</button><button type="button" id="export-csv">CSV</button></span>
</div>
</div>
<div class="groups-row">
<nav aria-label="Groups"><ul id="group-links">${links.join("")}</ul></nav>
${learns ? LEARN_CONTROLS : ""}</div>
</div>`;
}
