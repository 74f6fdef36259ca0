// Turns and mirrors an image, and puts the patches of these views back in place.

import type { PatchSet, Raster } from "../types.ts";

/** How many views there are: see {@linkcode OnnxEmbedderOptions}. */
export type Views = 1 | 4 | 8;

/** The index, in the upright square of `side` × `side` places, of the place (row, col) of a view. */
function upright(view: number, row: number, col: number, side: number): number {
  let [y, x] = [row, view & 4 ? side - 1 - col : col];
  for (let turn = 0; turn < (view & 3); turn++) [y, x] = [x, side - 1 - y];
  return y * side + x;
}

/** Turns a square image by `view` mod 4 quarters. Views from 4 on are mirrored too. */
export function seenAs(image: Raster, view: number): Raster {
  if (view === 0) return image;
  const { width: side } = image;
  const from = new Uint32Array(image.data.buffer, image.data.byteOffset, side * side);
  const to = new Uint32Array(side * side);
  // Rows and columns of a view are lines of the image, so steps along them are always the same.
  const first = upright(view, 0, 0, side);
  const [down, across] = [upright(view, 1, 0, side) - first, upright(view, 0, 1, side) - first];
  for (let row = 0; row < side; row++) {
    let at = first + row * down;
    for (let col = 0; col < side; col++, at += across) to[row * side + col] = from[at];
  }
  return { data: new Uint8Array(to.buffer), width: side, height: side };
}

/** Adds the patches of a view, divided by the number of views, at their places in the upright image. */
export function addInPlace(sum: PatchSet, patches: PatchSet, view: number, views: number): void {
  const { rows, cols, channels, data } = patches;
  const { data: sums } = sum;
  const share = 1 / views;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const [from, to] = [(row * cols + col) * channels, upright(view, row, col, cols) * channels];
      for (let channel = 0; channel < channels; channel++) sums[to + channel] += data[from + channel] * share;
    }
  }
}
