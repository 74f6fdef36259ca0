import type { Raster } from "../types.ts";
import type { PhotoSize } from "./pixel_box.ts";

/** A size as it is when the image is turned upright. */
export function turnedSize({ width, height }: PhotoSize, orientation: number): PhotoSize {
  return orientation > 4 ? { width: height, height: width } : { width, height };
}

/** Turns an image upright: `orientation` is EXIF's, 1 (as it is) … 8. */
export function turnUpright({ data, width, height }: Raster, orientation: number): Raster {
  if (orientation === 1) return { data, width, height };
  const transposed = orientation > 4;
  const [fromRight, fromBottom] = [[2, 3, 7, 8], [3, 4, 6, 7]].map((kinds) => kinds.includes(orientation));
  const source = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const turned = new Uint32Array(width * height);
  const [columns, rows] = transposed ? [height, width] : [width, height];
  // Steps in the source that lead one pixel to the right and one pixel down in the result.
  const [alongX, alongY] = [fromRight ? -1 : 1, fromBottom ? -width : width];
  const [right, down] = transposed ? [alongY, alongX] : [alongX, alongY];
  const first = (fromRight ? width - 1 : 0) + (fromBottom ? (height - 1) * width : 0);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0, from = first + y * down; x < columns; x++, from += right) turned[to++] = source[from];
  }
  return { data: new Uint8Array(turned.buffer), width: columns, height: rows };
}
