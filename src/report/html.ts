/** Renders the clustering as one self-contained, offline HTML page. Pure: data in, text out. */

import style from "./report.css" with { type: "text" };
import client from "./client.js" with { type: "text" };

export interface ReportImage {
  readonly path: string;
  /** Counted from 0; readers of the page see groups from 1. */
  readonly group: number;
  /** Anomaly score. */
  readonly score: number;
  /** Distance to the group's medoid. */
  readonly distance: number;
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
}

export interface ReportData {
  readonly title: string;
  /** ISO 8601. */
  readonly created: string;
  /** One to three plain sentences. */
  readonly summary: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Members are indices into `images`, the medoid first. */
  readonly groups: readonly { readonly size: number; readonly members: readonly number[] }[];
  readonly images: readonly ReportImage[];
  readonly metrics?: readonly (readonly [name: string, value: number])[];
  /** Counts are indexed [label][group]. */
  readonly contingency?: { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] };
  readonly choice?: { readonly chosen: number; readonly values: readonly (readonly [k: number, silhouette: number])[] };
  readonly warnings: readonly string[];
}

type Group = ReportData["groups"][number];
type Contingency = NonNullable<ReportData["contingency"]>;
type Choice = NonNullable<ReportData["choice"]>;

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; " +
  "base-uri 'none'; form-action 'none'";

export function renderReport(data: ReportData): string {
  const frameRatio = commonAspectRatio(data.images);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(data.title)}</title>
<style>
${style}</style>
</head>
<body style="--frame-ratio: ${frameRatio}">
${renderHeader(data)}
${renderToolbar(data.groups)}
<main>
${data.groups.map((group, index) => renderGroup(group, index, data.images, frameRatio)).join("\n")}
${renderAgreement(data)}
${data.choice ? renderChoice(data.choice) : ""}
${renderSettings(data.settings)}
${renderWarnings(data.warnings)}
</main>
<script type="application/json" id="weights">${weightsJson(data.images)}</script>
<script>
${client}</script>
</body>
</html>
`;
}

// ---------------------------------------------------------------------------------------------------------------------
// Header and toolbar

function renderHeader({ title, created, summary, warnings }: ReportData): string {
  const notice = warnings.length > 0
    ? `<p class="notice"><a href="#warnings">${countOf(warnings.length, "warning")}</a> to read with these results.</p>`
    : "";
  return `<header>
<h1>${escapeHtml(title)}</h1>
<p class="created">${renderTime(created)}</p>
<p class="summary">${summary.map(escapeHtml).join(" ")}</p>
${notice}
<noscript><p class="notice">Scripts are off: the anomaly weights and the sliders are not available.</p></noscript>
</header>`;
}

function renderToolbar(groups: readonly Group[]): string {
  const links = groups.map((group, index) =>
    `<li><a href="#group-${index + 1}">Group ${index + 1} <span class="size">${group.size}</span></a></li>`
  );
  return `<div class="toolbar">
<div class="controls" role="group" aria-label="Display">
<label class="switch"><input type="checkbox" role="switch" id="overlay-switch" autocomplete="off"> \
Show anomaly weights</label>
<label>Opacity <input type="range" id="overlay-opacity" min="10" max="100" step="5" value="80" autocomplete="off"></label>
<div class="legend" title="Colours are relative to each image: do not compare them between images.">
<span>Weight: none</span><canvas id="legend-scale" width="256" height="1" aria-hidden="true"></canvas>\
<span>largest in its image</span>
</div>
<label class="thumbnail-size">Thumbnail size \
<input type="range" id="thumbnail-size" min="96" max="360" step="8" value="160" autocomplete="off"></label>
</div>
<nav aria-label="Groups"><ul>${links.join("")}</ul></nav>
</div>`;
}

function renderTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return escapeHtml(iso);
  const readable = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  return `<time datetime="${escapeHtml(iso)}">${readable.format(date)} UTC</time>`;
}

// ---------------------------------------------------------------------------------------------------------------------
// Groups

function renderGroup(group: Group, index: number, images: readonly ReportImage[], frameRatio: number): string {
  const members = group.members.map((member) => images[member]);
  const cards = group.members.map((member, place) => renderCard(images[member], member, place === 0, frameRatio));
  const id = `group-${index + 1}`;
  return `<section class="group" id="${id}" aria-labelledby="${id}-heading" \
style="contain-intrinsic-size: auto ${estimatedHeight(group.size, frameRatio)}px">
<div class="group-head">
<h2 id="${id}-heading">Group ${index + 1} · ${countOf(group.size, "image")}</h2>
<p class="facts"><span>Mean anomaly score ${formatNumber(mean(members.map((image) => image.score)))}</span>\
${renderLabelCounts(members)}</p>
</div>
<div class="grid">
${cards.join("\n")}
</div>
</section>`;
}

function renderLabelCounts(members: readonly ReportImage[]): string {
  const counts = new Map<string, number>();
  for (const { label } of members) {
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const descending = [...counts].sort(([, a], [, b]) => b - a);
  return descending.map(([label, count]) => `<span class="label">${isolate(label)} <b>${count}</b></span>`).join("");
}

function renderCard(image: ReportImage, index: number, isMedoid: boolean, frameRatio: number): string {
  const path = escapeHtml(image.path);
  return `<figure class="card${isMedoid ? " medoid" : ""}">
