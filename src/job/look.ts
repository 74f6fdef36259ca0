// Decides whether a closer look at the photos of a request is needed, and fits it to some of them.

import { AnomalyClusterError } from "../errors.ts";
import type { PhotoSize } from "../image/pixel_box.ts";
import { fitLook, type PhotoReader, wantedDetail } from "../look/closer_look.ts";
import { decodePhoto, photoSize } from "../look/decode_photo.ts";
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
  { network: { openFirstLook, size }, takeTurn, signal }: Pick<JobContext, "network" | "takeTurn" | "signal">,
  decoding: Decoding,
  warnings: string[],
): Promise<JobLook | undefined> {
  const wanted = await wantedDetail(sources.length, detail, async function* (chosen) {
    for (const at of chosen) {
      const size = await takeTurn(signal, () => usable(() => sizeOf(sources[at], decoding)));
      if (size) yield size;
    }
  });
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
  const photos: PhotoReader = async function* (chosen) {
    for (const at of chosen) {
      const photo = await takeTurn(signal, () => {
        return usable(() => decoded(sources[at], wanted.detail, size, decoding));
      });
      if (photo) yield photo;
    }
  };
  const inTurn = { ...firstLooks, embed: (image: Raster) => takeTurn(signal, () => firstLooks.embed(image)) };
  return { look: await fitLook(sources.length, wanted.detail, photos, inTurn), firstLooks };
}

async function decoded(
  source: SourceImage,
  detail: number,
  size: number,
  { maxPixels, white }: Decoding,
): Promise<Raster> {
  return await decodePhoto(await source.read(), detail, size, { maxPixels, ...(white && { white }) });
}

async function sizeOf(source: SourceImage, { maxPixels, white }: Decoding): Promise<PhotoSize> {
  return await photoSize(await source.read(), { maxPixels, ...(white && { white }) });
}

/** Returns what is read, or nothing if the image cannot be used: `prepareImages` will warn of that. */
async function usable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
    return undefined;
  }
}
