import { sharedBuffer } from "../core/shared_memory.ts";
import { spreadNormalNearest } from "../distance/normal_scores.ts";
import type { WorkOptions } from "../distance/patch_minima.ts";
import { randomSample } from "../random.ts";
import type { Embeddings, PatchSet } from "../types.ts";

/** Micro-clusters: each stands for many points. */
export interface MicroClusters {
  /** The micro-cluster of each point, from 0. */
  readonly labels: Int32Array;
  /** The means of the micro-clusters: `[clusters, channels]`. */
  readonly centres: Embeddings;
  /** How many points each micro-cluster has. */
  readonly sizes: Int32Array;
  /**
   * Share of the points' variance that lies within micro-clusters, from 0 to 1. Grouping the micro-clusters cannot see
   * it.
   */
  readonly within: number;
}

/** Rounds of k-means. The first few have most of the effect. */
const ROUNDS = 4;

/** This many points are looked up together, as the patches of one image, which gives the core full tiles. */
const ROW = 256;

/**
 * Makes many small clusters, by k-means from random points. This is the first of two steps of clustering, as in BIRCH
 * (Zhang et al. 1996). The time grows with the number of points times the number of clusters.
 */
export async function microClusters(
  points: Embeddings,
  wanted: number,
  seed: number,
  work: WorkOptions = {},
): Promise<MicroClusters> {
  const { data, count, channels } = points;
  const rows = Math.ceil(count / ROW);
  const padded = new Float32Array(sharedBuffer(rows * ROW * channels * 4));
  padded.set(data); // Zeros fill up the last row. They are looked up too, and their results are dropped.
  const vectors = padded.subarray(0, count * channels);
  const images: PatchSet = { data: padded, count: rows, rows: ROW, cols: 1, channels };

  let centres = Float32Array.from(
    randomSample(count, wanted, seed).flatMap((at) => {
      return Array.from(vectors.subarray(at * channels, (at + 1) * channels));
    }),
  );
  let labels = new Int32Array(count);
  let sizes = new Int32Array(0);
  for (let round = 0; round < ROUNDS; round++) {
    work.signal?.throwIfAborted();
    const references = { data: centres, count: 1, rows: centres.length / channels, cols: 1, channels };
    labels = (await spreadNormalNearest(images, references, { ...work, onProgress: undefined })).slice(0, count);
    ({ centres, sizes, labels } = meansOf(vectors, labels, channels));
    work.onProgress?.(round + 1, ROUNDS);
  }
  const found = { data: centres, count: sizes.length, channels };
  return { labels, centres: found, sizes, within: varianceWithin(vectors, labels, found) };
}

/** Computes the mean of the points of each label, and numbers the labels anew, leaving out those without points. */
function meansOf(points: Float32Array, labels: Int32Array, channels: number) {
  const present = [...new Set(labels)].sort((a, b) => a - b);
  const place = new Map(present.map((label, at) => [label, at]));
  const own = labels.map((label) => place.get(label)!);
  const [sums, sizes] = [new Float64Array(present.length * channels), new Int32Array(present.length)];
  own.forEach((label, i) => {
    sizes[label]++;
    for (let channel = 0; channel < channels; channel++) {
      sums[label * channels + channel] += points[i * channels + channel];
    }
  });
  return { centres: Float32Array.from(sums, (sum, at) => sum / sizes[Math.floor(at / channels)]), sizes, labels: own };
}

function varianceWithin(points: Float32Array, labels: Int32Array, { data, channels }: Embeddings): number {
  const mean = new Float64Array(channels);
  for (let at = 0; at < points.length; at++) mean[at % channels] += points[at] / labels.length;
  let [within, all] = [0, 0];
  for (let at = 0; at < points.length; at++) {
    const channel = at % channels;
    within += (points[at] - data[labels[Math.floor(at / channels)] * channels + channel]) ** 2;
    all += (points[at] - mean[channel]) ** 2;
  }
  return all > 0 ? within / all : 0;
}
