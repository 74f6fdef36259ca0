// An image that patches can be cut from.

import type { Raster } from "../types.ts";
import { badImage } from "./bad_image.ts";
import { decodeImage, type DecodeOptions } from "./decode.ts";

/** Smallest side of an image in which patches mean anything. */
const SMALLEST_SIDE = 16;

/** By how much a large image may be shrunk while it is decoded: to no less than this many times the size. */
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