<div class="frame"><div class="picture" style="${pictureBox(image, frameRatio)}">\
<img loading="lazy" decoding="async" src="${escapeHtml(image.thumbnail)}" alt="${path}" \
width="${Number(image.width)}" height="${Number(image.height)}">\
<canvas class="overlay" data-image="${index}" width="${Number(image.cols)}" height="${Number(image.rows)}" \
aria-hidden="true"></canvas></div></div>
<figcaption>
<span class="name" title="${path}">${isolate(fileName(image.path))}</span>
${isMedoid ? '<span class="badge" title="The most central image of this group">medoid</span>' : ""}
<dl>
${renderFact("Score", formatNumber(image.score))}
${renderFact("Distance", formatNumber(image.distance))}
${image.label === undefined ? "" : renderFact("Label", isolate(image.label))}
</dl>
</figcaption>
</figure>`;
}

function renderFact(name: string, valueHtml: string): string {
  return `<div><dt>${name}</dt><dd>${valueHtml}</dd></div>`;
}

/** Fits the thumbnail into the frame without distortion, so that the overlay covers exactly the image. */
function pictureBox({ width, height }: ReportImage, frameRatio: number): string {
  const widthPercent = Math.min(100, (100 * width) / height / frameRatio);
  return `width: ${widthPercent.toFixed(2)}%; aspect-ratio: ${Number(width)} / ${Number(height)}`;
}

/** The median width/height, kept moderate: the shape of the frame that all cards share. */
function commonAspectRatio(images: readonly ReportImage[]): number {
  const ratios = images.map(({ width, height }) => width / height).sort((a, b) => a - b);
  const median = ratios.length > 0 ? ratios[ratios.length >> 1] : 1;
  return Number(Math.min(1.8, Math.max(0.75, median)).toFixed(3));
}

/** A guess for the browser, which lays a group out only when it comes near the viewport. */
function estimatedHeight(size: number, frameRatio: number): number {
  const cardsPerRow = 7;
  return 90 + Math.ceil(size / cardsPerRow) * Math.round(160 / frameRatio + 95);
}

// ---------------------------------------------------------------------------------------------------------------------
// Agreement with the folder labels

function renderAgreement({ metrics, contingency }: ReportData): string {
  if (!metrics?.length && !contingency) return "";
  const facts = (metrics ?? []).map(([name, value]) => renderFact(escapeHtml(name), formatNumber(value)));
  return `<section class="agreement" aria-labelledby="agreement">
<h2 id="agreement">Agreement with folder labels</h2>
<p class="note">The labels were used only for this comparison. A darker cell holds more of its label's images.</p>
${facts.length > 0 ? `<dl class="metrics">${facts.join("")}</dl>` : ""}
${contingency ? renderContingency(contingency) : ""}
</section>`;
}

function renderContingency({ labels, counts }: Contingency): string {
  const groupCount = Math.max(0, ...counts.map((row) => row.length));
  const groups = Array.from({ length: groupCount }, (_, group) => group);
  const headings = groups.map((group) => `<th scope="col">Group ${group + 1}</th>`);
  const rows = labels.map((label, index) => renderContingencyRow(label, counts[index] ?? []));
  const totals = groups.map((group) => sum(counts.map((row) => row[group] ?? 0)));
  return `<div class="scroll" tabindex="0" role="region" aria-label="Labels by group">
<table class="contingency">
<thead><tr><th scope="col">Label</th>${headings.join("")}<th scope="col" class="total">Total</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
<tfoot><tr><th scope="row">Total</th>${totals.map((total) => `<td>${total}</td>`).join("")}\
<td class="total">${sum(totals)}</td></tr></tfoot>
</table>
</div>`;
}

function renderContingencyRow(label: string, row: readonly number[]): string {
  const total = sum(row);
  const cells = row.map((count) =>
    count === 0 ? '<td class="zero">0</td>' : `<td style="--share: ${(100 * count / total).toFixed(0)}%">${count}</td>`
  );
  return `<tr><th scope="row">${isolate(label)}</th>${cells.join("")}<td class="total">${total}</td></tr>`;
}

// ---------------------------------------------------------------------------------------------------------------------
// The choice of the number of groups

const PLOT = { width: 640, height: 260, left: 56, right: 20, top: 28, bottom: 44 } as const;

function renderChoice({ chosen, values }: Choice): string {
  const points = values.filter(([, silhouette]) => Number.isFinite(silhouette)).sort(([a], [b]) => a - b);
  return `<section class="choice" aria-labelledby="choice">
