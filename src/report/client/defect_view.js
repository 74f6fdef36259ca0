// The defect in the large view: its frame, a sharp picture of it in its place, zoom to it, and its measurements.

import { placeHeatMap, placeWithin } from "./pictures.js";
import { formatNumber } from "./text.js";
import { createZoom } from "./zoom.js";

export function createDefectView({ images, dialog, picture, pictures }) {
  const part = (id) => document.getElementById(id);
  const stage = picture.parentElement;
  // The frame lies beside the picture, not in it. Zoom would enlarge its lines and letters too.
  const frame = stage.appendChild(document.createElement("span"));
  const size = frame.appendChild(document.createElement("b"));
  frame.className = "defect-frame";
  const zoom = createZoom({ stage, picture, value: part("zoom-value"), onLook: placeFrame });
  const frameSwitch = part("viewer-frame");
  let image;
  // Whether the view shows the defect, and so will for the images that follow.
  let byDefect = false;

  function placeFrame(seen) {
    const { defect } = images[image];
    frame.hidden = !defect;
    if (!defect) return;
    const { left, top, width, height, photoWidth, photoHeight } = defect;
    const [x, y] = [seen.width / photoWidth, seen.height / photoHeight];
    const lengths = { left: seen.left + left * x, top: seen.top + top * y, width: width * x, height: height * y };
    for (const [name, length] of Object.entries(lengths)) frame.style[name] = `${length}px`;
    // The text stands on the side where there is more room.
    const isLow = lengths.top + lengths.height / 2 > stage.clientHeight / 2;
    frame.classList.toggle("above", isLow);
    // If nothing stood out, the box is only the place with the most weight. It is no more exact than a patch.
    frame.classList.toggle("coarse", defect.area === undefined);
    size.textContent = `${defect.area === undefined ? "about " : ""}${width} × ${height} px`;
  }

  function whole() {
    byDefect = false;
    zoom.whole();
  }

  function toDefect() {
    const { defect } = images[image];
    if (!defect) return zoom.whole();
    byDefect = true;
    const { left, top, width, height, photoWidth, photoHeight } = defect;
    zoom.to({
      left: left / photoWidth,
      top: top / photoHeight,
      width: width / photoWidth,
      height: height / photoHeight,
    });
  }

  part("zoom-in").addEventListener("click", zoom.larger);
  part("zoom-out").addEventListener("click", zoom.smaller);
  part("zoom-whole").addEventListener("click", whole);
  part("zoom-defect").addEventListener("click", toDefect);
  frameSwitch.addEventListener("change", () => dialog.classList.toggle("frameless", !frameSwitch.checked));
  new ResizeObserver(() => dialog.open && (byDefect ? toDefect() : zoom.whole())).observe(stage);

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const KEYS = {
    "+": zoom.larger,
    "=": zoom.larger,
    "-": zoom.smaller,
    "0": whole,
    d: toDefect,
    f: () => frameSwitch.click(),
  };

  return {
    // Shows an image's defect over its picture.
    show(next) {
      image = next;
      const { defect, crop, cropUrl } = images[image];
      for (const id of ["zoom-defect", "viewer-frame"]) part(id).disabled = !defect;
      zoom.of(defect?.photoWidth ?? picture.querySelector("img").naturalWidth);
      placeHeatMap(picture, images[image]);
      if (defect) {
        const photo = { left: 0, top: 0, width: defect.photoWidth, height: defect.photoHeight };
        // Under the heat map.
        if (crop) picture.querySelector("img").after(placed(sharpPicture(cropUrl), crop, photo));
      }
      if (byDefect) toDefect();
      else zoom.whole();
    },
    // Sets whether the view begins at the defect: as the pictures on the page do.
    begin: () => byDefect = pictures.showsDefects(),
    resume: () => byDefect ? toDefect() : zoom.whole(),
    // Does what a key asks for. Returns false for a key without a meaning here.
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      if (event.shiftKey && MOVES[event.key]) {
        zoom.move(...MOVES[event.key]);
        return true;
      }
      if (!KEYS[event.key]) return false;
      KEYS[event.key]();
      return true;
    },
  };
}

function sharpPicture(url) {
  const img = document.createElement("img");
  [img.className, img.src, img.alt, img.draggable] = ["sharp", url, "", false];
  return img;
}

function placed(element, box, photo) {
  ["left", "top", "width", "height"].forEach((name, at) => element.style[name] = placeWithin(box, photo)[at]);
  return element;
}

// Returns names and values of an image's measurements, for the list of its facts.
export function defectFacts({ defect }) {
  if (!defect) return [];
  const { photoWidth, photoHeight, left, top, width, height, area, lightness, chroma, edge, parts } = defect;
  const place = `${width} × ${height} px, ${left} from the left, ${top} from the top`;
  const facts = [
    ["Photo", `${photoWidth} × ${photoHeight} px`],
    area === undefined ? ["Most weight", `about ${place}`] : ["Defect", place],
  ];
  if (area === undefined) return facts;
  const tone = `${Math.abs(lightness).toFixed(1)} ${lightness < 0 ? "darker" : "brighter"}`;
  return [
    ...facts,
    ["Area", `${Math.round(area)} px${parts > 1 ? ` in ${parts} parts` : ""}`],
    ["Against surroundings", `${tone}, colour ${chroma.toFixed(1)} off (CIELAB)`],
    ...(edge === undefined ? [] : [["Edge, width", `${formatNumber(edge)} px`]]),
  ];
}
