// Encoded images → thumbnails and patch embeddings, an image at a time.

import type { Embedder } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { PixelBox } from "../image/pixel_box.ts";
import { resize } from "../image/resize.ts";
import { decodeUsable } from "../image/usable.ts";
import { type CloserLook, lookTwice } from "../look/closer_look.ts";
import { decodePhoto } from "../look/decode_photo.ts";
import { type Thumbnail, thumbnail } from "../report/thumbnail.ts";
import type { PatchSet } from "../types.ts";
import type { TakeTurn } from "./turns.ts";

/** An open network, and the side in pixels to which images are resized for it. */
export interface Network {
  /** Embeds one image at a time. */
  readonly embedder: Embedder;
  /** Levels of its patches. @default 1 */
  readonly levels?: number;
  /** Opens what embeds first looks at large photos; without it photos are seen whole. */
  readonly openFirstLook?: () => Promise<Embedder>;
  /** In pixels. */
  readonly size: number;
}

/** What is done of what. */
export interface Progress {
  readonly stage: "decode" | "embed" | "compare" | "defects";
  readonly done: number;
  readonly total: number;
}

/** An encoded image that is read when its turn comes. */
export interface SourceImage {
  readonly name: string;
  /** Throws `bad-image` where it cannot be read. */
  read(): Uint8Array | Promise<Uint8Array>;
  /** Its first bytes, at least `HEAD_BYTES` of them where there are so many. */
  head(): Uint8Array | Promise<Uint8Array>;
}

/** What an image became. */
export interface Prepared {
  readonly patches: PatchSet;
  /** For a report. */
  readonly thumbnail?: Thumbnail;
  /** Where it was looked at closely, in its own pixels. */
  readonly window?: PixelBox;
  /** A sentence on what of the file was left out. */
  readonly note?: string;
}

/** An image as it is grouped. */
export interface PreparedImage extends Prepared {
  readonly path: string;
}

/** Images prepared earlier, and where new ones go. */
export interface KeptImages<Source> {
  get(image: Source): Prepared | undefined;
  set(image: Source, prepared: Prepared): void;
}

/** What work on images needs of its surroundings. */
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
  /** The sample of 16 bits that is white, see `jobWhite`. */
  readonly white?: number;
  /** How large photos are looked at closer, see `jobLook`. */
  readonly closer?: JobLook;
}

/** A closer look at photos, and what embeds first looks. */
export interface JobLook {
  readonly look: CloserLook;
  readonly firstLooks: Embedder;
}

/** Images that cannot be used are named in `warnings` and left out. */
export async function prepareImages<Source extends SourceImage>(
  images: readonly Source[],
  context: PreparingContext,
  warnings: string[],
  kept?: KeptImages<Source>,
): Promise<PreparedImage[]> {
  const { takeTurn, signal, onProgress } = context;
  const ready: PreparedImage[] = [];
  for (const [at, image] of images.entries()) {
    const tell = (stage: "decode" | "embed") => onProgress({ stage, done: at + 1, total: images.length });
    try {
      const prepared = kept?.get(image) ?? await takeTurn(signal, () => prepare(image, context, tell));
      kept?.set(image, prepared);
      if (prepared.note) warnings.push(`${image.name}: ${prepared.note}`);
      ready.push({ ...prepared, path: image.name });
    } catch (error) {
      if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
      warnings.push(`${image.name}: ${error.message}, skipped`);
    }
  }
  return ready;
}

async function prepare(
  source: SourceImage,
  { network: { embedder, size }, maxPixels, white, closer, withThumbnails }: PreparingContext,
  tell: (stage: "decode" | "embed") => void,
): Promise<Prepared> {
  const [bytes, options] = [await source.read(), { maxPixels, ...(white && { white }) }];
  const image = closer
    ? await decodePhoto(bytes, closer.look.detail, size, options)
    : await decodeUsable(bytes, size, options);
  const pixels = resize(image, size, size);
  const small = withThumbnails ? { thumbnail: await thumbnail(image, pixels) } : {};
  tell("decode");
  const seen = closer
    ? await lookTwice(image, pixels, closer.look, { first: closer.firstLooks, second: embedder })
    : { patches: await embedder.embed(pixels) };
  tell("embed");
  await new Promise((resolve) => setTimeout(resolve)); // Lets other requests, timers and aborts be heard.
  return { ...small, ...seen, ...(image.note && { note: image.note }) };
}
