// An image on its own → one vector, by what was fitted on others: the pipeline's steps with everything held fixed.

import { spreadNormalNeighbours } from "../distance/normal_scores.ts";
import { spreadNeighboursAmong, type WorkOptions } from "../distance/patch_minima.ts";
import { pool, type Pooling } from "../distance/pooling.ts";
import { joined } from "../distance/weighted_average.ts";
import { imagesFrom } from "../embed/embedder.ts";
import type { Whitening } from "../embed/whiten.ts";
import { type ComparedFeatures, embeddingsOf, type Feature, prepare, wantResiduals } from "../feature.ts";
import type { Embeddings, PatchSet } from "../types.ts";
import { sourceOf, type Weighting } from "../weight/weighting.ts";

/** How an image becomes one vector. The vector of an image does not depend on which others come with it. */
export interface Description {
  /** One for all features that share their patches. */
  readonly parts: readonly DescriptionPart[];
  /** Takes the place of the weighted average. */
  readonly pooling?: Pooling;
  /** Factor of the embedding of each part, temperature and feature, in this order, so that all weigh alike. */
  readonly scales: readonly number[];
}

/** Features that share their patches, and what these are compared with. */
export interface DescriptionPart {
  /** As the images were grouped by. */
  readonly features: readonly Feature[];
  /** Applied to patches first. */
  readonly whitening?: Whitening;
  /** How patches are weighted; its τ are absolute numbers or perplexities. */
  readonly weight: Weighting;
  /** Images, prepared, that patches are scored against; absent where no score is needed. */
  readonly references?: PatchSet;
  /** Mean of the patches of the grouped images, where a length is not kept: `[channels]`. */
  readonly centre?: Float64Array;
}

/** Images compared with the references at once. */
const BLOCK = 32;

/** The vectors of images: `[count, channels]`. */
export async function describe(
  patches: PatchSet,
  description: Description,
  options: WorkOptions = {},
): Promise<Embeddings> {
  const blocks: Embeddings[] = [];
  for (let from = 0; from < patches.count; from += BLOCK) {
    options.signal?.throwIfAborted();
    const block = imagesFrom(patches, from, Math.min(BLOCK, patches.count - from));
    blocks.push(joined(await embeddingsBy(block, description, options), description.scales));
    options.onProgress?.(from + block.count, patches.count);
  }
  const [{ channels }] = blocks;
  const data = new Float32Array(patches.count * channels);
  blocks.forEach((block, at) => data.set(block.data, at * BLOCK * channels));
  return { data, count: patches.count, channels };
}

/** Every embedding of images, unscaled. */
export async function embeddingsBy(
  patches: PatchSet,
  { parts, pooling }: Pick<Description, "parts" | "pooling">,
  options: WorkOptions,
): Promise<Embeddings[]> {
  if (pooling) return [pool(await preparedBy(patches, parts[0]), pooling)];
  const all: Embeddings[] = [];
  for (const part of parts) {
    const compared = await compareWith(await preparedBy(patches, part), part, options);
    all.push(...embeddingsOf(compared, part.weight).map(({ embedding }) => embedding));
  }
  return all;
}

/** Scores of prepared patches by the reference images: eq. 5, eq. 10, figure 12 or eq. 6, as the weighting says. */
export async function compareWith(
  patches: PatchSet,
  { features, weight, references, centre }: DescriptionPart,
  { threads, signal }: WorkOptions,
): Promise<ComparedFeatures> {
  const shared = { features, patches, ...(centre && { centre }) };
  const places = patches.rows * patches.cols;
  if (!references) {
    return {
      ...shared,
      scores: { data: new Float32Array(patches.count * places), count: patches.count, patches: places },
    };
  }
  const over = sourceOf(weight);
  const found = over === "normal"
    ? await spreadNormalNeighbours(patches, references, wantResiduals(features), { threads, signal })
    : await spreadNeighboursAmong(references, patches, over, wantResiduals(features), { threads, signal });
  return { ...shared, ...found };
}

/** Patches as a part compares them. */
export function preparedBy(
  patches: PatchSet,
  { features: [{ levels }], whitening }: Pick<DescriptionPart, "features" | "whitening">,
): Promise<PatchSet> {
  return prepare(patches, { ...(levels && { levels }), ...(whitening && { whitening }) });
}
