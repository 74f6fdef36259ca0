// Groups images by one vector each, however many images there are.

import { checkGroupCount, findCopies, forAll, groupsForAll, treeForAll } from "../copies/equal_copies.ts";
import type { WorkOptions } from "../distance/patch_minima.ts";
import { squaredDistance } from "../distance/squared_distance.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { someEmbeddings } from "../embed/embedder.ts";
import { AnomalyClusterError, ensure } from "../errors.ts";
import { randomSample } from "../random.ts";
import type { DistanceMatrix, Embeddings } from "../types.ts";
import { chooseGroupCount, type GroupCountChoice } from "./choose_k.ts";
import { cut, groupsAbove } from "./cut.ts";
import { largestFirst } from "./largest_first.ts";
import { type Linkage, linkage, wardLinkage } from "./linkage.ts";
import { microClusters } from "./micro_clusters.ts";
import { outliers, outliersBySample } from "./outliers.ts";
import { submatrix } from "./subsets.ts";

/** Options of {@linkcode clusterEmbeddings}. */
export interface ClusterEmbeddingsOptions extends WorkOptions {
  /**
   * Number of groups. `"auto"` chooses it by a sample of the images, see {@linkcode chooseGroupCount}. @default "auto"
   */
  readonly k?: number | "auto";
  /** Cuts the tree at this height. Replaces `k`. */
  readonly threshold?: number;
  /** Members of smaller groups count as outliers. @default 1 */
  readonly smallestGroup?: number;
  /** Anomaly score of each image. Among groups of equal size, those with higher scores come first. @default none */
  readonly scores?: ArrayLike<number>;
  /** Up to this many images, Ward linkage is exact. Beyond it, micro-clusters are linked. @default 50,000 */
  readonly exactUpTo?: number;
  /** Number of micro-clusters. @default 5,000 */
  readonly microClusters?: number;
  /** Seed of samples and micro-clusters. @default 0 */
  readonly seed?: number;
}

/** Groups of images, found from one vector per image. */
export interface EmbeddingGroups {
  /** Group of each image, from 0: the largest group is 0. */
  readonly groups: Int32Array;
  /** Number of groups. */
  readonly k: number;
  /** For each group, the image nearest to its mean. It has the smallest sum of squared distances to the others. */
  readonly medoids: Int32Array;
  /** Distance of each image to its group's medoid. */
  readonly distances: Float64Array;
  /** 1 for each image that fits nowhere, judged by its nearest images; beyond 8,000 images by those in a sample. */
  readonly outliers: Uint8Array;
  /** The merges of images, or of micro-clusters if these were used. */
  readonly tree: Linkage;
  /** How k was found; absent when it was given. */
  readonly choice?: GroupCountChoice;
  /** For each image, the first image with an equal vector. Absent if all vectors differ. Equal images count once. */
  readonly copies?: Int32Array;
  /**
   * Present if micro-clusters were linked instead of images: their number, and the share of the variance within them.
   */
  readonly micro?: { readonly count: number; readonly within: number };
}

/** The number of images that are sampled to choose k and to find outliers. */
const SAMPLE = 2000;

/** Up to so many images a matrix of all distances is made: 256 MB in float32. */
const MATRIX_UP_TO = 8000;

/**
 * Groups images by Ward linkage of their vectors. Up to 50,000 images it is exact. Up to 8,000, a matrix of all
 * distances is made, which is several times as fast for long vectors. Beyond, memory grows with the number of images,
 * and time with its square. Beyond 50,000, 5,000 micro-clusters are linked, each weighted by its number of images. Equal
 * vectors count once.
 *
 * @throws {AnomalyClusterError} `too-few-images` for fewer than 2, `bad-argument` for wrong vectors, k or threshold.
 *
 * @example
 * ```ts
 * import { clusterEmbeddings } from "@anomalies/cluster";
 * const data = Float32Array.from({ length: 100 * 2 }, (_, at) => (at >> 1) % 2 * 10 + at % 7);
 * const { groups } = await clusterEmbeddings({ data, count: 100, channels: 2 }, { k: 2 });
 * ```
 */
