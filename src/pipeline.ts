// Anomaly clustering (Sohn et al., WACV 2023) from patch embeddings to groups: one step per line.

import { chooseGroupCount, type GroupCountChoice } from "./cluster/choose_k.ts";
import { chooseSpread, type SpreadChoice } from "./choose_spread.ts";
import { cluster, type Clusterer, type DirectClusterer, type Training } from "./cluster/clusterer.ts";
import { groupsAbove } from "./cluster/cut.ts";
import {
  checkGroupCount,
  type Copies,
  findCopies,
  forAll,
  groupsForAll,
  matrixForAll,
  rowsForAll,
  treeForAll,
} from "./copies/equal_copies.ts";
import { checkPointCount } from "./core/linkage_kernel.ts";
import type { Linkage } from "./cluster/linkage.ts";
import { outliers } from "./cluster/outliers.ts";
import { largestFirst } from "./cluster/largest_first.ts";
import { medoids } from "./cluster/medoid.ts";
import type { FittedEmbedding } from "./fitted/embed_blocks.ts";
import { fittedToImages } from "./fitted/fit_embedding.ts";
import { referencesFor } from "./reference/enough_references.ts";
import type { References } from "./reference/choose_references.ts";
import { type SetDistance, spreadImageDistances } from "./distance/image_distances.ts";
import type { WorkOptions } from "./distance/patch_minima.ts";
import { pool, type Pooling } from "./distance/pooling.ts";
import { euclideanDistances } from "./distance/weighted_average.ts";
import { someImages, someValues } from "./embed/embedder.ts";
import { AnomalyClusterError, ensure } from "./errors.ts";
import { type ComparedFeatures, compareFeatures, embedImages, type Feature, prepareFeatures } from "./feature.ts";
import { checkShape, type DistanceMatrix, type Embeddings, type PatchSet, type PatchValues } from "./types.ts";
import { absoluteTemperature } from "./weight/soft.ts";
import { isLeftOpen, meanWeights, sourceOf, temperaturesOf, weighPatches, type Weighting } from "./weight/weighting.ts";

/** Options of {@linkcode clusterPatches}. */
export interface ClusterOptions extends WorkOptions {
  /** Number of groups. `"auto"` chooses it, see {@linkcode chooseGroupCount}. @default "auto" */
  readonly k?: number | "auto";
  /** Cuts a linkage's tree at this height, in the units of the distances. Replaces `k`. */
  readonly threshold?: number;
  /** Members of smaller groups count as outliers. @default 1 */
  readonly smallestGroup?: number;
  /**
   * How an image's embedding is made from its patches. Several features make a consensus. @default [{}]: patches
   * unchanged
   */
  readonly features?: readonly Feature[];
  /** Weights of the patches. @default { kind: "soft", tau: { standardDeviations: 0.3 } } */
  readonly weight?: Weighting;
  /** Distance between images. @default "weighted-average" */
  readonly distance?: "weighted-average" | SetDistance;
  /** Pools the patches of each image into one vector. Replaces the weighted average. */
  readonly pooling?: Pooling;
  /** How images are grouped. @default { kind: "linkage", method: "ward" } */
  readonly cluster?: Clusterer;
  /** Patch embeddings of labelled normal images, for scores over `"normal"`. */
  readonly normals?: PatchSet;
  /** Images that patches are compared with. The time grows with their number. @default "auto" */
  readonly references?: References;
  /** Seed for choosing the references. @default 0 */
  readonly seed?: number;
}

