// The results that are kept of images embedded in blocks: one row for each image, whatever block it was in.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { joinPatches } from "../embed/embedder.ts";
import type { PatchSet } from "../types.ts";
import { embedBlocks, type FittedEmbedding } from "./embed_blocks.ts";

/** The results of some images, one row for each. */
export interface EmbeddedImages {
  readonly count: number;
  /** How many numbers a vector has. */
  readonly channels: number;
  /** How many patches an image has. */
  readonly patches: number;
  /** `[count, channels]`. */
  readonly vectors: Float32Array;
  /** Mean weights of the patches: `[count, patches]`. */
  readonly weights: Float32Array;
  /** The largest score of each image's patches: `[count]`. */
  readonly scores: Float64Array;
  /**
   * Three sums over each image's patches: of the scores, of their squares and of their standard errors: `[count, 3]`.
   */
  readonly sums: Float64Array;
}

/** Embeds images that come as patch sets of one image each. The results of an image do not depend on the others. */
export async function embedEachImage(
  images: readonly PatchSet[],
  fit: FittedEmbedding,
  options: WorkOptions = {},
): Promise<EmbeddedImages> {
  const count = images.length;
  const [places, scores, sums] = [
    images[0].rows * images[0].cols,
    new Float64Array(count),
    new Float64Array(count * 3),
  ];
  const weights = new Float32Array(count * places);
  let vectors = new Float32Array();
  let at = 0;
  for await (const embedded of embedBlocks(joinPatches(images), fit, options)) {
    const { embeddings, standardErrors } = embedded;
    if (at === 0) vectors = new Float32Array(count * embeddings.channels);
    vectors.set(embeddings.data, at * embeddings.channels);
    weights.set(embedded.weights.data, at * places);
    for (let i = 0; i < embeddings.count; i++, at++) {
      const row = embedded.scores.data.subarray(i * places, (i + 1) * places);
      for (const score of row) {
        scores[at] = Math.max(scores[at], score);
        sums[at * 3] += score;
        sums[at * 3 + 1] += score * score;
      }
      const errors = standardErrors?.data.subarray(i * places, (i + 1) * places) ?? [];
      for (const error of errors) sums[at * 3 + 2] += error;
    }
  }
  return { count, channels: vectors.length / count, patches: places, vectors, weights, scores, sums };
}
