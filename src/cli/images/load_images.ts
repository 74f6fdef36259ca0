// Decodes and embeds image files. Files that cannot be used are named in the warnings and left out.

import type { ImageFile } from "../../dataset/folder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { arrayOf } from "../../runtime/portable.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { PixelBox } from "../../image/pixel_box.ts";
import type { PatchSet } from "../../types.ts";
import { lookTwice } from "../../look/closer_look.ts";
import type { CachedImage } from "./image_cache.ts";
import type { ImageNetwork } from "./image_network.ts";
import { type ImageSource, prepareImages } from "./image_pool.ts";
import type { PreparedImage } from "./prepared_image.ts";
import { startStage } from "../system/progress.ts";

/** An image file that could be read, and its patches. */
export interface LoadedImage extends ImageFile {
  readonly patches: PatchSet;
  readonly thumbnail: Thumbnail;
  /** The part that was looked at closely. */
  readonly window?: PixelBox;
}

type Prepared = PreparedImage | CachedImage | AnomalyClusterError;

/** Returns all that {@linkcode embedFiles} yields. */
export async function loadImages(
  files: readonly ImageFile[],
  network: ImageNetwork,
  warnings: string[],
  stageName: string,
): Promise<LoadedImage[]> {
  return await arrayOf(embedFiles(files, network, warnings, stageName));
}

/**
 * Decodes and embeds files that are not in the cache, and yields all in order. Some cores decode while others embed.
 * `stageName` is shown with the progress.
 */
export async function* embedFiles(
  files: readonly ImageFile[],
  network: ImageNetwork,
  warnings: string[],
  stageName: string,
): AsyncGenerator<LoadedImage> {
  const remarks = new ImageRemarks(warnings);
  const stage = startStage(stageName, files.length);
  let at = 0;
  const embedded = embedEach(files.map(({ file }) => file), network);
  for await (const image of namingTheFirst(embedded, () => files[at].path)) {
    const file = files[at++];
    if (image instanceof AnomalyClusterError) remarks.skipped(file.path, image.message);
    else {
      if (image.note) remarks.noted(file.path, image.note);
      const { patches, thumbnail, window } = image;
      yield { ...file, patches, thumbnail, ...(window && { window }) };
    }
    stage.update(at);
  }
  remarks.end();
  stage.end();
}

/** Yields the same images. If the network fails, the error names the image. */
async function* namingTheFirst<Image>(images: AsyncIterable<Image>, next: () => string): AsyncGenerator<Image> {
  try {
    yield* images;
  } catch (error) {
    if (!(error instanceof AnomalyClusterError && error.code === "bad-model")) throw error;
    throw new AnomalyClusterError("bad-model", `${next()}: ${error.message}`, { cause: error });
  }
}

/**
 * From so many images on, it is worth starting several networks, which takes half a second. Large photos take ten times
 * as long as others.
 */
const [MANY, MANY_PHOTOS] = [16, 8];
/**
 * So many images more than one are in progress, by several networks and by a single one: while the network runs on one
 * image, another is made ready. For large photos it is less, because all their pixels are kept.
 */
const [AHEAD, SINGLE_AHEAD, PHOTOS_AHEAD] = [8, 1, 2];

/**
 * Decodes and embeds files, given by path or bytes. Yields for each, in order, its patches or why it cannot be used.
 */
export async function* embedEach(
  sources: readonly ImageSource[],
  network: ImageNetwork,
): AsyncGenerator<CachedImage | AnomalyClusterError> {
  const { closer } = network;
  const isMany = sources.length >= (closer ? MANY_PHOTOS : MANY);
  const many = isMany ? network.openMany?.() : undefined;
  const firstLooks = isMany ? closer?.openMany?.() : undefined;
  const embedder = many ?? network.embedder;
  const embedded = async (image: Prepared): Promise<CachedImage | AnomalyClusterError> => {
    if (image instanceof AnomalyClusterError) {
      if (image.code !== "bad-image") throw image;
      return image;
    }
    if ("patches" in image) return image;
    const { photo, ...rest } = image;
    const seen = closer && photo
      ? await lookTwice(photo, rest.pixels, closer.look, { first: firstLooks ?? closer.embedder, second: embedder })
      : { patches: await embedder.embed(rest.pixels) };
    network.estimate?.embedded();
    if (rest.key) network.cache!.put(rest.key, { ...rest, ...seen });
    return { ...rest, ...seen };
  };
  const queue: ReturnType<typeof embedded>[] = [];
  try {
    const ahead = closer ? PHOTOS_AHEAD : many ? AHEAD : SINGLE_AHEAD;
    for await (const image of prepareImages(sources, { ...network, ...(closer && { detail: closer.look.detail }) })) {
      const embedding = embedded(image);
      embedding.catch(() => {}); // It is awaited in its turn, or never if an earlier one failed.
      queue.push(embedding);
      if (queue.length > ahead) yield await queue.shift()!;
    }
    while (queue.length) yield await queue.shift()!;
  } finally {
    await many?.release();
    await firstLooks?.release();
  }
}

/** Collects warnings on images. Equal notes on several images become one warning, at the end. */
export class ImageRemarks {
  readonly #noted = new Map<string, { first: string; others: number }>();

  constructor(readonly warnings: string[]) {}

  /** Adds a warning on an image that is left out. */
  skipped(path: string, reason: string): void {
    this.warnings.push(`${path}: ${reason}, skipped`);
  }

  /** Adds a note on an image that is used. */
  noted(path: string, note: string): void {
    const found = this.#noted.get(note);
    if (found) found.others++;
    else this.#noted.set(note, { first: path, others: 0 });
  }

  end(): void {
    for (const [note, { first, others }] of this.#noted) {
      this.warnings.push(`${first}${others ? ` and ${others} more` : ""}: ${note}`);
    }
  }
}
