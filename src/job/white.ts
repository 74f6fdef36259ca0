// Finds which value counts as white in the 16-bit images of a request.

import { AnomalyClusterError } from "../errors.ts";
import { decodeImage } from "../image/decode.ts";
import { mayHaveSixteenBits, sharedWhite } from "../image/sixteen_bits.ts";
import type { SourceImage } from "./prepare.ts";

/** The white of all images together; `undefined` unless it is below the usual 65535. If it is, a warning is added. */
export async function jobWhite(
  images: readonly SourceImage[],
  maxPixels: number | undefined,
  warnings: string[],
): Promise<number | undefined> {
  let largest = 0;
  for (const image of images) {
    try {
      if (!mayHaveSixteenBits(await image.head())) continue;
      largest = Math.max(largest, (await decodeImage(await image.read(), { maxPixels })).largest ?? 0);
    } catch (error) {
      if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error; // `prepareImages` warns.
    }
  }
  return sharedWhite(largest, warnings);
}
