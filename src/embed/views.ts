// Views of an image: turned, mirrored, and their patches back in place.

import type { PatchSet, Raster } from "../types.ts";

/** Numbers of views: see {@linkcode OnnxEmbedderOptions}. */
export type Views = 1 | 4 | 8;

/** Where the place (row, col) of a view lies in the upright square of `side` × `side` places. */
function upright(view: number, row: number, col: number, side: number): number {
  let [y, x] = [row, view & 4 ? side - 1 - col : col];
  for (let turn = 0; turn < (view & 3); turn++) [y, x] = [x, side - 1 - y];
  return y * side + x;
}

/** A square image turned by `view` mod 4 quarters, from 4 on mirrored. */
export function seenAs(image: Raster, view: number): Raster {
  if (view === 0) return image;
  const { width: side } = image;
  const from = new Uint32Array(image.data.buffer, image.data.byteOffset, side * side);
  const to = new Uint32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) to[row * side + col] = from[upright(view, row, col, side)];
  }
  return { data: new Uint8Array(to.buffer), width: side, height: side };
}

/** Adds a view's patches, each where it belongs in the upright image, divided by the number of views. */
export function addInPlace(sum: PatchSet, patches: PatchSet, view: number, views: number): void {
  const { rows, cols, channels } = patches;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const [from, to] = [(row * cols + col) * channels, upright(view, row, col, cols) * channels];
      for (let channel = 0; channel < channels; channel++) {
        sum.data[to + channel] += patches.data[from + channel] / views;
      }
    }
  }
}
