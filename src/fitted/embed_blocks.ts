// An image on its own → one vector, by what was fitted on others: the pipeline's steps with everything held fixed.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { pool, type Pooling } from "../distance/pooling.ts";
import { joined } from "../distance/weighted_average.ts";
import { imagesFrom } from "../embed/embedder.ts";
import type { Whitening } from "../embed/whiten.ts";
import { type ComparedFeatures, embeddingsOf, type Feature, prepare, shownWeights, wantResiduals } from "../feature.ts";
import type { Embeddings, PatchSet, PatchValues } from "../types.ts";
import { comparePatches, sourceOf, weighPatches, type Weighting } from "../weight/weighting.ts";

/** How an image becomes one vector. The vector of an image does not depend on which others come with it. */
export interface FittedEmbedding {
  /** One for all features that share their patches. */
  readonly parts: readonly FittedPart[];
  /** Takes the place of the weighted average. */
  readonly pooling?: Pooling;
  /** Factor of the embedding of each part, temperature and feature, in this order, so that all weigh alike. */
  readonly scales: readonly number[];
}

/** Features that share their patches, and what these are compared with. */
export interface FittedPart {
  /** As the images were grouped by. */
  readonly features: readonly Feature[];
  /** Applied to patches first. */
  readonly whitening?: Whitening;
  /** How patches are weighted; its τ are absolute numbers or perplexities. */
  readonly weight: Weighting;
  /** Images, prepared, that patches are scored against; absent where neither scores nor residuals are needed. */
  readonly references?: PatchSet;
  /** Mean of the patches of the grouped images, where a length is not kept: `[channels]`. */
  readonly centre?: Float64Array;
}

/** Numbers of patches that are compared with the references at once, 32 MB: every block copies the references. */
const BLOCK_NUMBERS = 2 ** 23;

/** What is found of images. */
export interface EmbeddedBlock {
  /** Their vectors: `[count, channels]`. */
  readonly embeddings: Embeddings;
  /** Scores of their patches by the first part. */
  readonly scores: PatchValues;
  /** Of these scores, as of a sample of other images; absent over labelled normals. */
  readonly standardErrors?: PatchValues;
  /** Mean weights of their patches. */
  readonly weights: PatchValues;
}

/** The vectors of images: `[count, channels]`. */
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
 * Embeds images some at a time; what is found of an image does not depend on the others. `onProgress` hears of images,
 * not of pairs.
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

/** How many images are embedded at once. */
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

/** Vectors of images after each other. */
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

/** Every embedding of images, unscaled, and how much of the consensus it makes. */
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

/** Whether a part has references: for scores, which uniform weights and poolings do without, or for residuals. */
export function needsReferences(
  { features, weight }: Pick<FittedPart, "features" | "weight">,
  isPooled: boolean,
): boolean {
  return !isPooled && (weight.kind !== "uniform" || wantResiduals(features));
}

/** Scores of prepared patches by the reference images: eq. 5, eq. 10, figure 12 or eq. 6, as the weighting says. */
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

/** Patches as a part compares them. */
export function preparedBy(
  patches: PatchSet,
  { features: [{ levels }], whitening }: Pick<FittedPart, "features" | "whitening">,
): Promise<PatchSet> {
  return prepare(patches, { ...(levels && { levels }), ...(whitening && { whitening }) });
}
