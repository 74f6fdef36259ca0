// Turns single images into vectors. The steps are those of the pipeline, but all settings stay as they were fitted to
// other images.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { pool, type Pooling } from "../distance/pooling.ts";
import { joined } from "../distance/weighted_average.ts";
import { imagesFrom } from "../embed/embedder.ts";
import type { Whitening } from "../embed/whiten.ts";
import { type ComparedFeatures, embeddingsOf, type Feature, prepare, shownWeights, wantResiduals } from "../feature.ts";
import type { Embeddings, PatchSet, PatchValues } from "../types.ts";
import { comparePatches, sourceOf, weighPatches, type Weighting } from "../weight/weighting.ts";

/** How an image becomes one vector. The vector does not depend on which other images are embedded with it. */
export interface FittedEmbedding {
  /** One part for each set of features that share their patches. */
  readonly parts: readonly FittedPart[];
  /** If given, replaces the weighted average. */
  readonly pooling?: Pooling;
  /**
   * A factor for each embedding, ordered by part, temperature and feature. With these factors all have the same weight.
   */
  readonly scales: readonly number[];
}

/** Features that share their patches, and the images that these patches are compared with. */
export interface FittedPart {
  /** The features by which the images were grouped. */
  readonly features: readonly Feature[];
  /** Applied to the patches first. */
  readonly whitening?: Whitening;
  /** How patches are weighted. If the part has references, every τ is an absolute number or a perplexity. */
  readonly weight: Weighting;
  /** The prepared images that patches are scored against. Absent if neither scores nor residuals are needed. */
  readonly references?: PatchSet;
  /** Mean of the patches of the grouped images: `[channels]`. Present if a feature does not keep its lengths. */
  readonly centre?: Float64Array;
}

/**
 * How many numbers of patches are compared with the references at once: 32 MB. Each block copies the references, so
 * blocks are large.
 */
const BLOCK_NUMBERS = 2 ** 23;

/** What is computed for some images. */
export interface EmbeddedBlock {
  /** The vectors of the images: `[count, channels]`. */
  readonly embeddings: Embeddings;
  /** Scores of the images' patches, by the first part. */
  readonly scores: PatchValues;
  /**
   * Standard errors of these scores, treating the references as a sample. Absent if patches are scored against labelled
   * normals.
   */
  readonly standardErrors?: PatchValues;
  /** Mean weights of the images' patches. */
  readonly weights: PatchValues;
}

/** Embeds images, and returns their vectors: `[count, channels]`. */
export async function embedPatches(
  patches: PatchSet,
  fit: FittedEmbedding,
  options: WorkOptions = {},
): Promise<Embeddings> {
  const blocks: Embeddings[] = [];
  for await (const { embeddings } of embedBlocks(patches, fit, options)) blocks.push(embeddings);
  return joinEmbeddings(blocks);
}

/**
 * Embeds images in blocks. The results of an image do not depend on the other images. `onProgress` counts images, not
 * pairs.
 */
export async function* embedBlocks(
  patches: PatchSet,
  fit: FittedEmbedding,
  options: WorkOptions = {},
): AsyncGenerator<EmbeddedBlock> {
  const block = blockImages(patches);
  for (let from = 0; from < patches.count; from += block) {
    options.signal?.throwIfAborted();
    const part = imagesFrom(patches, from, Math.min(block, patches.count - from));
    yield await embedTogether(part, fit, { ...options, onProgress: undefined });
    options.onProgress?.(from + part.count, patches.count);
  }
}

/** How many images are embedded in one block. */
export function blockImages({ rows, cols, channels }: Omit<PatchSet, "data" | "count">): number {
  return Math.max(32, Math.min(512, Math.floor(BLOCK_NUMBERS / (rows * cols * channels))));
}

async function embedTogether(
  patches: PatchSet,
  { parts, pooling, scales }: FittedEmbedding,
  options: WorkOptions,
): Promise<EmbeddedBlock> {
  const compared = await comparedBy(patches, pooling ? parts.slice(0, 1) : parts, options);
  const [{ patches: own, scores, standardErrors }] = compared;
  const found = pooling ? [] : embeddingsOfAll(compared, parts);
  const embeddings = pooling ? [pool(own, pooling)] : found.map(({ embedding }) => embedding);
  const pooled = () => weighPatches(scores, parts[0].weight).map((weights) => ({ weights, share: 1 }));
  return {
    embeddings: joined(embeddings, scales),
    scores,
    ...(standardErrors && { standardErrors }),
    weights: shownWeights(pooling ? pooled() : found),
  };
}

/** Joins the vectors of several blocks of images, one after another. */
export function joinEmbeddings(blocks: readonly Embeddings[]): Embeddings {
  const [{ channels }] = blocks;
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  const data = new Float32Array(count * channels);
  let at = 0;
  for (const block of blocks) {
    data.set(block.data, at);
    at += block.count * channels;
  }
  return { data, count, channels };
}

/** All embeddings of some images, unscaled, each with its share of the consensus. */
export async function embeddingsBy(
  patches: PatchSet,
  parts: readonly FittedPart[],
  options: WorkOptions,
): Promise<{ readonly embedding: Embeddings; readonly share: number }[]> {
  return embeddingsOfAll(await comparedBy(patches, parts, options), parts);
}

function embeddingsOfAll(compared: readonly ComparedFeatures[], parts: readonly FittedPart[]) {
  return compared.flatMap((one, at) => embeddingsOf(one, parts[at].weight));
}

async function comparedBy(
  patches: PatchSet,
  parts: readonly FittedPart[],
  options: WorkOptions,
): Promise<ComparedFeatures[]> {
  const compared: ComparedFeatures[] = [];
  for (const part of parts) compared.push(await compareWith(await preparedBy(patches, part), part, options));
  return compared;
}

/**
 * Whether a part has references. They are needed for scores, except with uniform weights or a pooling, and for
 * residuals.
 */
export function needsReferences(
  { features, weight }: Pick<FittedPart, "features" | "weight">,
  isPooled: boolean,
): boolean {
  return !isPooled && (weight.kind !== "uniform" || wantResiduals(features));
}

/**
 * Scores prepared patches against the reference images, by eq. 5, eq. 10, figure 12 or eq. 6, as the weighting says.
 */
export async function compareWith(
  patches: PatchSet,
  { features, weight, references, centre }: FittedPart,
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
  const found = await comparePatches(patches, sourceOf(weight), references, wantResiduals(features), {
    threads,
    signal,
  });
  return { ...shared, ...found };
}

/** Prepares patches as a part compares them: picks the levels, and whitens them if the part says so. */
export function preparedBy(
  patches: PatchSet,
  { features: [{ levels }], whitening }: Pick<FittedPart, "features" | "whitening">,
): Promise<PatchSet> {
  return prepare(patches, { ...(levels && { levels }), ...(whitening && { whitening }) });
}
