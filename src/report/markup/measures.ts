// HTML of measures, plots and settings.

import type { TriedGroupCount } from "../../cluster/choose_k.ts";
import { contingencyTable, labelsOf } from "../client/group_markup.js";
import { escapeHtml, formatNumber } from "../client/text.js";
import { renderFact } from "../document.ts";
import { countPlot, lossPlot } from "./line_plot.ts";
import type { ReportData } from "../shown_data.ts";

export const SILHOUETTES = `<section class="silhouettes needs-script" aria-labelledby="silhouettes-heading">
<h2 id="silhouettes-heading">How well each image fits its group</h2>
<p class="note">Silhouette: 1 for an image that lies far from every other group, below 0 for one that lies nearer to \
another group than to its own. Click a bar to open its image.</p>
<div class="silhouette-body"><svg id="silhouette-plot" class="plot" role="img"></svg>
<div><p id="doubtful-count"></p><ul id="doubtful" class="similar"></ul></div></div>
</section>`;

export function renderAgreement({ metrics, images, groups }: ReportData): string {
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

export function renderChoice({ choice }: ReportData): string {
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
  // For a tree the silhouettes played no part in the choice.
  const shown: (keyof typeof names)[] = tried[0].gap === undefined
    ? ["silhouette"]
    : ["clarity", "gap", "predictionStrength"];
  return shown
    .filter((key) => tried[0][key] !== undefined)
    .map((key) => countPlot({ name: names[key], values: tried.map((one) => [one.k, one[key]!]), chosen }))
    .join("\n");
}

export function renderSpread({ spread }: ReportData): string {
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

export function renderPurity({ purity, groups }: ReportData): string {
  if (!purity) return "";
  return `<section class="purity" aria-labelledby="purity">
<h2 id="purity">Purity by number of groups</h2>
<p class="note">The share of images that bear the commonest label of their group, for each cut of the tree. \
Mean over all numbers of groups: ${formatNumber(purity.mauc)}.</p>
${countPlot({ name: "purity", values: purity.values, chosen: groups.length })}
</section>`;
}

export function renderTraining({ training }: ReportData): string {
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

export function renderSettings(settings: ReportData["settings"]): string {
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
