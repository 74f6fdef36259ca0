// Whether the photos of a request are looked at closer, and by which of them.

import { AnomalyClusterError } from "../errors.ts";
import { decodeUsable } from "../image/usable.ts";
import { closerLookBy, firstLook, fittingPhotos, wantedDetail } from "../look/closer_look.ts";
import type { PatchSet, Raster } from "../types.ts";
import type { JobContext, JobLook, SourceImage } from "./prepare.ts";

/** Patches along a photo that is seen whole. */
const PATCHES_ACROSS = 14;

/** Fits a closer look to some of the images; nothing where they are small enough to be seen whole. */
export async function jobLook(
  sources: readonly SourceImage[],
  detail: number | "auto" | "off",
  { network, takeTurn, signal }: Pick<JobContext, "network" | "takeTurn" | "signal">,
  decoding: { readonly maxPixels?: number; readonly white?: number },
  warnings: string[],
): Promise<JobLook | undefined> {
  const { openFirstLook } = network;
  if (detail === "off") return undefined;
  const { measured, others } = fittingPhotos(sources.length);
  const sizes: { readonly width: number; readonly height: number }[] = [];
  // One after the other, as each may be large; those that are looked at are decoded once more.
  for (const at of measured) {
    const photo = await takeTurn(signal, () => decoded(sources[at], decoding));
    if (photo) sizes.push({ width: photo.width, height: photo.height });
  }
  const wanted = wantedDetail(sizes, detail);
  if (wanted === undefined || sizes.length < 2) return undefined;
  if (!openFirstLook) {
    const [{ width, height }] = sizes;
    const seen = Math.ceil(Math.max(width, height) / PATCHES_ACROSS);
    warnings.push(
      `photos of ${width} × ${height} pixels are seen whole here: defects below some ${seen} pixels may be missed`,
    );
    return undefined;
  }
  const firstLooks = await openFirstLook();
  const looks: PatchSet[] = [];
  for (const at of [...measured, ...others]) {
    const look = await takeTurn(signal, async () => {
      const photo = await decoded(sources[at], decoding);
      return photo && await firstLook(photo, wanted, firstLooks);
    });
    if (look) looks.push(look);
  }
  return { look: closerLookBy(looks, wanted), firstLooks };
}

/** The image; nothing of one that cannot be used, which is told when it is prepared. */
async function decoded(
  source: SourceImage,
  { maxPixels, white }: { readonly maxPixels?: number; readonly white?: number },
): Promise<Raster | undefined> {
  try {
    return await decodeUsable(await source.read(), Infinity, { maxPixels, ...(white && { white }) });
  } catch (error) {
    if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
    return undefined;
  }
}
