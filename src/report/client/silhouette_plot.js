// Draws the silhouette of each image in the present groups, and lists the images that fit their group least.

import { thumbnailButton } from "./contact_sheets.js";
import { groupColour, groupTitle } from "./group_markup.js";
import { silhouettes } from "./grouping.js";
import { countOf, formatNumber, mean } from "./text.js";

const BARS = { width: 640, left: 52, right: 20, top: 8, bottom: 42, gap: 6 };
const DOUBTFUL = 12;

export function createSilhouettePlot({ images, cards, edits, arrangement, tip, open }) {
  const svg = document.getElementById("silhouette-plot");
  let values;
  let bars = [];
  let height = 0;
  let timer;

  function update() {
    const { groups } = edits.present();
    values = silhouettes(groups.map(({ members }) => members), arrangement.distance, images.length);
    draw(groups);
    doubtful();
  }

  function draw(groups) {
    const each = Math.min(12, Math.max(0.35, 300 / images.length));
    const least = Math.min(0, Math.floor(Math.min(...values) * 5) / 5);
    const x = (value) => BARS.left + (value - least) / (1 - least) * (BARS.width - BARS.left - BARS.right);
    let top = BARS.top;
    bars = [];
    const shapes = groups.map((group) => {
      const members = [...group.members].sort((a, b) => values[b] - values[a]);
      const start = top;
      const outline = members.map((image) => {
        bars.push({ image, top, bottom: top + each });
        const edge = x(values[image]).toFixed(1);
        const line = `H${edge}V${(top + each).toFixed(2)}`;
        top += each;
        return line;
      });
      const path = `<path style="fill: ${groupColour(group.number)}" \
d="M${x(0).toFixed(1)} ${start.toFixed(2)}${outline.join("")}H${x(0).toFixed(1)}Z"/>`;
      const name = top - start > 9
        ? `<text x="${BARS.left - 8}" y="${(start + top) / 2 + 4}" class="end">${group.number}</text>`
        : "";
      top += BARS.gap;
      return path + name;
    });
    height = top + BARS.bottom;
    const bottom = top;
    const average = mean(Array.from(values));
    const ticks = Array.from({ length: Math.round((1 - least) * 5) + 1 }, (_, at) => least + at / 5);
    const rules = ticks.map((tick) =>
      `<path class="rule" d="M${x(tick).toFixed(1)} ${BARS.top}V${bottom}"/>\
<text x="${x(tick).toFixed(1)}" y="${bottom + 15}">${tick.toFixed(1).replace("-", "−")}</text>`
    );
    svg.setAttribute("viewBox", `0 0 ${BARS.width} ${height.toFixed(1)}`);
    svg.setAttribute("aria-label", `Silhouette of each image by group; mean ${formatNumber(average)}`);
    svg.innerHTML = `${rules.join("")}${shapes.join("")}<path class="guide" d="M${x(average).toFixed(1)} ${BARS.top}V\
${bottom}"/><text class="mean" x="${x(average).toFixed(1)}" y="${bottom + 33}">mean ${formatNumber(average)}</text>`;
  }

  // Lists the images that lie nearer to another group than to their own, the worst first.
  function doubtful() {
    const worst = images.map((_, image) => image).filter((image) => values[image] < 0)
      .sort((a, b) => values[a] - values[b]);
    document.getElementById("doubtful-count").textContent = worst.length === 0
      ? "No image lies nearer to another group than to its own."
      : `${countOf(worst.length, "image")} ${worst.length === 1 ? "lies" : "lie"} nearer to another group than to \
${worst.length === 1 ? "its" : "their"} own${worst.length > DOUBTFUL ? `; the ${DOUBTFUL} least fitting` : ""}:`;
    document.getElementById("doubtful").innerHTML = worst.slice(0, DOUBTFUL).map((image) => {
      const group = edits.present().groups.find(({ members }) => members.includes(image));
      return thumbnailButton(image, { images, cards }, `${formatNumber(values[image])}, ${groupTitle(group)}`);
    }).join("");
  }

  function at({ clientY }) {
    const box = svg.getBoundingClientRect();
    const place = (clientY - box.top) * height / box.height;
    return bars.find(({ top, bottom }) => place >= top && place < bottom)?.image;
  }

  svg.addEventListener("pointermove", (event) => {
    const image = at(event);
    if (image === undefined) tip.hide();
    else tip.show(image, event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", tip.hide);
  svg.addEventListener("click", (event) => {
    const image = at(event);
    if (image !== undefined) open(image);
  });
  // While the cut is dragged, drawing the groups comes first.
  edits.onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(update, 150);
  });
  update();

  return { of: (image) => values[image] };
}
