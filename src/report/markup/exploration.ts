// HTML around the tree and the map, which the page's script draws.

import type { ReportData } from "../shown_data.ts";

/** The largest number of groups that the page's slider offers. */
const MOST_GROUPS = 50;

export function renderExploration({ tree, map, images, groups }: ReportData): string {
  if (!map) return "";
  return `<details class="explore needs-script" open>
<summary>${tree ? "Tree and map" : "Map"}</summary>
<div class="panels">
${tree ? renderTreePanel(groups.length, images.length) : ""}
<section class="panel" aria-labelledby="map-heading">
<div class="panel-head"><h2 id="map-heading">Map</h2>
<p>Similar images lie near each other. Click one to open it.</p>
<div class="zoom" role="group" aria-label="Zoom of the map">
<button type="button" id="map-out" aria-label="Smaller" title="Smaller (-)" disabled>−</button>
<button type="button" id="map-in" aria-label="Larger" title="Larger (+, or Ctrl and the wheel)">+</button>
<button type="button" id="map-whole" title="The whole map (0)" disabled>Whole</button></div></div>
<svg id="map" tabindex="0" role="application" aria-label="Map of the images. Arrow keys go from image to image, \
Enter opens one, plus and minus zoom, 0 shows all."></svg>
<ul id="map-legend" class="map-legend"></ul>
</section>
</div>
</details>`;
}

function renderTreePanel(chosen: number, count: number): string {
  return `<section class="panel" aria-labelledby="tree-heading">
<div class="panel-head"><h2 id="tree-heading">Tree</h2>
<p>Drag the line to regroup.</p>
<label class="group-count">Groups <input type="range" id="group-count" min="1" max="${Math.min(MOST_GROUPS, count)}" \
value="${chosen}" autocomplete="off"><output id="group-count-value" for="group-count">${chosen}</output></label></div>
<svg id="tree" role="img" aria-labelledby="tree-heading"></svg>
</section>`;
}
