// Paints the anomaly weights over the images.

import { decodeBase64 } from "./grouping.js";

// Inferno, from dark to yellow, at nine equal steps.
const INFERNO = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
];
const PALETTE = makePalette();

// RGBA for each weight 0…255. Alpha equals the weight, so that low weights leave the image visible.
function makePalette() {
  const palette = new Uint8ClampedArray(256 * 4);
  for (let weight = 0; weight < 256; weight++) {
    const position = (weight / 255) * (INFERNO.length - 1);
    const lower = Math.min(Math.floor(position), INFERNO.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const from = INFERNO[lower][channel];
      const to = INFERNO[lower + 1][channel];
      palette[weight * 4 + channel] = from + (to - from) * (position - lower);
    }
    palette[weight * 4 + 3] = weight;
  }
  return palette;
}

// One canvas pixel per weight; CSS scales the canvas smoothly to the size of the image.
function paint(canvas, weights, cols, rows) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pixels = context.createImageData(cols, rows);
  weights.forEach((weight, i) => pixels.data.set(PALETTE.subarray(weight * 4, weight * 4 + 4), i * 4));
  context.putImageData(pixels, 0, 0);
}

// Returns a canvas with an image's heat map, which lies over its picture.
export function heatMapOf({ rows, cols, weights }) {
  const canvas = document.createElement("canvas");
  [canvas.className, canvas.width, canvas.height] = ["overlay", cols, rows];
  canvas.setAttribute("aria-hidden", "true");
  paint(canvas, decodeBase64(weights).subarray(0, rows * cols), cols, rows);
  return canvas;
}

// Returns the function that switches heat maps on and off. Once they are on, a card gets its heat map when it comes
// near the window.
export function heatMapSwitch(cards, images) {
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      target.querySelector(".picture").append(heatMapOf(images[target.dataset.image]));
    }
  }, { rootMargin: "600px" });
  let asked = false;
  paint(document.getElementById("legend-scale"), Uint8Array.from({ length: 256 }, (_, i) => i), 256, 1);
  return (show) => {
    if (show && !asked) { for (const card of cards) near.observe(card); }
    asked ||= show;
    document.documentElement.classList.toggle("show-overlay", show);
  };
}
