// Files → patch embeddings. What cannot be used is named in the warnings and left out.

import type { ImageFile } from "../dataset/folder.ts";
import type { Embedder } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { decodeImage } from "../image/decode.ts";
import { type Thumbnail, thumbnail } from "../report/thumbnail.ts";
import type { PatchSet, Raster } from "../types.ts";
import { startStage } from "./progress.ts";

/** An image that could be read. */
export interface LoadedImage extends ImageFile {
  readonly patches: PatchSet;
  readonly thumbnail: Thumbnail;
}

/** Smallest side of an image in which patches mean anything. */
const SMALLEST_SIDE = 16;

/** Decodes and embeds all files; `stageName` is what the progress says. */
export async function loadImages(
  files: readonly ImageFile[],
  embedder: Embedder,
  warnings: string[],
  stageName: string,
): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  const stage = startStage(stageName, files.length);
  for (const [at, file] of files.entries()) {
    try {
      const image = await readImage(file.file);
      loaded.push({ ...file, patches: await embedder.embed(image), thumbnail: await thumbnail(image) });
    } catch (error) {
      if (!(error instanceof AnomalyClusterError) || error.code !== "bad-image") throw error;
      warnings.push(`${file.path}: ${error.message}, skipped`);
    }
    stage.update(at + 1);
  }
  stage.end();
  return loaded;
}

/** Reads and decodes one file. Throws `bad-image`. */
export async function readRaster(file: string): Promise<Raster> {
  const bytes = await Deno.readFile(file).catch((cause) => {
    throw new AnomalyClusterError("bad-image", "the file cannot be read", { cause });
  });
  return await decodeImage(bytes);
}

async function readImage(file: string): Promise<Raster> {
  const image = await readRaster(file);
  if (Math.min(image.width, image.height) < SMALLEST_SIDE) {
    const size = `${image.width} × ${image.height}`;
    throw new AnomalyClusterError("bad-image", `${size} pixels are too few (${SMALLEST_SIDE} a side at least)`);
  }
  return image;
}
