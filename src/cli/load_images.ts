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

/**
 * Decodes and embeds all files at once, each on cores of its own, but for those in the cache; `stageName` is what the
 * progress says.
 */
export async function loadImages(
  files: readonly ImageFile[],
  network: ImageNetwork,
  warnings: string[],
  stageName: string,
): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  const noted = new Map<string, string[]>();
  const stage = startStage(stageName, files.length);
  let at = 0;
  for await (const image of prepareImages(files.map(({ file }) => file), network)) {
    const file = files[at++];
    if (image instanceof AnomalyClusterError) {
      if (image.code !== "bad-image") throw image;
      warnings.push(`${file.path}: ${image.message}, skipped`);
    } else {
      if (image.note) {
        if (!noted.has(image.note)) noted.set(image.note, []);
        noted.get(image.note)!.push(file.path);
      }
      const patches = "patches" in image ? image.patches : await network.embedder.embed(image.pixels);
      if ("pixels" in image && image.key) network.cache!.put(image.key, { ...image, patches });
      loaded.push({ ...file, patches, thumbnail: image.thumbnail });
    }
    stage.update(at);
  }
  for (const [note, [first, ...others]] of noted) {
    warnings.push(`${first}${others.length ? ` and ${others.length} more` : ""}: ${note}`);
  }
  stage.end();
  return loaded;
}
