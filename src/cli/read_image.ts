// A file → pixels.

import { AnomalyClusterError } from "../errors.ts";
import { decodeImage, type DecodeOptions } from "../image/decode.ts";
import type { Raster } from "../types.ts";

/** Smallest side of an image in which patches mean anything. */
const SMALLEST_SIDE = 16;

/** Reads and decodes one file. Throws `bad-image`. */
export async function readRaster(file: string, options?: DecodeOptions): Promise<Raster> {
  const bytes = await Deno.readFile(file).catch((cause) => {
    throw new AnomalyClusterError("bad-image", "the file cannot be read", { cause });
  });
  return await decodeImage(bytes, options);
}

/** The same, for images that patches can be cut from. Throws `bad-image`. */
export async function readImage(file: string, options?: DecodeOptions): Promise<Raster> {
  const image = await readRaster(file, options);
  if (Math.min(image.width, image.height) < SMALLEST_SIDE) {
    const size = `${image.width} × ${image.height}`;
    throw new AnomalyClusterError("bad-image", `${size} pixels are too few (${SMALLEST_SIDE} a side at least)`);
  }
  return image;
}
