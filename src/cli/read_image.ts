// A file → pixels.

import { AnomalyClusterError } from "../errors.ts";
import { decodeImage, type DecodeOptions } from "../image/decode.ts";
import type { Raster } from "../types.ts";

/** Smallest side of an image in which patches mean anything. */
const SMALLEST_SIDE = 16;

/** A file's bytes. Throws `bad-image`. */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(file).catch((cause) => {
    throw new AnomalyClusterError("bad-image", "the file cannot be read", { cause });
  });
}

/** Reads and decodes one file. Throws `bad-image`. */
export async function readRaster(file: string): Promise<Raster> {
  return await decodeImage(await readBytes(file));
}

/** Decodes an image that patches can be cut from. Throws `bad-image`. */
export async function decodeUsable(bytes: Uint8Array, options?: DecodeOptions): Promise<Raster> {
  const image = await decodeImage(bytes, options);
  if (Math.min(image.width, image.height) < SMALLEST_SIDE) {
    const size = `${image.width} × ${image.height}`;
    throw new AnomalyClusterError("bad-image", `${size} pixels are too few (${SMALLEST_SIDE} a side at least)`);
  }
  return image;
}
