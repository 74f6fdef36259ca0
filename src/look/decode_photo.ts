// A photo as a look needs it: with all its pixels, or shrunk while it is decoded where these are more than enough.

import { decodeImage, type DecodeOptions } from "../image/decode.ts";
import { headerSize } from "../image/header_size.ts";
import type { PhotoSize } from "../image/pixel_box.ts";
import { decodeUsable, REDUCING_GAP } from "../image/usable.ts";
import type { Raster } from "../types.ts";
import { sufficientShrinkage } from "./detail.ts";

/**
 * Decodes a photo in which defects from `detail` pixels on are looked for. Throws `bad-image`.
 *
 * @param size of the square that the whole photo becomes too, in pixels
 */
export async function decodePhoto(
  bytes: Uint8Array,
  detail: number,
  size: number,
  options: Pick<DecodeOptions, "maxPixels" | "decoder" | "white"> = {},
): Promise<Raster> {
  const shrinkage = sufficientShrinkage(detail);
  const stored = shrinkage > 1 ? headerSize(bytes) : undefined;
  const side = stored ? Math.min(stored.width, stored.height) / shrinkage : Infinity;
  return await decodeUsable(bytes, Math.max(size, side / REDUCING_GAP), options);
}

/** Returns the size of a photo, from its header if possible. Throws `bad-image`. */
export async function photoSize(
  bytes: Uint8Array,
  options: Pick<DecodeOptions, "maxPixels" | "decoder" | "white"> = {},
): Promise<PhotoSize> {
  return headerSize(bytes) ?? await decodeUsable(bytes, Infinity, options);
}

/** Pixels a side that a photo keeps at least where its defect is measured. */
const MEASURED_SIDE = 224;

/** Decodes a photo as its defect is measured: `detail` as it was looked at closer for, nothing where it was seen whole. */
export async function decodeToMeasure(
  bytes: Uint8Array,
  detail: number | undefined,
  options: Pick<DecodeOptions, "maxPixels" | "decoder" | "white">,
): Promise<Raster> {
  if (detail === undefined) return await decodeImage(bytes, options);
  return await decodePhoto(bytes, detail, MEASURED_SIDE, options);
}

/** Pixels of the photo in its file, in either direction, for one of the decoded. */
export function shrinkageOf({ width, original }: Raster): number {
  return original ? original.width / width : 1;
}
