// All clusterers, and the choice among them.

import { AnomalyClusterError } from "../errors.ts";
import type { WorkOptions } from "../distance/patch_minima.ts";
import type { DistanceMatrix, Embeddings, PatchSet } from "../types.ts";
import { cut } from "./cut.ts";
import { gaussianMixture } from "./gaussian_mixture.ts";
import { kmeans } from "./kmeans.ts";
import { kmedoids } from "./kmedoids.ts";
import { SINGLE_PRECISION_FROM } from "../core/linkage_kernel.ts";
import { type Linkage, linkage, type LinkageMethod, wardLinkage } from "./linkage.ts";
import { spectralGroups } from "./spectral.ts";

/**
 * How images are grouped. K-means and Gaussian mixtures need one embedding per image, trained clusterers need patches,
 * and the others need only distances.
 */
export type Clusterer = TrainedClusterer | DirectClusterer;

/** Clusterers that need no training. */
export type DirectClusterer =
  | { readonly kind: "linkage"; readonly method: LinkageMethod }
  | { readonly kind: "kmeans"; readonly seed?: number }
  | { readonly kind: "gaussian-mixture"; readonly covariance?: "diagonal" | "full"; readonly seed?: number }
  | { readonly kind: "kmedoids"; readonly seed?: number }
  | { readonly kind: "spectral"; readonly seed?: number };

/**
 * A network that is trained for the images at hand. `iic`, `gatcluster` or `scan` of `@anomalies/cluster/deep` makes
 * it.
 */
export interface TrainedClusterer {
  /** Name of the method. */
  readonly kind: "iic" | "gatcluster" | "scan";
  /** Trains the network for `k` groups. `onProgress` counts epochs. */
  readonly train: (patches: PatchSet, k: number, work: WorkOptions) => Promise<TrainedGroups>;
}

/** The result of a training. */
export interface TrainedGroups {
  /** A label from 0 for each image. There are fewer than k labels if the training left some groups empty. */
  readonly groups: Int32Array;
  /** How it went. */
  readonly training: Training;
}

/** How a training went. */
export interface Training {
  /** Name of the method. */
  readonly kind: TrainedClusterer["kind"];
  /** The stages of the training, each with the mean loss of every epoch; NaN where there was no image to learn from. */
  readonly stages: readonly { readonly name: string; readonly losses: readonly number[] }[];
}

/** A clustering that can be cut into any number of groups. */
export interface Clustering {
  /** A label from 0 for each image. */
  labels(k: number): Int32Array;
  /** The tree of merges; only for a linkage. */
  readonly tree?: Linkage;
}

/** Prepares a clusterer. Throws `bad-argument` if it needs embeddings and there are none. */
export function cluster(
  clusterer: DirectClusterer,
  distances: DistanceMatrix,
  embeddings: Embeddings | undefined,
): Clustering {
  switch (clusterer.kind) {
    case "linkage": {
      // With so many images a matrix would be in float32 anyway. Linking centroids is quicker and needs no second
      // matrix.
      const many = distances.count >= SINGLE_PRECISION_FROM && clusterer.method === "ward";
      const tree = many && embeddings ? wardLinkage(embeddings) : linkage(distances, clusterer.method);
      return { tree, labels: (k) => cut(tree, k) };
    }
    case "kmeans": {
      const points = needed(embeddings, clusterer.kind);
      return { labels: (k) => kmeans(points, { ...clusterer, k }).labels };
    }
    case "gaussian-mixture": {
      const points = needed(embeddings, clusterer.kind);
      return { labels: (k) => gaussianMixture(points, { ...clusterer, k }).labels };
    }
    case "kmedoids":
      return { labels: (k) => kmedoids(distances, { ...clusterer, k }).labels };
    case "spectral":
      return { labels: spectralGroups(distances, clusterer.seed) };
  }
}

function needed(embeddings: Embeddings | undefined, kind: string): Embeddings {
  if (embeddings) return embeddings;
  throw new AnomalyClusterError(
    "bad-argument",
    `${kind} needs one embedding an image: use the weighted average distance or a pooling, or a linkage, kmedoids or spectral`,
  );
}
