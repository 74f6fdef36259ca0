/** Renders the clustering as one self-contained, offline HTML page. Pure: data in, text out. */

import type { TriedSpread } from "../choose_spread.ts";
import { countsAsClear, type TriedGroupCount } from "../cluster/choose_k.ts";
import { contingencyTable, groupHead, groupSize, groupTitle, labelsOf } from "./client/group_markup.js";
import { countOf, escapeHtml, fileName, formatNumber, isolate } from "./client/text.js";
import type { PackedDistances } from "./distances.ts";
import { commonAspectRatio, pictureBox, renderDocument, renderFact, renderTime, renderWarnings } from "./document.ts";
import { countPlot, lossPlot } from "./line_plot.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import { scriptHash } from "./script_hash.ts";
import exploreStyle from "./style/explore.css" with { type: "text" };
import viewerStyle from "./style/viewer.css" with { type: "text" };
import printStyle from "./style/print.css" with { type: "text" };

export interface ReportImage {
  readonly path: string;
  /** Anomaly score. */
  readonly score: number;
  /** Whether it fits nowhere. */
  readonly outlier?: boolean;
  /** Distance to the group's medoid. */
  readonly distance: number;
  /** The image that it is a copy of, by index. */
  readonly copyOf?: number;
  /** Whether it is no equal one, but one that is nearly the same. */
  readonly isNear?: boolean;
  readonly label?: string;
  /** A data:image/jpeg URL. */
  readonly thumbnail: string;
  /** Size of the thumbnail in pixels. */
  readonly width: number;
  readonly height: number;
  /** The patch grid. */
  readonly rows: number;
  readonly cols: number;
  /** Base64 of rows*cols bytes; 255 is the image's largest weight alpha. */
  readonly weights: string;
  /** The nearest other images and their distances, alternating. */
  readonly nearest: readonly number[];
}

export interface ReportData {
  readonly title: string;
  /** ISO 8601. */
  readonly created: string;
  /** Plain sentences. */
  readonly summary: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Model and settings as groups.json has them, for exports. */
  readonly model: string;
  readonly given: Readonly<Record<string, string | number>>;
  /** Numbered from 1. Members are indices into `images`, the medoid first; `unseen` counts those not shown. */
  readonly groups: readonly {
    readonly number: number;
    readonly unseen: number;
    readonly members: readonly number[];
    /** What a person said of it. */
    readonly name?: string;
    readonly sound?: boolean;
    readonly note?: string;
  }[];
  readonly images: readonly ReportImage[];
  /** The folder of the images as a relative URL from the report, where a reader may have it. */
  readonly source?: string;
  /** Distances of all pairs, for regrouping. */
  readonly distances?: PackedDistances;
  /** x, y of each image, alternating, from 0 to `MAP_SIDE`. */
  readonly map?: readonly number[];
  /** Merges in SciPy's convention, the two clusters of each alternating. */
  readonly tree?: { readonly pairs: readonly number[]; readonly heights: readonly number[] };
  readonly metrics?: readonly (readonly [name: string, value: number])[];
  /** Spreads of the weights that were tried. */
  readonly spread?: readonly TriedSpread[];
  readonly choice?: { readonly chosen: number; readonly tried: readonly TriedGroupCount[] };
  readonly purity?: { readonly mauc: number; readonly values: readonly (readonly [k: number, purity: number])[] };
  /** Mean loss of each epoch, of a clusterer that was trained. */
  readonly training?: readonly { readonly stage: string; readonly losses: readonly (number | null)[] }[];
  readonly warnings: readonly string[];
}

type Group = ReportData["groups"][number];

/** How a content security policy knows the page's script. */
export const SCRIPT_HASH: string = await scriptHash(`\n${PAGE_SCRIPT}`);

/** The one script is known by its hash, so that no other could run. */
const CONTENT_SECURITY_POLICY = `script-src '${SCRIPT_HASH}'`;

