// Draws the tree of merges, and the line that cuts it into groups.

import { groupColour, groupTitle } from "./group_markup.js";
import { countOf, escapeHtml, formatNumber } from "./text.js";

const TREE = { height: 300, top: 16, plot: 222, bar: 7, left: 44, right: 8, thumbnail: 40 };

export function createDendrogram({ tree, images, cards, edits, arrangement, pictures }) {
  const svg = document.getElementById("tree");
  const slider = document.getElementById("group-count");
  const value = document.getElementById("group-count-value");
  const count = images.length;
  const most = Number(slider.max);
  const leaves = leafPlaces(tree.pairs, count);
  const highest = tree.heights[count - 2] * 1.06 || 1;
  let width = 600;

  const y = (height) => TREE.top + (1 - height / highest) * TREE.plot;
  const x = (leaf) => TREE.left + (leaf + 0.5) / count * (width - TREE.left - TREE.right);

  // Half-way between the merge that the cut undoes and the one below it.
  function cutHeight(k) {
    const undone = k > 1 ? tree.heights[count - k] : highest;
    const kept = k < count ? tree.heights[count - k - 1] : 0;
    return (undone + kept) / 2;
  }

  function draw() {
    width = Math.max(260, svg.clientWidth || width);
    const { groups, k, moved } = edits.present();
    const groupOf = new Int32Array(count);
    for (const { number, members } of groups) for (const member of members) groupOf[member] = number;
    svg.setAttribute("viewBox", `0 0 ${width} ${TREE.height}`);
    svg.setAttribute("aria-label", `Tree of ${countOf(count, "image")}, cut into ${countOf(groups.length, "group")}`);
    svg.innerHTML = axis() + branches(groupOf) + bars(groupOf) + medoids(groups) + cutLine(k, groups.length, moved);
    slider.value = k;
    value.textContent = groups.length;
  }

  function axis() {
    const step = niceStep(highest / 4);
    const ticks = Array.from({ length: Math.floor(highest / step) + 1 }, (_, at) => at * step);
    return ticks.map((tick) =>
      `<path class="rule" d="M${TREE.left} ${y(tick).toFixed(1)}H${width - TREE.right}"/>\
<text class="tick" x="${TREE.left - 7}" y="${(y(tick) + 4).toFixed(1)}">${formatNumber(tick)}</text>`
    ).join("");
  }

  // One path for the branches of each group, and a grey one for the branches that join groups.
  function branches(groupOf) {
    const [places, tops, owners] = [new Float64Array(2 * count - 1), new Float64Array(2 * count - 1), []];
    const paths = new Map();
    for (let image = 0; image < count; image++) [places[image], owners[image]] = [x(leaves[image]), groupOf[image]];
    tree.heights.forEach((height, t) => {
      const [a, b] = [tree.pairs[t * 2], tree.pairs[t * 2 + 1]];
      const node = count + t;
      [places[node], tops[node]] = [(places[a] + places[b]) / 2, height];
      owners[node] = owners[a] === owners[b] ? owners[a] : 0;
      const line = `M${places[a].toFixed(1)} ${y(tops[a]).toFixed(1)}V${y(height).toFixed(1)}\
H${places[b].toFixed(1)}V${y(tops[b]).toFixed(1)}`;
      paths.set(owners[node], (paths.get(owners[node]) ?? "") + line);
    });
    return [...paths].map(([owner, path]) =>
      `<path class="branch" ${owner ? `style="stroke: ${groupColour(owner)}"` : ""} d="${path}"/>`
    ).join("");
  }

  // A bar below the leaves, in the colours of their groups.
  function bars(groupOf) {
    const byPlace = [];
    leaves.forEach((place, image) => byPlace[place] = image);
    const step = (width - TREE.left - TREE.right) / count;
    const runs = [];
    byPlace.forEach((image, place) => {
      const last = runs[runs.length - 1];
      if (last?.number === groupOf[image]) last.end = place + 1;
      else runs.push({ number: groupOf[image], start: place, end: place + 1 });
    });
    return runs.map(({ number, start, end }) => {
      const gap = runs.length > 1 && step * (end - start) > 4 ? 1 : 0;
      return `<rect style="fill: ${groupColour(number)}" x="${(TREE.left + start * step + gap).toFixed(1)}" \
y="${TREE.top + TREE.plot + 4}" width="${((end - start) * step - 2 * gap).toFixed(1)}" height="${TREE.bar}" rx="2"/>`;
    }).join("");
  }

  // The most typical image of each group, below it, if there is room. It links to the group.
  function medoids(groups) {
    const top = TREE.top + TREE.plot + TREE.bar + 10;
    const spans = groups.map((group) => {
      const places = group.members.map((member) => leaves[member]);
      return { group, middle: x((Math.min(...places) + Math.max(...places)) / 2) };
    }).sort((a, b) => a.middle - b.middle);
    let free = 0;
    return spans.map(({ group, middle }) => {
      const left = Math.min(middle - TREE.thumbnail / 2, width - TREE.thumbnail);
      if (left < free) return "";
      free = left + TREE.thumbnail + 4;
      const { src } = cards[arrangement.of(group).order[0]].querySelector("img");
      return `<a href="#group-${group.number}" aria-label="${escapeHtml(groupTitle(group))}"><title>${
        escapeHtml(`${groupTitle(group)}, ${countOf(group.members.length, "image")}`)
      }</title><image href="${src}" x="${left.toFixed(1)}" y="${top}" width="${TREE.thumbnail}" \
height="${TREE.thumbnail}" preserveAspectRatio="xMidYMid slice"/></a>`;
    }).join("");
  }

  function cutLine(k, shown, moved) {
    const height = y(cutHeight(k));
    const text = moved ? `cut into ${k}, then ${countOf(moved, "image")} moved` : countOf(shown, "group");
    return `<g class="cut" transform="translate(0 ${height.toFixed(1)})">\
<rect class="grip" x="0" y="-11" width="${width}" height="22"/><path d="M${TREE.left - 6} 0H${width}"/>\
<circle cx="${width - 14}" cy="0" r="6"/><text x="${width - 26}" y="-7">${text}</text></g>`;
  }

  // Returns the number of groups that a cut at a place in the picture makes.
  function countAt(clientY) {
    const box = svg.getBoundingClientRect();
    const height = (1 - ((clientY - box.top) * TREE.height / box.height - TREE.top) / TREE.plot) * highest;
    let k = 1;
    while (k < count && tree.heights[count - 1 - k] > height) k++;
    return Math.min(k, most);
  }

  svg.addEventListener("pointerdown", (event) => {
    const onCut = event.target.closest(".cut");
    if (event.button !== 0 || event.target.closest("a") || event.pointerType === "touch" && !onCut) return;
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (!onCut) edits.cut(countAt(event.clientY));
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) edits.cut(countAt(event.clientY));
  });
  svg.addEventListener("lostpointercapture", () => edits.endGesture());
  slider.addEventListener("input", () => edits.cut(Number(slider.value)));
  slider.addEventListener("change", () => edits.endGesture());
  new ResizeObserver(() => svg.clientWidth && svg.clientWidth !== width && draw()).observe(svg);
  edits.onChange(draw);
  pictures.onChange(draw);
  draw();
}

// Returns the place of each image from left to right, so that no branches cross.
function leafPlaces(pairs, count) {
  const places = new Int32Array(count);
  const open = [2 * count - 2];
  let next = 0;
  while (open.length > 0) {
    const node = open.pop();
    if (node < count) places[node] = next++;
    else open.push(pairs[(node - count) * 2 + 1], pairs[(node - count) * 2]);
  }
  return places;
}

// Returns the least of 1, 2 and 5 times a power of ten that is no smaller than the given number.
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}
