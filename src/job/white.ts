// What counts as white in the 16-bit images of a request.

import { AnomalyClusterError } from "../errors.ts";
import { decodeImage } from "../image/decode.ts";
import { mayHaveSixteenBits, sharedWhite } from "../image/sixteen_bits.ts";
import type { SourceImage } from "./prepare.ts";

/** The white of all images together, where it is below that of 16 bits; `warnings` hear of it. */
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
      if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error; // Told when it is prepared.
    }
  }
  return sharedWhite(largest, warnings);
}