/** Numbers of groups that the page's slider goes to. */
const MOST_GROUPS = 50;

export function renderReport(data: ReportData): string {
  const frameRatio = commonAspectRatio(data.images);
  return renderDocument(
    { title: data.title, policy: CONTENT_SECURITY_POLICY, style: [exploreStyle, viewerStyle, printStyle].join("\n") },
    `${renderHeader(data)}
${renderToolbar(data.groups, data.images.some(({ copyOf }) => copyOf !== undefined))}
<main>
${renderExploration(data)}
<div id="groups">
${data.groups.map((group) => renderGroup(group, data.images, frameRatio)).join("\n")}
</div>
<p id="no-match" class="note" hidden>No image matches the search.</p>
${data.distances ? SILHOUETTES : ""}
${renderAgreement(data)}
${renderChoice(data)}
${renderSpread(data)}
${renderPurity(data)}
${renderTraining(data)}
${renderSettings(data.settings)}
${renderWarnings(data.warnings)}
</main>
${VIEWER}
<div id="tip" hidden></div>
<p id="status" role="status"></p>
<script type="application/json" id="report-data">${clientJson(data)}</script>
<script>
${PAGE_SCRIPT}</script>`,
    frameRatio,
  );
}

// ---------------------------------------------------------------------------------------------------------------------
// Header and toolbar

