// Fits an embedding to a sample of the images, with no more references than the scores need.

import { chooseSpread } from "../choose_spread.ts";
import { compareFeatures, embedImages, prepareFeatures } from "../feature.ts";
import { referencesFor } from "../reference/enough_references.ts";
import type { PatchSet } from "../types.ts";
import { isLeftOpen, sourceOf } from "../weight/weighting.ts";
import type { FittedEmbedding } from "./embed_blocks.ts";
import { fitEmbedding, type FitOptions, fittedToImages } from "./fit_embedding.ts";

/** An embedding, and the number of references that images are compared with. */
export interface FittedToEnough {
  readonly fit: FittedEmbedding;
  readonly references: number;
}

/** Fits an embedding to images, all of which are references. */
export async function fitToAll(drawn: PatchSet, options: FitOptions): Promise<FittedToEnough> {
  return { fit: await fitEmbedding(drawn, drawn, options), references: drawn.count };
}

/**
 * Fits an embedding to images drawn from `all` of them. Whitening, spread and scales come from all that were drawn; as
 * many of these are references as the scores need. With labelled normals, which are compared with instead, all count.
 *
 * @param seed of the choice of references
 */
export async function fitToEnough(
  drawn: PatchSet,
  all: number,
  options: FitOptions & { readonly seed: number },
): Promise<FittedToEnough> {
  const { weight = { kind: "soft" }, features = [{}], seed, threads, signal, onProgress } = options;
  const source = sourceOf(weight);
  if (source === "normal") return await fitToAll(drawn, options);
  const prepared = await prepareFeatures(drawn, features);
  const enough = await referencesFor(drawn, prepared, source, { seed, ...(drawn.count < all && { few: 0 }) });
  const sample = enough ?? Array.from({ length: drawn.count }, (_, at) => at);
  const compared = await compareFeatures(prepared, source, { sample }, { threads, signal, onProgress });
  const chosen = isLeftOpen(weight) ? chooseSpread(compared, weight).weighting : weight;
  const { scales } = embedImages(compared, chosen);
  return { fit: fittedToImages(prepared, compared, chosen, scales), references: sample.length };
}
