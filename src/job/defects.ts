// Reads grouped images again at their own resolution, to find where the defect is, describe it and cut out a picture.

import { AnomalyClusterError } from "../errors.ts";
import type { DecodeOptions } from "../image/decode.ts";
import { decodeToMeasure } from "../look/decode_photo.ts";
import { type SeenDefect, seenDefect } from "../report/seen_defect.ts";
import type { PatchValues } from "../types.ts";
import type { JobContext, PreparedImage, SourceImage } from "./prepare.ts";

/** How images are decoded. `detail` is the size in pixels of the defects that were looked for closely. */
type Decoding = Pick<DecodeOptions, "maxPixels" | "white"> & { readonly detail?: number };

/** The defect of each image; `undefined` for an image that cannot be read again. */
export async function jobDefects(
  images: readonly PreparedImage[],
  weights: PatchValues,
  sources: readonly SourceImage[],
  { takeTurn, signal, onProgress }: Pick<JobContext, "takeTurn" | "signal" | "onProgress">,
  decoding: Decoding,
): Promise<(SeenDefect | undefined)[]> {
  const byName = new Map(sources.map((source) => [source.name, source]));
  const found: (SeenDefect | undefined)[] = [];
  for (const [at, { path, patches, window }] of images.entries()) {
    const own = weights.data.subarray(at * weights.patches, (at + 1) * weights.patches);
    found.push(await takeTurn(signal, () => seen(byName.get(path)!, own, patches, window, decoding)));
    onProgress({ stage: "defects", done: at + 1, total: images.length });
  }
  return found;
}

async function seen(
  source: SourceImage,
  weights: Float32Array,
  grid: PreparedImage["patches"],
  window: PreparedImage["window"],
  { maxPixels, white, detail }: Decoding,
): Promise<SeenDefect | undefined> {
  try {
    const image = await decodeToMeasure(await source.read(), detail, { maxPixels, ...(white && { white }) });
    await new Promise((resolve) => setTimeout(resolve)); // Lets other requests, timers and aborts run.
    return await seenDefect(image, weights, grid, window);
  } catch (error) {
    if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
    return undefined;
  }
}
