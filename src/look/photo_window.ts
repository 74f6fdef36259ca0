// A part of a photo.

import type { Raster } from "../types.ts";

/** A part of a photo, in the photo's own pixels as it stands upright. */
export interface PhotoWindow {
  /** First column. */
  readonly left: number;
  /** First row. */
  readonly top: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A square window around a point, moved to lie within the photo; as large as the photo where it is smaller. */
export function windowAround(
  x: number,
  y: number,
  side: number,
  photo: { readonly width: number; readonly height: number },
): PhotoWindow {
  const [width, height] = [Math.min(side, photo.width), Math.min(side, photo.height)];
  const within = (middle: number, own: number, whole: number) => {
    return Math.round(Math.min(Math.max(0, middle - own / 2), whole - own));
  };
  return { left: within(x, width, photo.width), top: within(y, height, photo.height), width, height };
}

/**
 * The pixels of a window, as a square: where the photo is narrower than the window's longer side, its mean colour fills the
 * rest, so that nothing is squeezed.
 *
 * @param image the photo, or the same one shrunk.
 * @param photo its true size.
 */
export function cutOut(
  image: Raster,
  photo: { readonly width: number; readonly height: number },
  window: PhotoWindow,
): Raster {
  const [across, down] = [image.width / photo.width, image.height / photo.height];
  const left = Math.round(window.left * across);
  const top = Math.round(window.top * down);
  const width = Math.max(1, Math.min(image.width - left, Math.round(window.width * across)));
  const height = Math.max(1, Math.min(image.height - top, Math.round(window.height * down)));
  const side = Math.max(width, height);
  const data = new Uint8Array(side * side * 4);
  const part = (row: number) => {
    const from = ((top + row) * image.width + left) * 4;
    return image.data.subarray(from, from + width * 4);
  };
  if (width !== height) {
    new Uint32Array(data.buffer).fill(meanColour(Array.from({ length: height }, (_, row) => part(row))));
  }
  const [right, below] = [(side - width) >> 1, (side - height) >> 1];
  for (let row = 0; row < height; row++) data.set(part(row), ((below + row) * side + right) * 4);
  return { data, width: side, height: side };
}

/** As RGBA in the order of memory. */
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
