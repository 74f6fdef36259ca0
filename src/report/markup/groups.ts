// HTML of groups and the cards of their images.

import { groupHead } from "../client/group_markup.js";
import { escapeHtml, fileName, formatNumber, isolate } from "../client/text.js";
import { pictureBox, renderFact } from "../document.ts";
import { groupLooks, type Looks } from "../client/looks.js";
import type { Group, ReportData, ReportImage } from "../shown_data.ts";

export function renderGroups({ groups, images }: ReportData, frameRatio: number): string {
  const looks = groupLooks(groups, images);
  return groups.map((group, at) => renderGroup(group, images, frameRatio, looks[at])).join("\n");
}

function renderGroup(group: Group, images: readonly ReportImage[], frameRatio: number, looks: Looks): string {
  const id = `group-${group.number}`;
  return `<section class="group" id="${id}" data-group="${group.number}" aria-labelledby="${id}-heading">
<div class="group-head">
${groupHead(group, images, looks)}
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
