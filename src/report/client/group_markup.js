// HTML for a group and for the labels. The report is made with it, and the page's script updates the page with it.

import { nameByLooks } from "./looks.js";
import { countOf, escapeHtml, formatNumber, isolate, mean, sum } from "./text.js";

// Hues that are easy to tell apart next to each other. Later groups use them again at another lightness.
const HUES = [255, 55, 150, 340, 200, 95, 300, 25, 175, 125];

/**
 * A CSS colour for a group's number, from 1.
 * @param {number} number @returns {string}
 */
export function groupColour(number) {
  const round = Math.floor((number - 1) / HUES.length) % 3;
  return `oklch(var(--mark-lightness-${round}) 0.13 ${HUES[(number - 1) % HUES.length]})`;
}

/**
 * @param {{ number: number, name?: string, isNew?: boolean }} group
 * @returns {string} as text
 */
export function groupTitle({ number, name, isNew }) {
  return name || `${isNew ? "New group" : "Group"} ${number}`;
}

/**
 * Returns the number of a group's images, including those that the page does not show.
 * @param {{ unseen?: number, members: readonly number[] }} group @returns {number}
 */
export function groupSize({ unseen = 0, members }) {
  return members.length + unseen;
}

/**
 * Returns how many images a group has, and how many of them are shown, as text.
 * @param {{ unseen?: number, members: readonly number[] }} group @returns {string}
 */
export function groupCount(group) {
  const { members, unseen = 0 } = group;
  return unseen ? `${members.length} of ${groupSize(group)} images` : countOf(members.length, "image");
}

/**
 * Returns the head of a group's section: everything but the images.
 * @param {{ number: number, name?: string, note?: string, sound?: boolean, unseen?: number, members: readonly number[]
 * }} group
 * @param {readonly { score: number, label?: string }[]} images
 * @param {import("./looks.js").Looks} [looks]
 * @returns {string}
 */
export function groupHead(group, images, looks) {
  const { number, name, note, sound } = group;
  const members = group.members.map((member) => images[member]);
  const title = groupTitle(group);
  return `<h2 id="group-${number}-heading"><span class="swatch" style="--colour: ${groupColour(number)}"></span>\
<span class="title">${isolate(title)}</span>\
${name ? ` <span class="number">group ${number}</span>` : ""}\
 <span class="count">${groupCount(group)}\
</span></h2>
<p class="facts"><span>Mean anomaly score ${formatNumber(mean(members.map((image) => image.score)))}</span>\
${sound ? '<span class="sound-badge">sound</span>' : ""}${labelCounts(members)}</p>
<div class="actions needs-script">
<button type="button" data-action="rename" aria-label="Rename ${escapeHtml(title)}">Rename</button>
<button type="button" data-action="note" aria-label="Note on ${escapeHtml(title)}">Note</button>
<button type="button" data-action="sound" aria-pressed="${sound ? "true" : "false"}" \
aria-label="${escapeHtml(title)} is sound, without a defect">Sound</button>
</div>
${looks?.text ? looksLine(looks, title) : ""}${note ? `<p class="note-text">${isolate(note)}</p>` : ""}`;
}

/**
 * Returns what a group's defects look like, and a button that makes this the group's name.
 * @param {import("./looks.js").Looks} looks @param {string} title @returns {string}
 */
function looksLine({ text, words, measured }, title) {
  const name = nameByLooks({ text, words, measured });
  const shares = words.map(({ word, share, others }) =>
    `${word}: ${Math.round(100 * share)} % of these images, ${Math.round(100 * others)} % of the others`
  );
  const use = name && name !== title
    ? `<button type="button" class="needs-script" data-action="name-by-looks" data-name="${escapeHtml(name)}" \
aria-label="Name ${escapeHtml(title)}: ${escapeHtml(name)}">Use as name: ${escapeHtml(name)}</button>`
    : "";
  return `<p class="looks"><span title="${escapeHtml(shares.join("\n"))}">${escapeHtml(text)}</span>${use}</p>
`;
}

/** @param {readonly { label?: string }[]} members @returns {string} */
function labelCounts(members) {
  const counts = new Map();
  for (const { label } of members) {
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const descending = [...counts].sort(([, a], [, b]) => b - a);
  return descending.map(([label, count]) => `<span class="label">${isolate(label)} <b>${count}</b></span>`).join("");
}

/**
 * Returns a table of labels by group.
 * @param {readonly { number: number, name?: string, members: readonly number[] }[]} groups
 * @param {readonly { label?: string }[]} images
 * @returns {string}
 */
export function contingencyTable(groups, images) {
  const labels = labelsOf(images);
  const counts = labels.map((label) =>
    groups.map(({ members }) => members.filter((member) => images[member].label === label).length)
  );
  const headings = groups.map((group) => `<th scope="col">${isolate(groupTitle(group))}</th>`);
  const totals = groups.map((_, at) => sum(counts.map((row) => row[at])));
  return `<table class="contingency">
<thead><tr><th scope="col">Label</th>${headings.join("")}<th scope="col" class="total">Total</th></tr></thead>
<tbody>
${labels.map((label, at) => contingencyRow(label, counts[at])).join("\n")}
</tbody>
<tfoot><tr><th scope="row">Total</th>${totals.map((total) => `<td>${total}</td>`).join("")}\
<td class="total">${sum(totals)}</td></tr></tfoot>
</table>`;
}

/**
 * Returns the distinct labels, sorted.
 * @param {readonly { label?: string }[]} images @returns {string[]}
 */
export function labelsOf(images) {
  return [...new Set(images.flatMap(({ label }) => label === undefined ? [] : [label]))].sort();
}

/** @param {string} label @param {readonly number[]} row @returns {string} */
function contingencyRow(label, row) {
  const total = sum(row);
  const cells = row.map((count) =>
    count === 0 ? '<td class="zero">0</td>' : `<td style="--share: ${(100 * count / total).toFixed(0)}%">${count}</td>`
  );
  return `<tr><th scope="row">${isolate(label)}</th>${cells.join("")}<td class="total">${total}</td></tr>`;
}