/** Groups of images, and everything that led to them. */
export interface ClusterResult {
  /** Group of each image, from 0: the largest group is 0. */
  readonly groups: Int32Array;
  /** Number of groups. */
  readonly k: number;
  /** The image at the centre of each group. */
  readonly medoids: Int32Array;
  /** Distance of each image to its group's medoid. */
  readonly distances: Float64Array;
  /** Distances between all pairs of images. The groups were made from these. */
  readonly matrix: DistanceMatrix;
  /** 1 for each image that fits nowhere: isolated, or in a group that is too small. @see {@linkcode outliers} */
  readonly outliers: Uint8Array;
  /** Anomaly score of each image: the largest of its patches' scores, in the units of the embeddings. */
  readonly scores: Float64Array;
  /** How many images each image was compared with. Absent if these were all other images, or labelled normals. */
  readonly references?: number;
  /** Standard errors of the patches' scores. Present if the scores are estimated from some references. */
  readonly standardErrors?: PatchValues;
  /** Weights α of the patches. With several temperatures, the mean of their weights. */
  readonly weights: PatchValues;
  /** One vector per image: weighted average or pooled. Absent for distances between sets of patches. */
  readonly embeddings?: Embeddings;
  /**
   * Makes vectors of other images in the same way. It holds the images that all were compared with: the sample, or all.
   * Present if images are embedded by weights that come from comparing them with each other.
   */
  readonly fit?: FittedEmbedding;
  /** The tree of merges. Present for a linkage. */
  readonly tree?: Linkage;
  /** The τ that was used, in the units of the scores. Absent for weights without τ, and if each image has its own. */
  readonly tau?: number;
  /** How τ was chosen. Present if it was left open. */
  readonly spread?: SpreadChoice;
  /** How k was chosen. Absent if it was given. */
  readonly choice?: GroupCountChoice;
  /** How the training went. Present for a trained clusterer. */
  readonly training?: Training;
  /** For each image, the first image that is equal to it. Absent if all images differ. Equal images count once. */
  readonly copies?: Int32Array;
}

/**
 * Groups images by kind of anomaly, from their patch embeddings. Needs no files, network or permissions. Equal images
 * share a group, and count once in scores, weights, linkage and the number of groups.
 *
 * @example
 * ```ts
 * import { clusterPatches } from "@anomalies/cluster";
 * const data = Float32Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 5);
 * const { groups } = await clusterPatches({ data, count: 8, rows: 2, cols: 2, channels: 3 }, { k: 2 });
 * ```
 *
 * @throws {AnomalyClusterError} `too-few-images` for fewer than 2, `too-large` for more than 32,500, `bad-argument` for
 * a wrong shape, τ or k.
 */
export async function clusterPatches(patches: PatchSet, options: ClusterOptions = {}): Promise<ClusterResult> {
  if (patches.count < 2) return await clusterDistinct(patches, options);
  checkShape(patches);
  const { weight } = options;
  const masks = weight?.kind === "mask" ? weight.masks : undefined;
  const copies = findCopies(patches, masks?.count === patches.count ? masks : undefined);
  if (!copies || copies.distinct.length < 2) return await clusterDistinct(patches, options);
  const { distinct } = copies;
  checkGroupCount(options.k, copies);
  const result = await clusterDistinct(someImages(patches, distinct), {
    ...options,
    ...(masks && { weight: { kind: "mask", masks: someValues(masks, distinct) } }),
  });
  return withCopies(result, copies);
}

/** Does the same for images that all differ from each other. */
async function clusterDistinct(patches: PatchSet, options: ClusterOptions): Promise<ClusterResult> {
  const { k = "auto", weight = { kind: "soft" }, cluster: clusterer = { kind: "linkage", method: "ward" } } = options;
  const { features = [{}] } = options;
  checkOptions(patches, k, weight, options);

  const prepared = await prepareFeatures(patches, features);
  const sample = await referencesFor(patches, prepared, sourceOf(weight), options);
  const compared = await compareFeatures(prepared, sourceOf(weight), { normals: options.normals, sample }, options);
  const [{ patches: shown, scores, standardErrors }] = compared;
  const spread = isLeftOpen(weight) ? chooseSpread(compared, weight) : undefined;
  const chosen = spread?.weighting ?? weight;
  const { embeddings, scales, weights } = embed(compared, options, chosen);
  const isFitted = weight.kind !== "mask" && sourceOf(weight) !== "normal";
  const fit = scales && isFitted && fittedToImages(prepared, compared, chosen, scales);
  const distances = embeddings ? euclideanDistances(embeddings) : await setDistances(shown, options);
  const trained = "train" in clusterer ? clusterer : undefined;
  const direct = trained ? FOR_COUNT : clusterer as DirectClusterer;
  const clustering = cluster(direct, distances, embeddings);
  const choice = k === "auto" && options.threshold === undefined
    ? chooseGroupCount(distances, clustering.labels, linkedBy(direct, clustering.tree))
    : undefined;
  const anomaly = imageScores(scores);
  const wanted = options.threshold === undefined
    ? choice?.k ?? k as number
    : groupsAbove(trained ? undefined : clustering.tree, options.threshold);
  const training = await trained?.train(shown, wanted, options);
  const groups = largestFirst(training?.groups ?? clustering.labels(wanted), anomaly);
  const centres = medoids(distances, groups);

  return {
    groups,
    k: centres.length,
    medoids: centres,
    distances: Float64Array.from(groups, (group, i) => distances.data[i * distances.count + centres[group]]),
    matrix: distances,
    outliers: outliers(distances, groups, options.smallestGroup ?? 1),
    scores: anomaly,
    ...(sample && { references: sample.length }),
    ...(standardErrors && { standardErrors }),
    weights,
    ...(embeddings && { embeddings }),
    ...(fit && { fit }),
    ...(clustering.tree && !trained && { tree: clustering.tree }),
    ...absoluteTau(scores, chosen),
    ...(spread && { spread }),
    ...(choice && { choice }),
    ...(training && { training: training.training }),
  };
}

