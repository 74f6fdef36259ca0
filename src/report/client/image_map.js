// Draws the map: a mark for each image, coloured by group and shaped by label.

import { groupColour, groupTitle, labelsOf } from "./group_markup.js";
import { escapeHtml, fileName, isolate } from "./text.js";

// Shapes of about the same area, for a radius of 1.
const SHAPES = [
  "M-1 0A1 1 0 1 0 1 0A1 1 0 1 0 -1 0Z",
  "M-.9 -.9H.9V.9H-.9Z",
  "M0 -1.25L1.15 .85H-1.15Z",
  "M0 -1.3L1.05 0L0 1.3L-1.05 0Z",
  "M-.4 -1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
  "M0 1.25L1.15 -.85H-1.15Z",
  "M-.7 -1.15H.7L1.3 0L.7 1.15H-.7L-1.3 0Z",
  "M0 -1.4L.4 -.4L1.4 0L.4 .4L0 1.4L-.4 .4L-1.4 0L-.4 -.4Z",
];
const MAP_HEIGHT = 300;
const MARGIN = 18;
const REACH = 16;
const MOST_ZOOM = 16;
const STEP = 1.6;

// Side of the defect pictures on the map.
const MEDOID = 36;

export function createImageMap({ map, images, edits, arrangement, pictures, sheets, tip, open }) {
  const svg = document.getElementById("map");
  const labels = labelsOf(images);
  const radius = images.length <= 150 ? 5.5 : images.length <= 600 ? 4.2 : images.length <= 2000 ? 3 : 2;
  let width = 600;
  let active;
  // The part of the map that is seen: "zoom" times enlarged, with its corner at (left, top) of the whole map.
  let view = { zoom: 1, left: 0, top: 0 };

  const x = (image) => (MARGIN + map[image * 2] / 1000 * (width - 2 * MARGIN) - view.left) * view.zoom;
  const y = (image) => (MARGIN + map[image * 2 + 1] / 1000 * (MAP_HEIGHT - 2 * MARGIN) - view.top) * view.zoom;
  const shape = (label) => SHAPES[Math.max(0, labels.indexOf(label)) % SHAPES.length];

  function draw() {
    width = Math.max(260, svg.clientWidth || width);
    svg.setAttribute("viewBox", `0 0 ${width} ${MAP_HEIGHT}`);
    const marks = edits.present().groups.flatMap(({ number, members }) =>
      members.map((image) =>
        `<path data-image="${image}" class="${sheets.matches(image) ? "" : "unmatched"}" \
style="fill: ${groupColour(number)}" d="${shape(images[image].label)}" \
transform="translate(${x(image).toFixed(1)} ${y(image).toFixed(1)}) scale(${radius})"/>`
      )
    );
    svg.innerHTML = marks.join("") + '<circle class="ring" r="0"/>' + medoidDefects() + numbers();
    ring();
  }

  // The groups' numbers or names, at their medoids.
  function numbers() {
    return edits.present().groups.map((group) => {
      const [medoid] = arrangement.of(group).order;
      return `<text x="${x(medoid).toFixed(1)}" y="${(y(medoid) - radius - 4).toFixed(1)}">${
        group.name ? escapeHtml(groupTitle(group)) : group.number
      }</text>`;
    }).join("");
  }

  // Recolours the marks after groups changed. Marks never move, so only those of images in another group are touched.
  function recolour() {
    const colours = [];
    for (const { number, members } of edits.present().groups) {
      const style = `fill: ${groupColour(number)}`;
      for (const member of members) colours[member] = style;
    }
    for (const mark of svg.querySelectorAll("[data-image]")) {
      const colour = colours[mark.dataset.image];
      if (mark.getAttribute("style") !== colour) mark.setAttribute("style", colour);
    }
    for (const mark of svg.querySelectorAll("text, image")) mark.remove();
    svg.insertAdjacentHTML("beforeend", medoidDefects() + numbers());
  }

  // Draws the defect of each group's most typical image above its mark, if pictures show defects.
  function medoidDefects() {
    if (!pictures.showsDefects()) return "";
    return edits.present().groups.map((group) => {
      const [medoid] = arrangement.of(group).order;
      const { cropUrl } = images[medoid];
      if (!cropUrl) return "";
      return `<image href="${cropUrl}" x="${(x(medoid) - MEDOID / 2).toFixed(1)}" \
y="${
        (y(medoid) - radius - 18 - MEDOID).toFixed(1)
      }" width="${MEDOID}" height="${MEDOID}" style="pointer-events: none"/>`;
    }).join("");
  }

  // Pales the images that the search does not match.
  function fade() {
    for (const mark of svg.querySelectorAll("[data-image]")) {
      mark.classList.toggle("unmatched", !sheets.matches(Number(mark.dataset.image)));
    }
  }

  // Zooms so that the place (atX, atY) in the panel stays where it is.
  function zoomTo(zoom, atX = width / 2, atY = MAP_HEIGHT / 2) {
    const next = Math.min(MOST_ZOOM, Math.max(1, zoom));
    look(next, view.left + atX / view.zoom - atX / next, view.top + atY / view.zoom - atY / next);
  }

  // Moves the view. It never goes beyond the whole map.
  function look(zoom, left, top) {
    const within = (value, side) => Math.min(Math.max(0, value), side - side / zoom);
    view = { zoom, left: within(left, width), top: within(top, MAP_HEIGHT) };
    for (const [id, off] of [["map-in", zoom === MOST_ZOOM], ["map-out", zoom === 1], ["map-whole", zoom === 1]]) {
      document.getElementById(id).disabled = off;
    }
    svg.classList.toggle("zoomed", zoom > 1);
    draw();
  }

  // Brings an image into view after the arrow keys went to it.
  function show(image) {
    const inside = x(image) >= 0 && x(image) <= width && y(image) >= 0 && y(image) <= MAP_HEIGHT;
    if (inside) return;
    const { zoom, left, top } = view;
    look(zoom, left + (x(image) - width / 2) / zoom, top + (y(image) - MAP_HEIGHT / 2) / zoom);
  }

  function ring() {
    const circle = svg.querySelector(".ring");
    circle.setAttribute("r", active === undefined ? 0 : radius + 4);
    if (active === undefined) return;
    circle.setAttribute("cx", x(active));
    circle.setAttribute("cy", y(active));
  }

  function activate(image) {
    active = image;
    ring();
    if (image === undefined) return tip.hide();
    const box = svg.getBoundingClientRect();
    tip.show(image, box.left + x(image) * box.width / width, box.top + y(image) * box.height / MAP_HEIGHT);
    document.getElementById("status").textContent = fileName(images[image].path);
  }

  // Turns a place in the window into one in the panel.
  function placeOf({ clientX, clientY }) {
    const box = svg.getBoundingClientRect();
    return [(clientX - box.left) * width / box.width, (clientY - box.top) * MAP_HEIGHT / box.height];
  }

  // Returns the image nearest to a place in the window, if one is near.
  function at(event) {
    const [left, top] = placeOf(event);
    let [best, nearest] = [undefined, REACH];
    for (let image = 0; image < images.length; image++) {
      const distance = Math.hypot(x(image) - left, y(image) - top);
      if (distance < nearest && sheets.matches(image)) [best, nearest] = [image, distance];
    }
    return best;
  }

  // Returns the nearest image in the direction of an arrow key. Images straight ahead are preferred.
  function towards(dx, dy) {
    if (active === undefined) return sheets.shown()[0];
    let [best, least] = [active, Infinity];
    for (let image = 0; image < images.length; image++) {
      const [right, down] = [x(image) - x(active), y(image) - y(active)];
      const ahead = right * dx + down * dy;
      const aside = Math.abs(right * dy) + Math.abs(down * dx);
      if (image === active || ahead <= 0 || !sheets.matches(image)) continue;
      if (ahead + 2 * aside < least) [best, least] = [image, ahead + 2 * aside];
    }
    return best;
  }

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  svg.addEventListener("keydown", (event) => {
    if (event.key in arrows) {
      const image = towards(...arrows[event.key]);
      if (image !== undefined) show(image);
      activate(image);
    } else if (event.key === "+" || event.key === "-") zoomTo(view.zoom * (event.key === "+" ? STEP : 1 / STEP));
    else if (event.key === "0") zoomTo(1);
    else if ((event.key === "Enter" || event.key === " ") && active !== undefined) open(active, svg);
    else return;
    event.preventDefault();
  });
  svg.addEventListener("blur", () => activate(undefined));
  // The wheel alone scrolls the page. With Ctrl it zooms; a pinch on a touchpad counts as that.
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(view.zoom * 2 ** (-event.deltaY / 100), ...placeOf(event));
  }, { passive: false });
  let dragged;
  svg.addEventListener("pointerdown", (event) => {
    if (view.zoom === 1 || event.button !== 0) return;
    dragged = { from: placeOf(event), view, moved: false };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointerup", () => {
    // After a move the click that follows must not open an image.
    if (dragged?.moved) {
      svg.addEventListener("click", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
    }
    dragged = undefined;
  });
  svg.addEventListener("pointermove", (event) => {
    if (dragged) {
      const [dx, dy] = placeOf(event).map((place, axis) => place - dragged.from[axis]);
      dragged.moved ||= Math.hypot(dx, dy) > 3;
      if (!dragged.moved) return;
      activate(undefined);
      const { zoom, left, top } = dragged.view;
      return look(zoom, left - dx / zoom, top - dy / zoom);
    }
    const image = at(event);
    if (image !== active) activate(image);
    svg.style.cursor = image === undefined ? "" : "pointer";
  });
  svg.addEventListener("pointerleave", () => activate(undefined));
  svg.addEventListener("click", (event) => {
    const image = at(event);
    if (image !== undefined) open(image, svg);
  });
  document.getElementById("map-in").addEventListener("click", () => zoomTo(view.zoom * STEP));
  document.getElementById("map-out").addEventListener("click", () => zoomTo(view.zoom / STEP));
  document.getElementById("map-whole").addEventListener("click", () => zoomTo(1));
  document.getElementById("map-legend").innerHTML = labels.length < 2
    ? ""
    : labels.map((label) =>
      `<li><svg viewBox="-1.5 -1.5 3 3" aria-hidden="true"><path d="${shape(label)}"/></svg>${isolate(label)}</li>`
    ).join("");
  new ResizeObserver(() => svg.clientWidth && svg.clientWidth !== width && draw()).observe(svg);
  edits.onChange(recolour);
  pictures.onChange(draw);
  sheets.onFilter(fade);
  draw();
}
