// Files → patch embeddings. What cannot be used is named in the warnings and left out.

import type { ImageFile } from "../dataset/folder.ts";
import type { Embedder } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { Thumbnail } from "../report/thumbnail.ts";
import type { PatchSet } from "../types.ts";
import type { CachedImage } from "./image_cache.ts";
import { type ImageSource, prepareImages, type PrepareOptions } from "./image_pool.ts";
import { startStage } from "./progress.ts";

/** An image that could be read. */
export interface LoadedImage extends ImageFile {
  readonly patches: PatchSet;
  readonly thumbnail: Thumbnail;
}

/** What embeds images, and how they are made ready for it. */
export interface ImageNetwork extends PrepareOptions {
  readonly embedder: Embedder;
}

/** All images at once, as {@linkcode embedFiles} has them. */
export async function loadImages(
  files: readonly ImageFile[],
  network: ImageNetwork,
  warnings: string[],
  stageName: string,
): Promise<LoadedImage[]> {
  return await Array.fromAsync(embedFiles(files, network, warnings, stageName));
}

/**
 * Decodes and embeds files at once, each on cores of its own, but for those in the cache; yields them in their order.
 * `stageName` is what the progress says.
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
  for await (const image of embedEach(files.map(({ file }) => file), network)) {
    const file = files[at++];
    if (image instanceof AnomalyClusterError) remarks.skipped(file.path, image.message);
    else {
      if (image.note) remarks.noted(file.path, image.note);
      yield { ...file, patches: image.patches, thumbnail: image.thumbnail };
    }
    stage.update(at);
  }
  remarks.end();
  stage.end();
}

/** Decodes and embeds files, or what was read of them; yields for each, in order, what was found or why it is no image. */
export async function* embedEach(
  sources: readonly ImageSource[],
  network: ImageNetwork,
): AsyncGenerator<CachedImage | AnomalyClusterError> {
  for await (const image of prepareImages(sources, network)) {
    if (image instanceof AnomalyClusterError) {
      if (image.code !== "bad-image") throw image;
      yield image;
      continue;
    }
    const patches = "patches" in image ? image.patches : await network.embedder.embed(image.pixels);
    if ("pixels" in image && image.key) network.cache!.put(image.key, { ...image, patches });
    yield { ...image, patches };
  }
}

/** What the user is told of images, in their order: equal notes together, at the end. */
export class ImageRemarks {
  readonly #noted = new Map<string, { first: string; others: number }>();

  constructor(readonly warnings: string[]) {}

  /** One that is left out. */
  skipped(path: string, reason: string): void {
    this.warnings.push(`${path}: ${reason}, skipped`);
  }

  /** One that is used. */
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