function renderHeader({ title, created, summary, choice, tree, warnings }: ReportData): string {
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

/** A button for each number of groups that is about as clear as the chosen one. */
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

function renderToolbar(groups: readonly Group[], hasCopies: boolean): string {
  const links = groups.map((group) =>
    `<li><a href="#group-${group.number}">${isolate(groupTitle(group))} <span class="size">${
      groupSize(group)
    }</span></a></li>`
  );
  return `<div class="toolbar">
<div class="controls needs-script">
<label class="search"><span>Search</span> <input type="search" id="search" placeholder="part of a name or label" \
autocomplete="off" spellcheck="false"></label><output id="search-count" for="search" aria-live="polite"></output>
<label>Order <select id="group-order" autocomplete="off"><option value="size">largest first</option>\
<option value="score">highest score first</option><option value="name">by name</option></select></label>
${hasCopies ? FOLD_SWITCH : ""}\
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
<nav aria-label="Groups"><ul id="group-links">${links.join("")}</ul></nav>
</div>`;
}

// ---------------------------------------------------------------------------------------------------------------------
// Tree and map

function renderExploration({ tree, map, images, groups }: ReportData): string {
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

// ---------------------------------------------------------------------------------------------------------------------
// Groups

function renderGroup(group: Group, images: readonly ReportImage[], frameRatio: number): string {
  const id = `group-${group.number}`;
  return `<section class="group" id="${id}" data-group="${group.number}" aria-labelledby="${id}-heading">
<div class="group-head">
${groupHead(group, images)}
</div>
<div class="grid">
${group.members.map((member, place) => renderCard(images, member, place === 0, frameRatio)).join("\n")}
</div>
</section>`;
}

function renderCard(images: readonly ReportImage[], index: number, isMedoid: boolean, frameRatio: number): string {
  const image = images[index];
  const path = escapeHtml(image.path);
  return `<figure class="card${isMedoid ? " medoid" : ""}" data-image="${index}" draggable="true">
<button type="button" class="frame" aria-label="Open ${path}"><span class="picture" \
style="${pictureBox(image, frameRatio)}"><img loading="lazy" decoding="async" draggable="false" \
src="${escapeHtml(image.thumbnail)}" alt="${path}" width="${Number(image.width)}" height="${Number(image.height)}">\
</span></button>
<figcaption>
<span class="name" title="${path}">${isolate(fileName(image.path))}</span>
<span class="badge" title="The most central image of this group">medoid</span>
${
    image.outlier
      ? '<span class="stray" title="Far from all other images, or in a very small group">fits nowhere</span>'
      : ""
  }
${renderCopy(image, images)}<span class="folded" hidden></span>
<dl>
${renderFact("Score", formatNumber(image.score))}
${renderFact("Distance", formatNumber(image.distance), "distance")}
${image.label === undefined ? "" : renderFact("Label", isolate(image.label))}
</dl>
</figcaption>
</figure>`;
}

function renderCopy({ copyOf, isNear }: ReportImage, images: readonly ReportImage[]): string {
  if (copyOf === undefined) return "";
  const first = escapeHtml(images[copyOf].path);
  return isNear
    ? `<span class="copy" title="Nearly the same as ${first}, as photos taken in a row are">near copy</span>\n`
    : `<span class="copy" title="Equal to ${first}: both count once">copy</span>\n`;
}

const VIEWER = `<dialog id="viewer" aria-labelledby="viewer-name">
<div class="viewer-bar"><h2 id="viewer-name"></h2>
<p id="viewer-place"></p>
<button type="button" id="viewer-previous" aria-label="Previous image" title="Previous image (arrow left)">‹</button>
<button type="button" id="viewer-next" aria-label="Next image" title="Next image (arrow right)">›</button>
<button type="button" id="viewer-close" aria-label="Close" title="Close (Escape)">×</button></div>
<div class="viewer-body">
<div class="viewer-stage"><span class="picture" id="viewer-picture"></span></div>
<div class="viewer-side">
<label class="switch" title="Heat map (h)"><input type="checkbox" role="switch" id="viewer-overlay" autocomplete="off"> Heat map</label>
<dl id="viewer-facts"></dl>
<label class="viewer-move">Move to <select id="viewer-group" autocomplete="off"></select></label>
<h3>Most similar images</h3>
<ul id="viewer-similar" class="similar"></ul>
</div>
</div>
</dialog>`;

// ---------------------------------------------------------------------------------------------------------------------
// Measures and plots

const SILHOUETTES = `<section class="silhouettes needs-script" aria-labelledby="silhouettes-heading">
<h2 id="silhouettes-heading">How well each image fits its group</h2>
<p class="note">Silhouette: 1 for an image that lies far from every other group, below 0 for one that lies nearer to \
another group than to its own. Click a bar to open its image.</p>
<div class="silhouette-body"><svg id="silhouette-plot" class="plot" role="img"></svg>
<div><p id="doubtful-count"></p><ul id="doubtful" class="similar"></ul></div></div>
</section>`;

function renderAgreement({ metrics, images, groups }: ReportData): string {
  if (!metrics?.length && labelsOf(images).length === 0) return "";
  const facts = (metrics ?? []).map(([name, value]) => renderFact(escapeHtml(name), formatNumber(value)));
  return `<section class="agreement" aria-labelledby="agreement">
<h2 id="agreement">Agreement with folder labels</h2>
<p class="note">The labels were used only for this comparison. The stronger a cell's tint, the more of its label's images it holds.</p>
${facts.length > 0 ? `<dl class="metrics">${facts.join("")}</dl>` : ""}
<p class="note" id="agreement-edited" hidden>These figures are of the groups as they were found; the table is of the \
groups as shown now.</p>
<div class="scroll" id="contingency" tabindex="0" role="region" aria-label="Labels by group">
${contingencyTable(groups, images)}
</div>
</section>`;
}

function renderChoice({ choice }: ReportData): string {
  if (!choice) return "";
  return `<section class="choice" aria-labelledby="choice">
<h2 id="choice">How many groups</h2>
<p class="note">${escapeHtml(reasonOf(choice.tried))} This run chose k = ${Number(choice.chosen)}.</p>
<div class="plots">
${plotsOf(choice)}
</div>
</section>`;
}

function reasonOf([first]: readonly TriedGroupCount[]): string {
  const silhouette = "The mean silhouette says how clearly the images separate into k groups";
  if (first.gap === undefined) return `${silhouette}; the largest was chosen.`;
  const gap = "The gap says by which share the tree grows when two of the k groups merge";
  if (first.predictionStrength === undefined) return `${gap}. The largest product of k and the gap was chosen.`;
  return `${gap}, prediction strength how well the groups of one half of the images tell those of the other. The clearest ` +
    "number has the largest product of k, the gap and prediction strength.";
}

function plotsOf({ tried, chosen }: NonNullable<ReportData["choice"]>): string {
  const names = {
    clarity: "how clear it is",
    gap: "gap in the tree's heights",
    predictionStrength: "prediction strength",
    silhouette: "mean silhouette",
  } as const;
  // Of a tree silhouettes do not count.
  const shown: (keyof typeof names)[] = tried[0].gap === undefined
    ? ["silhouette"]
    : ["clarity", "gap", "predictionStrength"];
  return shown
    .filter((key) => tried[0][key] !== undefined)
    .map((key) => countPlot({ name: names[key], values: tried.map((one) => [one.k, one[key]!]), chosen }))
    .join("\n");
}

function renderSpread({ spread }: ReportData): string {
  if (!spread) return "";
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const rows = spread.map(({ perplexity, stability, share }) => {
    const made = share > 0 ? percent(share) : "–";
    return `<tr><th scope="row">${percent(perplexity)}</th><td>${formatNumber(stability)}</td><td>${made}</td></tr>`;
  });
  return `<section class="settings" aria-labelledby="spread">
<h2 id="spread">How far weights spread</h2>
<p class="note">Over how much of each image its weights are spread was chosen from the images: the more stable the groups \
are that a spread leads to when a tenth of the images is left out, the more it counts. Small marks ask for a small spread, \
defects that fill the image for a large one.</p>
<table><thead><tr><th scope="col">Share of the image</th><th scope="col">Stability</th><th scope="col">Counts for</th></tr>\
</thead><tbody>
${rows.join("\n")}
</tbody></table>
</section>`;
}

function renderPurity({ purity, groups }: ReportData): string {
  if (!purity) return "";
  return `<section class="purity" aria-labelledby="purity">
<h2 id="purity">Purity by number of groups</h2>
<p class="note">The share of images that bear the commonest label of their group, for each cut of the tree. \
Mean over all numbers of groups: ${formatNumber(purity.mauc)}.</p>
${countPlot({ name: "purity", values: purity.values, chosen: groups.length })}
</section>`;
}

function renderTraining({ training }: ReportData): string {
  if (!training) return "";
  return `<section class="training" aria-labelledby="training">
<h2 id="training">Training</h2>
<p class="note">Mean loss of each epoch. A curve that still falls at its end asks for more epochs; a lower loss is no \
better agreement with kinds of defect.</p>
<div class="plots">
${training.map(({ stage, losses }) => lossPlot(stage, losses)).join("\n")}
</div>
</section>`;
}

// ---------------------------------------------------------------------------------------------------------------------
// Settings, warnings, data for the script

function renderSettings(settings: ReportData["settings"]): string {
  const rows = settings.map(([name, value]) =>
    `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`
  );
  return `<section class="settings" aria-labelledby="settings">
<h2 id="settings">Settings</h2>
<table><tbody>
${rows.join("\n")}
</tbody></table>
</section>`;
}

/** What the script reads; "<" is escaped so that nothing can end the script element. Thumbnails stay in the cards. */
function clientJson(data: ReportData): string {
  const { title, created, model, given, groups, images, source, distances, map, tree, warnings } = data;
  const entries = images.map(({ thumbnail: _, width: __, height: ___, ...entry }) => entry);
  const read = { title, created, model, settings: given, groups, source, distances, map, tree, warnings };
  return JSON.stringify({ ...read, images: entries }).replaceAll("<", "\\u003c");
}
