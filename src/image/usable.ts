// Decodes images for patch embeddings, and refuses images that are too small.

import type { Raster } from "../types.ts";
import { badImage } from "./bad_image.ts";
import { decodeImage, type DecodeOptions } from "./decode.ts";

/** Shortest side in pixels of an image that is worth embedding. */
const SMALLEST_SIDE = 16;

/**
 * A large image may be shrunk while it is decoded, but stays at least so many times as large as it will be resized to.
 */
export const REDUCING_GAP = 2;

/** Decodes an image that will be resized to `size` × `size`. Throws `bad-image`. */
export async function decodeUsable(
  bytes: Uint8Array,
  size: number,
  options: Pick<DecodeOptions, "maxPixels" | "decoder" | "white"> = {},
): Promise<Raster> {
  const image = await decodeImage(bytes, { ...options, atLeast: REDUCING_GAP * size });
  if (Math.min(image.width, image.height) < SMALLEST_SIDE) {
    const pixels = `${image.width} × ${image.height} pixels`;
    throw badImage(`${pixels} are too few (${SMALLEST_SIDE} a side at least)`);
  }
  return image;
}
