// Files → patch embeddings. What cannot be used is named in the warnings and left out.

import type { ImageFile } from "../dataset/folder.ts";
import type { Embedder } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { Thumbnail } from "../report/thumbnail.ts";
import type { PatchSet } from "../types.ts";
import { prepareImages, type PrepareOptions } from "./image_pool.ts";
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
  const noted = new Map<string, { first: string; others: number }>();
  const stage = startStage(stageName, files.length);
  let at = 0;
  for await (const image of prepareImages(files.map(({ file }) => file), network)) {
    const file = files[at++];
    if (image instanceof AnomalyClusterError) {
      if (image.code !== "bad-image") throw image;
      warnings.push(`${file.path}: ${image.message}, skipped`);
    } else {
      if (image.note) {
        const note = noted.get(image.note);
        if (note) note.others++;
        else noted.set(image.note, { first: file.path, others: 0 });
      }
      const patches = "patches" in image ? image.patches : await network.embedder.embed(image.pixels);
      if ("pixels" in image && image.key) network.cache!.put(image.key, { ...image, patches });
      yield { ...file, patches, thumbnail: image.thumbnail };
    }
    stage.update(at);
  }
  for (const [note, { first, others }] of noted) {
    warnings.push(`${first}${others ? ` and ${others} more` : ""}: ${note}`);
  }
  stage.end();
}
