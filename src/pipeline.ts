// Anomaly clustering (Sohn et al., WACV 2023) from patch embeddings to groups, a step a line.

import { chooseGroupCount, type GroupCountChoice } from "./cluster/choose_k.ts";
import { cut } from "./cluster/cut.ts";
import { type Linkage, linkage, type LinkageMethod } from "./cluster/linkage.ts";
import { medoids } from "./cluster/medoid.ts";
import { patchScores, type WorkOptions } from "./distance/patch_minima.ts";
import { euclideanDistances, weightedAverage } from "./distance/weighted_average.ts";
import { type Embedder, joinPatches } from "./embed/embedder.ts";
import { AnomalyClusterError, require } from "./errors.ts";
import type { Embeddings, PatchSet, PatchValues, Raster } from "./types.ts";
import { absoluteTemperature, DEFAULT_TEMPERATURE, softWeights, type Temperature } from "./weight/soft.ts";
import { uniformWeights } from "./weight/uniform.ts";

/** How patches are weighted. */
export type Weighting =
  | { readonly kind: "soft"; readonly tau?: Temperature }
  | { readonly kind: "uniform" };

/** Options of {@linkcode clusterPatches} and {@linkcode clusterImages}. */
export interface ClusterOptions extends WorkOptions {
  /** Number of groups, or `"auto"`: the largest silhouette over 2 … 20. @default "auto" */
  readonly k?: number | "auto";
  /** @default { kind: "soft", tau: { standardDeviations: 0.3 } } */
  readonly weight?: Weighting;
  /** @default "ward" */
  readonly linkage?: LinkageMethod;
}

/** Groups of images, and all that led to them. */
export interface ClusterResult {
  /** Group of each image, from 0: the largest group is 0. */
  readonly groups: Int32Array;
  /** Number of groups. */
  readonly k: number;
  /** Image at the centre of each group. */
  readonly medoids: Int32Array;
  /** Distance of each image to its group's medoid. */
  readonly distances: Float64Array;
  /** Anomaly score of each image: the largest of its patches' scores, in the units of the embeddings. */
  readonly scores: Float64Array;
  /** Weights α of the patches. */
  readonly weights: PatchValues;
  /** Weighted average embeddings. */
  readonly embeddings: Embeddings;
  /** The merges. */
  readonly tree: Linkage;
  /** τ as used, in the units of the scores; absent for uniform weights. */
  readonly tau?: number;
  /** How k was found; absent when it was given. */
  readonly choice?: GroupCountChoice;
}

/**
 * Groups images by kind of anomaly, from their patch embeddings. Needs no files, network or permissions.
 *
 * @example
 * ```ts
 * import { clusterPatches } from "@anomalies/cluster";
 * const data = Float32Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 5);
 * const { groups } = clusterPatches({ data, count: 8, rows: 2, cols: 2, channels: 3 }, { k: 2 });
 * ```
 *
 * @throws {AnomalyClusterError} `too-few-images` for fewer than 2, `bad-argument` for a wrong shape, τ or k.
 */
export function clusterPatches(patches: PatchSet, options: ClusterOptions = {}): ClusterResult {
  const { k = "auto", weight = { kind: "soft" } } = options;
  if (patches.count < 2) {
    throw new AnomalyClusterError("too-few-images", `clustering needs at least 2 images, got ${patches.count}`);
  }
  require(
    k === "auto" || Number.isInteger(k) && k >= 1 && k <= patches.count,
    `${k} groups of ${patches.count} images are not possible`,
  );
  const tau = weight.kind === "soft" ? weight.tau ?? DEFAULT_TEMPERATURE : undefined;
  if (typeof tau === "number") require(tau > 0 && tau < Infinity, `τ is ${tau}, but must be a number above 0`);

  const scores = patchScores(patches, options);
  const weights = tau === undefined ? uniformWeights(patches.count, scores.patches) : softWeights(scores, { tau });
  const embeddings = weightedAverage(patches, weights);
  const distances = euclideanDistances(embeddings);
  const tree = linkage(distances, options.linkage);
  const choice = k === "auto" ? chooseGroupCount(tree, distances) : undefined;
  const groups = largestFirst(cut(tree, k === "auto" ? choice!.k : k));
  const centres = medoids(distances, groups);

  return {
    groups,
    k: centres.length,
    medoids: centres,
    distances: Float64Array.from(groups, (group, i) => distances.data[i * distances.count + centres[group]]),
    scores: imageScores(scores),
    weights,
    embeddings,
    tree,
    ...(tau !== undefined && { tau: absoluteTemperature(scores, tau) }),
    ...(choice && { choice }),
  };
}

/**
 * Embeds images and groups them by kind of anomaly.
 *
 * @throws {AnomalyClusterError} as {@linkcode clusterPatches}, and what the embedder throws.
 */
export async function clusterImages(
  images: Iterable<Raster> | AsyncIterable<Raster>,
  options: ClusterOptions & { readonly embedder: Embedder },
): Promise<ClusterResult> {
  const parts: PatchSet[] = [];
  for await (const image of images) {
    options.signal?.throwIfAborted();
    parts.push(await options.embedder.embed(image));
  }
  if (parts.length < 2) {
    throw new AnomalyClusterError("too-few-images", `clustering needs at least 2 images, got ${parts.length}`);
  }
  return clusterPatches(joinPatches(parts), options);
}

/** Renumbers groups by size, the largest 0; equal sizes in the order of their first image. */
function largestFirst(labels: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const place = new Map(order.map((label, at) => [label, at]));
  return labels.map((label) => place.get(label)!);
}

function imageScores(scores: PatchValues): Float64Array {
  return Float64Array.from({ length: scores.count }, (_, i) => {
    const row = scores.data.subarray(i * scores.patches, (i + 1) * scores.patches);
    return row.reduce((most, score) => Math.max(most, score), 0);
  });
}
