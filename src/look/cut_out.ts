// Cuts a square out of a photo.

import type { PhotoSize, PixelBox } from "../image/pixel_box.ts";
import type { Raster } from "../types.ts";

/**
 * Returns a square around a point, moved to lie within the photo. Where the photo is narrower than the square, the
 * square is centred on it.
 */
export function squareAround(x: number, y: number, side: number, photo: PhotoSize): PixelBox {
  const start = (middle: number, whole: number) => {
    return Math.round(whole <= side ? (whole - side) / 2 : Math.min(Math.max(0, middle - side / 2), whole - side));
  };
  return { left: start(x, photo.width), top: start(y, photo.height), width: side, height: side };
}

/**
 * Returns the pixels of a square. The part of it outside the photo gets the mean colour of the rest, so that nothing is
 * squeezed.
 */
export function cutOut({ data, width, height }: Raster, { left, top, width: side }: PixelBox): Raster {
  const square = new Uint8Array(side * side * 4);
  const [from, to] = [Math.max(0, left), Math.min(width, left + side)];
  const [first, end] = [Math.max(0, top), Math.min(height, top + side)];
  const rows = Array.from({ length: end - first }, (_, at) => {
    return data.subarray(((first + at) * width + from) * 4, ((first + at) * width + to) * 4);
  });
  if (to - from < side || end - first < side) new Uint32Array(square.buffer).fill(meanColour(rows));
  rows.forEach((row, at) => square.set(row, ((first + at - top) * side + from - left) * 4));
  return { data: square, width: side, height: side };
}

/** Returns the mean colour as RGBA, in the byte order of memory. */
function meanColour(rows: readonly (Uint8Array | Uint8ClampedArray)[]): number {
  const sums = [0, 0, 0];
  let count = 0;
  for (const row of rows) {
    for (let at = 0; at < row.length; at += 4) {
      for (let channel = 0; channel < 3; channel++) sums[channel] += row[at + channel];
    }
    count += row.length / 4;
  }
  return new Uint32Array(Uint8Array.of(...sums.map((sum) => Math.round(sum / count)), 255).buffer)[0];
}
