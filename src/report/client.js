// The report's only script: paints the anomaly weights over the thumbnails and follows the toolbar.
(() => {
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
  const root = document.documentElement;
  let painted = false;

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

  function decodeBase64(text) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }

  function paintOverlays() {
    const images = JSON.parse(document.getElementById("weights").textContent);
    for (const canvas of document.querySelectorAll("canvas.overlay")) {
      const { rows, cols, weights } = images[canvas.dataset.image];
      paint(canvas, decodeBase64(weights).subarray(0, rows * cols), cols, rows);
    }
  }

  function showOverlays(show) {
    if (show && !painted) {
      paintOverlays();
      painted = true;
    }
    root.classList.toggle("show-overlay", show);
  }

  // Calls `follow` with the input now and whenever the reader changes it.
  function bind(id, follow) {
    const input = document.getElementById(id);
    input.addEventListener("input", () => follow(input));
    follow(input);
  }

  paint(document.getElementById("legend-scale"), Uint8Array.from({ length: 256 }, (_, i) => i), 256, 1);
  bind("overlay-switch", (input) => showOverlays(input.checked));
  bind("overlay-opacity", (input) => root.style.setProperty("--overlay-opacity", input.value / 100));
  bind("thumbnail-size", (input) => root.style.setProperty("--thumbnail", `${input.value}px`));
})();
