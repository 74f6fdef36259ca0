/** The page that shows where new images belong, as one self-contained, offline HTML file. Pure: data in, text out. */

import { type AssignmentsFile, percentText, radiusText } from "./assignments.ts";
import { groupColour } from "./client/group_markup.js";
import { countOf, escapeHtml, fileName, formatNumber, isolate } from "./client/text.js";
import { commonAspectRatio, pictureBox, renderDocument, renderFact, renderTime, renderWarnings } from "./document.ts";
import assignmentsStyle from "./style/assignments.css" with { type: "text" };
import type { Thumbnail } from "./thumbnail.ts";

/** The pictures that the page shows in addition to what is in the file. */
export interface AssignmentPictures {
  /** Pictures of the new images, in the file's order. */
  readonly images: readonly Thumbnail[];
  /** Pictures of grouped images, by path. At least the groups' medoids are here. */
  readonly grouped: Readonly<Record<string, Thumbnail>>;
}

/** A group of the model. */
interface ShownGroup {
  readonly group: number;
  readonly name?: string;
  readonly size: number;
  readonly medoid: string;
}

type Assigned = AssignmentsFile["images"][number];

/**
 * Returns the page. Images of no group come first, as somebody has to look at them. The groups follow, each with its
 * least sure images first.
 */
export function renderAssignments(
  title: string,
  file: AssignmentsFile,
  groups: readonly ShownGroup[],
  pictures: AssignmentPictures,
): string {
  const thumbnails = new Map(file.images.map((image, at) => [image, pictures.images[at]]));
  const frameRatio = commonAspectRatio(pictures.images);
  const cards = (images: readonly Assigned[]) =>
    [...images].sort((a, b) => (a.confidence ?? 1) - (b.confidence ?? 1) || b.ratio - a.ratio).map((image) =>
      renderCard(image, thumbnails.get(image)!, frameRatio)
    )
      .join("\n");
  const none = file.images.filter(({ group }) => group === null);
  const sections = groups.map((group) => {
    const members = file.images.filter((image) => image.group === group.group);
    return members.length === 0 ? "" : renderGroup(group, members, cards(members), pictures.grouped[group.medoid]);
  });
  const unused = groups.filter(({ group }) => !file.images.some((image) => image.group === group));
  return renderDocument(
    { title, style: assignmentsStyle },
    `<header>
<h1>${escapeHtml(title)}</h1>
<p class="created">${renderTime(new Date().toISOString())}, by ${escapeHtml(file.model)}</p>
<p class="summary">${countOf(file.images.length, "image")}: ${
      file.images.length - none.length
    } in groups, ${none.length} \
in none of these. ${methodText(file)} The least sure come first.</p>
</header>
<main class="assignments">
${none.length ? renderNone(cards(none), none.length) : ""}
${sections.join("\n")}
${unused.length ? `<p class="note">No image for ${unused.map(nameOf).map(isolate).join(", ")}.</p>` : ""}
${renderWarnings(file.warnings)}
</main>`,
    frameRatio,
  );
}

function methodText({ images }: AssignmentsFile): string {
  return images.some(({ confidence }) => confidence !== undefined)
    ? "Each has the kind that the labels of the grouped images tell, and how likely that is right, unless it lies farther " +
      "from all of them than the radius of the nearest one's group."
    : "Each lies in the group of the nearest grouped image, unless that is more than the group's radius away.";
}

function nameOf({ group, name }: ShownGroup): string {
  return name ?? `Group ${group}`;
}

function renderNone(cards: string, count: number): string {
  return `<section class="group none" aria-labelledby="none">
<div class="group-head"><h2 id="none">None of these <span class="count">${countOf(count, "image")}</span></h2>
<p class="facts">Farther from all grouped images than these lie from each other: a new kind of defect, or another \
picture altogether. Look at these, and run cluster again when they are many.</p></div>
<div class="grid">
${cards}
</div>
</section>`;
}

function renderGroup(group: ShownGroup, members: readonly Assigned[], cards: string, medoid?: Thumbnail): string {
  const id = `group-${group.group}`;
  const example = medoid
    ? `<img class="example" src="${escapeHtml(medoid.url)}" alt="${escapeHtml(group.medoid)}" width="${medoid.width}" \
height="${medoid.height}">`
    : "";
  return `<section class="group" id="${id}" aria-labelledby="${id}-heading">
<div class="group-head">${example}<div><h2 id="${id}-heading"><span class="swatch" \
style="--colour: ${groupColour(group.group)}"></span>${isolate(nameOf(group))} \
<span class="count">${countOf(members.length, "new image")}</span></h2>
<p class="facts">${countOf(group.size, "image")} before, the most typical one \
${isolate(fileName(group.medoid))}</p></div></div>
<div class="grid">
${cards}
</div>
</section>`;
}

function renderCard(image: Assigned, picture: Thumbnail, frameRatio: number): string {
  const { path, distance, ratio, like, margin, group, nearest, confidence } = image;
  const text = escapeHtml(path);
  return `<figure class="card">
<span class="frame"><span class="picture" style="${pictureBox(picture, frameRatio)}"><img loading="lazy" \
decoding="async" src="${escapeHtml(picture.url)}" alt="${text}" width="${picture.width}" height="${picture.height}">\
</span></span>
<figcaption>
<span class="name" title="${text}">${isolate(fileName(path))}</span>
<dl>
${
    renderFact(
      "Distance",
      `<span title="${formatNumber(distance)}">${radiusText(ratio)}</span>`,
    )
  }
${confidence === undefined ? "" : renderFact("Confidence", percentText(confidence))}
${renderFact("Like", `<span title="${escapeHtml(like)}">${isolate(fileName(like))}</span>`)}
${group === null ? renderFact("Nearest", `group ${nearest}`) : renderFact("Next", percent(margin))}
</dl>
</figcaption>
</figure>`;
}

/** How much farther away the next group is, as a share of the distance to the nearest group. */
function percent(margin: number): string {
  return margin >= 1 ? "far away" : `${Math.round(100 * margin / (1 - margin))} % farther`;
}
