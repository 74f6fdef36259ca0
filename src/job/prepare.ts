// Turns encoded images into thumbnails and patch embeddings, one image at a time.

import type { Embedder } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { PixelBox } from "../image/pixel_box.ts";
import { resize } from "../image/resize.ts";
import { decodeUsable } from "../image/usable.ts";
import { type CloserLook, lookTwice } from "../look/closer_look.ts";
import { decodePhoto } from "../look/decode_photo.ts";
import { type Thumbnail, thumbnail } from "../report/thumbnail.ts";
import type { PatchSet, Raster } from "../types.ts";
import { abortable } from "./abortable.ts";
import type { TakeTurn } from "./turns.ts";

/** An open network. */
export interface Network {
  /** Embeds images: one at a time, or `atOnce`. */
  readonly embedder: Embedder;
  /** How many images it embeds at once, on other threads than this one. With 1, images take turns. @default 1 */
  readonly atOnce?: number;
  /** Number of levels of its patches. @default 1 */
  readonly levels?: number;
  /** Opens the embedder for first looks at large photos. Without it, photos are seen whole. */
  readonly openFirstLook?: () => Promise<Embedder>;
  /** Images are resized to this many pixels a side. */
  readonly size: number;
}

/** How much of a stage is done. */
export interface Progress {
  readonly stage: "decode" | "embed" | "compare" | "defects";
  readonly done: number;
  readonly total: number;
  /** Groups of the images that are ready, where they were just found. */
  readonly groups?: readonly EarlyGroup[];
}

/** A group of the images that are ready so far. */
export interface EarlyGroup {
  /** Number of images. */
  readonly size: number;
  /** Name of the most typical image. */
  readonly medoid: string;
  /** Its small picture, a `data:` URL, where thumbnails are made. */
  readonly thumbnail?: string;
}

/** An encoded image that is read only when it is needed. */
export interface SourceImage {
  readonly name: string;
  /** Throws `bad-image` where it cannot be read. */
  read(): Uint8Array | Promise<Uint8Array>;
  /** Its first bytes: at least `HEAD_BYTES` of them, or all if there are fewer. */
  head(): Uint8Array | Promise<Uint8Array>;
}

/** The patches of an image, and what the report shows of it. */
export interface Prepared {
  readonly patches: PatchSet;
  /** Present if the report is wanted. */
  readonly thumbnail?: Thumbnail;
  /** The part of the image that was looked at closely, in its own pixels. */
  readonly window?: PixelBox;
  /** A sentence that says which part of the file was left out. */
  readonly note?: string;
}

/** A prepared image with its path. */
export interface PreparedImage extends Prepared {
  readonly path: string;
}

/** A store of prepared images, so that none is prepared twice. */
export interface KeptImages<Source> {
  get(image: Source): Prepared | undefined;
  set(image: Source, prepared: Prepared): void;
}

/** What a job needs to work on images, besides these: the network, its turn, and how to stop and report progress. */
export interface JobContext {
  readonly network: Network;
  readonly takeTurn: TakeTurn;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** How images are prepared. */
export interface PreparingContext extends JobContext {
  readonly withThumbnails: boolean;
  readonly maxPixels?: number;
  /** The 16-bit value that counts as white: see `jobWhite`. */
  readonly white?: number;
  /** The closer look at large photos: see `jobLook`. */
  readonly closer?: JobLook;
  /** Groups the images that are ready, from time to time: see `earlyGroups`. */
  readonly early?: (ready: readonly PreparedImage[], total: number) => Promise<readonly EarlyGroup[] | undefined>;
}

/** A closer look at photos, and the embedder for first looks. */
export interface JobLook {
  readonly look: CloserLook;
  readonly firstLooks: Embedder;
}

/** For each network, so many images are in progress. Of large photos, whose pixels are kept, it is so many in all. */
const [AHEAD, PHOTOS_AHEAD] = [2, 2];

/** Prepares images for grouping. Images that cannot be used are named in `warnings` and left out. */
export async function prepareImages<Source extends SourceImage>(
  images: readonly Source[],
  context: PreparingContext,
  warnings: string[],
  kept?: KeptImages<Source>,
): Promise<PreparedImage[]> {
  const { network: { atOnce = 1 }, closer, onProgress } = context;
  const total = images.length;
  const most = atOnce === 1 ? 1 : closer ? PHOTOS_AHEAD : AHEAD * atOnce;
  const inProgress: Promise<{ readonly prepared: Prepared; readonly isNew: boolean }>[] = [];
  const start = async (at: number) => {
    const before = kept?.get(images[at]);
    if (before) return { prepared: before, isNew: false };
    const prepared = await prepare(images[at], context, () => onProgress({ stage: "decode", done: at + 1, total }));
    kept?.set(images[at], prepared);
    return { prepared, isNew: true };
  };
  const ready: PreparedImage[] = [];
  let next = 0;
  for (const [at, { name }] of images.entries()) {
    for (; next < Math.min(total, at + most); next++) {
      const image = start(next);
      image.catch(() => {}); // It is awaited in its turn, or never if an earlier one failed.
      inProgress.push(image);
    }
    try {
      const { prepared, isNew } = await inProgress.shift()!;
      if (prepared.note) warnings.push(`${name}: ${prepared.note}`);
      ready.push({ ...prepared, path: name });
      if (!isNew) continue; // It took no time: nobody waits for it.
      const progress = { stage: "embed", done: at + 1, total } as const;
      onProgress(progress);
      const groups = await context.early?.(ready, total);
      if (groups) onProgress({ ...progress, groups });
    } catch (error) {
      if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
      warnings.push(`${name}: ${error.message}, skipped`);
    }
  }
  return ready;
}

async function prepare(
  source: SourceImage,
  context: PreparingContext,
  tellDecoded: () => void,
): Promise<Prepared> {
  const { network: { atOnce = 1 }, takeTurn, signal } = context;
  const { image, pixels, ...shown } = await takeTurn(signal, () => decode(source, context));
  tellDecoded();
  const embedding = () => embed(image, pixels, context);
  const seen = await (atOnce === 1 ? takeTurn(signal, embedding) : abortable(embedding(), signal));
  return { ...shown, ...seen, ...(image.note && { note: image.note }) };
}

async function decode(
  source: SourceImage,
  { network: { size }, maxPixels, white, closer, withThumbnails }: PreparingContext,
) {
  const [bytes, options] = [await source.read(), { maxPixels, ...(white && { white }) }];
  const image = closer
    ? await decodePhoto(bytes, closer.look.detail, size, options)
    : await decodeUsable(bytes, size, options);
  const pixels = resize(image, size, size);
  return { image, pixels, ...(withThumbnails && { thumbnail: await thumbnail(image, pixels) }) };
}

async function embed(
  image: Raster,
  pixels: Raster,
  { network: { embedder, atOnce = 1 }, closer }: PreparingContext,
): Promise<Pick<Prepared, "patches" | "window">> {
  const seen = closer
    ? await lookTwice(image, pixels, closer.look, { first: closer.firstLooks, second: embedder })
    : { patches: await embedder.embed(pixels) };
  // Lets other requests, timers and aborts run, as other threads do by themselves.
  if (atOnce === 1) await new Promise((resolve) => setTimeout(resolve));
  return seen;
}
