// Decides whether a closer look at the photos of a request is needed, and fits it to some of them.

import { AnomalyClusterError } from "../errors.ts";
import { decodeUsable } from "../image/usable.ts";
import { fitLook, type PhotoReader, wantedDetail } from "../look/closer_look.ts";
import type { Detail } from "../look/detail.ts";
import type { Raster } from "../types.ts";
import type { JobContext, JobLook, SourceImage } from "./prepare.ts";

/** Patches along each side of a photo that is seen whole. */
const PATCHES_ACROSS = 14;

/** How the images of a request are decoded. */
interface Decoding {
  readonly maxPixels?: number;
  readonly white?: number;
}

/**
 * Fits a closer look to some of the images. `undefined` where they are seen whole: because they are small enough, or
 * the request asks for it, or the network cannot look closer (then there is a warning).
 */
export async function jobLook(
  sources: readonly SourceImage[],
  detail: Detail,
  { network: { openFirstLook }, takeTurn, signal }: Pick<JobContext, "network" | "takeTurn" | "signal">,
  decoding: Decoding,
  warnings: string[],
): Promise<JobLook | undefined> {
  const photos: PhotoReader = async function* (chosen) {
    for (const at of chosen) {
      const photo = await takeTurn(signal, () => decoded(sources[at], decoding));
      if (photo) yield photo;
    }
  };
  const wanted = await wantedDetail(sources.length, detail, photos);
  if (!wanted) return undefined;
  if (!openFirstLook) {
    const { width, height } = wanted.size;
    const seen = Math.ceil(Math.max(width, height) / PATCHES_ACROSS);
    warnings.push(
      `photos of ${width} × ${height} pixels are seen whole here: defects below some ${seen} pixels may be missed`,
    );
    return undefined;
  }
  const firstLooks = await openFirstLook();
  const inTurn = { ...firstLooks, embed: (image: Raster) => takeTurn(signal, () => firstLooks.embed(image)) };
  return { look: await fitLook(sources.length, wanted.detail, photos, inTurn), firstLooks };
}

/** The decoded image; `undefined` if it cannot be used. `prepareImages` will warn of that. */
async function decoded(source: SourceImage, { maxPixels, white }: Decoding): Promise<Raster | undefined> {
  try {
    return await decodeUsable(await source.read(), Infinity, { maxPixels, ...(white && { white }) });
  } catch (error) {
    if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
    return undefined;
  }
}
