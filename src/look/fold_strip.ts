// Folds a long photo, such as a line scan, so that it fills a square without being squeezed.

import type { PhotoSize } from "../image/pixel_box.ts";
import type { Raster } from "../types.ts";

/** Returns into how many pieces a photo is cut, so that these, side by side, come nearest to a square; 1 leaves it whole. */
export function piecesOf({ width, height }: PhotoSize): number {
  const ratio = Math.max(width, height) / Math.min(width, height);
  const fewer = Math.max(1, Math.floor(Math.sqrt(ratio)));
  // n pieces make a shape of ratio / n²: the nearer to 1 the better, whichever side is longer.
  return ratio / fewer ** 2 <= (fewer + 1) ** 2 / ratio ? fewer : fewer + 1;
}

/**
 * Returns the pieces of a photo below each other if it lies, beside each other if it stands. The last piece ends with the
 * photo, and so may begin within the one before.
 */
export function folded(photo: Raster): Raster {
  const pieces = piecesOf(photo);
  if (pieces === 1) return photo;
  const { width, height } = photo;
  const lies = width > height;
  const length = Math.ceil(Math.max(width, height) / pieces);
  const starts = Array.from({ length: pieces }, (_, at) => Math.min(at * length, Math.max(width, height) - length));
  const size = lies ? { width: length, height: height * pieces } : { width: width * pieces, height: length };
  const data = new Uint8Array(size.width * size.height * 4);
  starts.forEach((start, piece) => {
    for (let row = 0; row < (lies ? height : length); row++) {
      const from = lies ? (row * width + start) * 4 : (start + row) * width * 4;
      const to = lies ? (piece * height + row) * length * 4 : (row * size.width + piece * width) * 4;
      data.set(photo.data.subarray(from, from + (lies ? length : width) * 4), to);
    }
  });
  return { data, ...size };
}
