// The error of every decoder, and the checks that come before any pixel is allocated.

import { AnomalyClusterError } from "../errors.ts";

/** The error to throw: `message` says what is wrong with the image and, where there is one, the way out. */
export function badImage(message: string, cause?: unknown): AnomalyClusterError {
  return new AnomalyClusterError("bad-image", message, { cause });
}

/** Throws `bad-image` when a header promises no pixels, or so many that they are a mistake or an attack. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) throw badImage("the image is damaged: it has no pixels");
  if (width * height > maxPixels) {
    const most = `${Math.round(maxPixels / 1e4) / 100} million pixels`;
    throw badImage(`${width} × ${height} pixels are too many (${most} at most): make the image smaller`);
  }
}

/** Throws `bad-image` when a file is far too short for its pixels, before memory is taken for them. */
export function checkLength(bytes: number, pixels: number, mostOfAByte: number, format: string): void {
  if (pixels > bytes * mostOfAByte) {
    throw badImage(`the ${format} image is truncated or damaged: it is too short for its size in pixels`);
  }
}