<h2 id="choice">How many groups</h2>
<p class="note">The mean silhouette says how clearly the images separate into k groups; higher is clearer. \
This report shows k = ${Number(chosen)}.</p>
${points.length > 0 ? renderSilhouettePlot(points, chosen) : ""}
</section>`;
}

function renderSilhouettePlot(points: readonly (readonly [number, number])[], chosen: number): string {
  const ticks = niceTicks(points.map(([, silhouette]) => silhouette));
  const x = scale(points[0][0], points[points.length - 1][0], PLOT.left + 16, PLOT.width - PLOT.right - 16);
  const y = scale(ticks[0], ticks[ticks.length - 1], PLOT.height - PLOT.bottom, PLOT.top);
  const line = points.map(([k, silhouette]) => `${x(k)},${y(silhouette)}`).join(" ");
  const description = points.map(([k, silhouette]) => `k ${k}: ${formatNumber(silhouette)}`).join("; ");
  return `<svg class="plot" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" \
aria-label="Mean silhouette by number of groups. ${description}. Chosen: ${Number(chosen)}.">
${ticks.map((tick) => renderHorizontalTick(tick, y(tick))).join("")}
${points.filter((_, index) => index % Math.ceil(points.length / 16) === 0).map(([k]) => renderKTick(k, x(k))).join("")}
<text class="axis" x="${(PLOT.left + PLOT.width - PLOT.right) / 2}" y="${PLOT.height - 6}">number of groups k</text>
<text class="axis start" x="4" y="14">mean silhouette</text>
<polyline points="${line}"/>
${points.map(([k, silhouette]) => renderPoint(k, silhouette, x(k), y(silhouette), k === chosen)).join("\n")}
</svg>`;
}

function renderHorizontalTick(value: number, y: string): string {
  return `<line class="rule" x1="${PLOT.left}" x2="${PLOT.width - PLOT.right}" y1="${y}" y2="${y}"/>\
<text class="tick end" x="${PLOT.left - 8}" y="${y}" dy="4">${value.toFixed(2)}</text>`;
}

function renderKTick(k: number, x: string): string {
  return `<text class="tick" x="${x}" y="${PLOT.height - PLOT.bottom + 18}">${k}</text>`;
}

function renderPoint(k: number, silhouette: number, x: string, y: string, isChosen: boolean): string {
  const text = `k = ${k}: ${formatNumber(silhouette)}`;
  const point = `<circle class="${isChosen ? "chosen" : ""}" cx="${x}" cy="${y}" r="${isChosen ? 6.5 : 3.5}">\
<title>${text}</title></circle>`;
  if (!isChosen) return point;
  const nearEdge = Number(x) < 130 ? "start" : Number(x) > PLOT.width - 130 ? "end" : "";
  const guide = `<line class="guide" x1="${x}" x2="${x}" y1="${y}" y2="${PLOT.height - PLOT.bottom}"/>`;
  return `${guide}${point}<text class="chosen-name ${nearEdge}" x="${x}" y="${y}" dy="-13">chosen ${text}</text>`;
}

/** Four to seven round values that enclose the data; their ends are the ends of the axis. */
function niceTicks(values: readonly number[]): number[] {
  const low = Math.min(...values);
  const span = Math.max(Math.max(...values) - low, 0.04);
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((candidate) => span / candidate <= 5) ?? span / 5;
  const first = Math.floor(low / step);
  const last = Math.ceil((low + span) / step);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function scale(from: number, to: number, start: number, end: number): (value: number) => string {
  if (from === to) return () => ((start + end) / 2).toFixed(1);
  return (value) => (start + (value - from) / (to - from) * (end - start)).toFixed(1);
}

// ---------------------------------------------------------------------------------------------------------------------
// Settings, warnings, data for the client

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

function renderWarnings(warnings: readonly string[]): string {
  if (warnings.length === 0) return "";
  return `<section class="warnings" id="warnings" aria-labelledby="warnings-heading">
<h2 id="warnings-heading">Warnings</h2>
<ul>
${warnings.map((warning) => `<li>${escapeHtml(warning)}</li>`).join("\n")}
</ul>
</section>`;
}

/** One entry per image, in the order of `data-image`; "<" is escaped so that nothing can end the script element. */
function weightsJson(images: readonly ReportImage[]): string {
  const entries = images.map(({ rows, cols, weights }) => ({ rows, cols, weights }));
  return JSON.stringify(entries).replaceAll("<", "\\u003c");
}

// ---------------------------------------------------------------------------------------------------------------------
// Text and numbers

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "\n": "&#10;",
  "\r": "&#13;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\n\r]/g, (character) => HTML_ESCAPES[character]);
}

/** Escaped, and kept from reordering the text around it when it holds right-to-left characters. */
function isolate(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

function fileName(path: string): string {
  return path.split(/[/\\]/).pop() || path;
}

/** Three significant digits, without an exponent for the sizes that occur. */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const text = Math.abs(value) >= 1000 ? String(Number(value.toPrecision(3))) : value.toPrecision(3);
  return text.replace("-", "−");
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