export async function clusterEmbeddings(
  embeddings: Embeddings,
  options: ClusterEmbeddingsOptions = {},
): Promise<EmbeddingGroups> {
  const copies = findCopies(embeddings);
  if (!copies || copies.distinct.length < 2) return await clusterDistinct(embeddings, options);
  const { distinct } = copies;
  const { scores } = options;
  checkGroupCount(options.k, copies);
  const found = await clusterDistinct(someEmbeddings(embeddings, distinct), {
    ...options,
    ...(scores && { scores: distinct.map((i) => scores[i]) }),
  });
  return {
    ...found,
    ...groupsForAll(found, scores ?? new Float64Array(embeddings.count), copies),
    distances: forAll(found.distances, copies),
    outliers: forAll(found.outliers, copies),
    tree: found.micro ? found.tree : treeForAll(found.tree, copies),
    copies: copies.firsts,
  };
}

async function clusterDistinct(embeddings: Embeddings, options: ClusterEmbeddingsOptions): Promise<EmbeddingGroups> {
  const { k = "auto", threshold, smallestGroup = 1, exactUpTo = 50_000, seed = 0 } = options;
  const { count } = embeddings;
  if (count < 2) throw new AnomalyClusterError("too-few-images", `clustering needs at least 2 images, got ${count}`);
  ensure(k === "auto" || Number.isInteger(k) && k >= 1 && k <= count, `${k} groups of ${count} are not possible`);

  const micro = count > exactUpTo
    ? await microClusters(embeddings, options.microClusters ?? 5000, seed, options)
    : undefined;
  const distances = count <= MATRIX_UP_TO && !micro ? euclideanDistances(embeddings) : undefined;
  const tree = micro
    ? wardLinkage(micro.centres, micro.sizes)
    : distances
    ? linkage(distances, "ward")
    : wardLinkage(embeddings);
  const labels = (wanted: number) => {
    const cutTree = cut(tree, Math.min(wanted, tree.count));
    return micro ? micro.labels.map((cluster) => cutTree[cluster]) : cutTree;
  };
  const sample = randomSample(count, SAMPLE, seed);
  const amongSample = () => {
    return distances ? submatrix(distances, sample) : euclideanDistances(someEmbeddings(embeddings, sample));
  };
  const choice = k === "auto" && threshold === undefined
    ? chosenBySample(amongSample(), sample, labels, tree)
    : undefined;
  const wanted = threshold === undefined ? choice?.k ?? k as number : groupsAbove(tree, threshold);
  const groups = largestFirst(labels(wanted), options.scores ?? new Float64Array(count));
  const medoids = nearestToMeans(embeddings, groups);
  return {
    groups,
    k: medoids.length,
    medoids,
    distances: Float64Array.from(groups, (group, i) => {
      return Math.sqrt(squaredDistance(embeddings, i, embeddings, medoids[group]));
    }),
    outliers: distances
      ? outliers(distances, groups, smallestGroup)
      : outliersBySample(embeddings, sample, groups, smallestGroup),
    tree,
    ...(choice && { choice }),
    ...(micro && { micro: { count: micro.sizes.length, within: micro.within } }),
  };
}

/** Chooses k by the gaps of the whole tree and the prediction strength of a sample of the images. */
function chosenBySample(
  distances: DistanceMatrix,
  sample: ArrayLike<number>,
  labels: (k: number) => Int32Array,
  tree: Linkage,
): GroupCountChoice {
  const sampled = (k: number) => {
    const all = labels(k);
    return Int32Array.from(sample, (at) => all[at]);
  };
  return chooseGroupCount(distances, sampled, { tree, method: "ward" });
}

function nearestToMeans(embeddings: Embeddings, groups: Int32Array): Int32Array {
  const { data, count, channels } = embeddings;
  const k = groups.reduce((most, group) => Math.max(most, group), 0) + 1;
  const [sums, sizes] = [new Float64Array(k * channels), new Int32Array(k)];
  for (let i = 0; i < count; i++) {
    sizes[groups[i]]++;
    for (let channel = 0; channel < channels; channel++) {
      sums[groups[i] * channels + channel] += data[i * channels + channel];
    }
  }
  const means = { data: sums.map((sum, at) => sum / sizes[Math.floor(at / channels)]), count: k, channels };
  const [nearest, least] = [new Int32Array(k), new Float64Array(k).fill(Infinity)];
  for (let i = 0; i < count; i++) {
    const squared = squaredDistance(embeddings, i, means, groups[i]);
    if (squared < least[groups[i]]) [least[groups[i]], nearest[groups[i]]] = [squared, i];
  }
  return nearest;
}