/** Makes the result for all images from the result for the distinct ones. */
function withCopies(result: ClusterResult, copies: Copies): ClusterResult {
  const { standardErrors, embeddings, tree } = result;
  const scores = forAll(result.scores, copies);
  return {
    ...result,
    ...groupsForAll(result, scores, copies),
    distances: forAll(result.distances, copies),
    matrix: matrixForAll(result.matrix, copies),
    outliers: forAll(result.outliers, copies),
    scores,
    ...(standardErrors && { standardErrors: rowsForAll(standardErrors, copies) }),
    weights: rowsForAll(result.weights, copies),
    ...(embeddings && { embeddings: rowsForAll(embeddings, copies) }),
    ...(tree && { tree: treeForAll(tree, copies) }),
    copies: copies.firsts,
  };
}

/** Chooses the number of groups for clusterers that cannot choose it themselves. */
const FOR_COUNT: DirectClusterer = { kind: "linkage", method: "ward" };

/** Throws for everything that can be refused before the long work. */
function checkOptions(patches: PatchSet, k: number | "auto", weight: Weighting, options: ClusterOptions): void {
  if (patches.count < 2) {
    throw new AnomalyClusterError("too-few-images", `clustering needs at least 2 images, got ${patches.count}`);
  }
  checkPointCount(patches.count);
  ensure(options.features?.length !== 0, "an embedding needs at least one feature");
  const possible = k === "auto" || Number.isInteger(k) && k >= 1 && k <= patches.count;
  ensure(possible, `${k} groups of ${patches.count} images are not possible`);
  for (const tau of isLeftOpen(weight) ? [] : temperaturesOf(weight)) {
    if (typeof tau === "number") ensure(tau > 0 && tau < Infinity, `τ is ${tau}, but must be a number above 0`);
  }
}

/** One vector per image, unless sets of patches are compared; and the weights. */
function embed(
  compared: readonly ComparedFeatures[],
  options: ClusterOptions,
  weight: Weighting,
): { embeddings?: Embeddings; scales?: readonly number[]; weights: PatchValues } {
  if (!options.pooling && (options.distance ?? "weighted-average") === "weighted-average") {
    return embedImages(compared, weight);
  }
  const weights = meanWeights(
    compared.flatMap((one) => weighPatches(one.scores, weight)).map((weights) => ({ weights, share: 1 })),
  );
  return options.pooling ? { embeddings: pool(compared[0].patches, options.pooling), weights } : { weights };
}

/** The tree and its linkage, if the clusterer is a linkage. */
function linkedBy(clusterer: DirectClusterer, tree: Linkage | undefined) {
  return tree && clusterer.kind === "linkage" ? { tree, method: clusterer.method } : undefined;
}

/** The τ that all images share, if there is one. */
function absoluteTau(scores: PatchValues, weight: Weighting): { tau?: number } {
  const temperatures = temperaturesOf(weight);
  const tau = temperatures.length === 1 ? absoluteTemperature(scores, temperatures[0]) : undefined;
  return tau === undefined ? {} : { tau };
}

function setDistances(patches: PatchSet, options: ClusterOptions): Promise<DistanceMatrix> {
  return spreadImageDistances(patches, options.distance as SetDistance, options);
}

function imageScores(scores: PatchValues): Float64Array {
  return Float64Array.from({ length: scores.count }, (_, i) => {
    const row = scores.data.subarray(i * scores.patches, (i + 1) * scores.patches);
    return row.reduce((most, score) => Math.max(most, score), 0);
  });
}
