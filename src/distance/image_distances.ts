import { meanDistances, minimaStatistics } from "../core/patch_kernel.ts";
import { checkPatches, type DistanceMatrix, type PatchSet } from "../types.ts";
import type { WorkOptions } from "./patch_minima.ts";

/** Distances between images as sets of patches (the paper's eq. 2 and 3, appendix C). */
export type SetDistance =
  | "max-hausdorff"
  | "max-hausdorff-average"
  | "average-min-max"
  | "average-min-mean"
  | "min-min"
  | "average-average";

/** What a pair's minima are reduced to in one direction, and how the two directions are joined. */
const REDUCTIONS: Record<
  Exclude<SetDistance, "average-average">,
  [reduce: (minima: Float32Array) => number, join: (a: number, b: number) => number]
> = {
  "max-hausdorff": [largest, Math.max],
  "max-hausdorff-average": [largest, middle],
  "average-min-max": [mean, Math.max],
  "average-min-mean": [mean, middle],
  "min-min": [smallest, Math.min],
};

/**
 * Distances of all pairs of images as sets of patches, in units of the patch embeddings. For the
 * weighted average distance see {@linkcode weightedAverage} and {@linkcode euclideanDistances}.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape or numbers that are not finite.
 */
export function imageDistances(patches: PatchSet, kind: SetDistance, options: WorkOptions = {}): DistanceMatrix {
  checkPatches(patches);
  const { count } = patches;
  const work = { signal: options.signal, onPairs: options.onProgress };
  if (kind === "average-average") return { data: meanDistances(patches, work), count };
  const [reduce, join] = REDUCTIONS[kind];
  const data = new Float64Array(count * count);
  minimaStatistics(patches, {
    ...work,
    visit: (i, j, iToJ, jToI) => data[i * count + j] = data[j * count + i] = join(reduce(iToJ), reduce(jToI)),
  });
  return { data, count };
}

function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, value);
  return most;
}

function smallest(values: Float32Array): number {
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return least;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function middle(a: number, b: number): number {
  return (a + b) / 2;
}
