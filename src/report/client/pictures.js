// Switches all pictures of the page between the whole photos and the defects with their surroundings.

import { remember, remembered } from "./remembered.js";
import { percent } from "./text.js";

const SHOWN_KEY = "anomaly-cluster pictures show";

export function createPictures({ images, cards }) {
  const root = document.documentElement;
  const frameRatio = Number(getComputedStyle(document.body).getPropertyValue("--frame-ratio")) || 1;
  const wholes = cards.map((card) => card.querySelector("img").getAttribute("src"));
  const sizes = cards.map((card) => {
    const img = card.querySelector("img");
    return { width: Number(img.getAttribute("width")), height: Number(img.getAttribute("height")) };
  });
  const buttons = [document.getElementById("show-whole"), document.getElementById("show-defect")];
  const listeners = [];
  let showsDefects = false;

  function show(defects) {
    showsDefects = defects;
    root.classList.toggle("show-defects", defects);
    buttons.forEach((button, at) => button?.setAttribute("aria-pressed", String(defects === (at === 1))));
    cards.forEach((card, image) => {
      const crop = defects ? images[image].crop : undefined;
      const [img, picture] = [card.querySelector("img"), card.querySelector(".picture")];
      img.src = crop ? images[image].cropUrl : wholes[image];
      const { width, height } = crop ?? sizes[image];
      [img.width, img.height] = [width, height];
      picture.style.width = percent(Math.min(1, width / height / (defects ? 1 : frameRatio)));
      picture.style.aspectRatio = `${width} / ${height}`;
      placeHeatMap(picture, images[image], crop);
    });
    for (const listener of listeners) listener();
  }

  buttons.forEach((button, at) =>
    button?.addEventListener("click", () => {
      show(at === 1);
      remember(SHOWN_KEY, at === 1 ? "defect" : "whole");
    })
  );
  // In a large photo that was looked at closely, the defect is too small to be seen in a picture of the whole.
  const isClose = images.some(({ window }) => window);
  const choice = remembered(SHOWN_KEY) ?? (isClose ? "defect" : "whole");
  if (buttons[1] && choice === "defect") show(true);
  else if (isClose) show(false);

  return {
    showsDefects: () => showsDefects,
    wholeOf: (image) => ({ src: wholes[image], ...sizes[image] }),
    onChange: (listener) => listeners.push(listener),
  };
}

// Places the heat map over the part of the picture that the patches cover. The picture shows a crop of the photo or all
// of it.
export function placeHeatMap(picture, { defect, window }, crop) {
  const whole = defect && { left: 0, top: 0, width: defect.photoWidth, height: defect.photoHeight };
  const [covered, shown] = [window ?? whole, crop ?? whole];
  const place = covered && shown ? placeWithin(covered, shown) : ["0%", "0%", "100%", "100%"];
  ["left", "top", "width", "height"].forEach((name, at) => picture.style.setProperty(`--map-${name}`, place[at]));
}

// Returns left, top, width and height of a box within an outer box, in percent of the outer box.
export function placeWithin(box, outer) {
  return [
    percent((box.left - outer.left) / outer.width),
    percent((box.top - outer.top) / outer.height),
    percent(box.width / outer.width),
    percent(box.height / outer.height),
  ];
}
