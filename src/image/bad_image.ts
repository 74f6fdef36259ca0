// The error that all decoders throw, and checks before memory is allocated for pixels.

import { AnomalyClusterError } from "../errors.ts";

/** The error to throw. `message` says what is wrong with the image and, if possible, what the user can do. */
export function badImage(message: string, cause?: unknown): AnomalyClusterError {
  return new AnomalyClusterError("bad-image", message, { cause });
}

/** Throws `bad-image` if a header states no pixels, or so many that it must be a mistake or an attack. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) throw badImage("the image is damaged: it has no pixels");
  if (width * height > maxPixels) {
    const most = `${Math.round(maxPixels / 1e4) / 100} million pixels`;
    throw badImage(`${width} × ${height} pixels are too many (${most} at most): make the image smaller`);
  }
}

/** Throws `bad-image` if a file is far too short for its pixels. Call it before memory is allocated for them. */
export function checkLength(bytes: number, pixels: number, mostOfAByte: number, format: string): void {
  if (pixels > bytes * mostOfAByte) {
    throw badImage(`the ${format} image is truncated or damaged: it is too short for its size in pixels`);
  }
}
