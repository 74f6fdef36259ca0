import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { ensure } from "../errors.ts";
import type { DistanceMatrix } from "../types.ts";
import { kmeans } from "./kmeans.ts";

/** The distance to this neighbour scales a point's affinities (Zelnik-Manor and Perona's choice). */
const SCALE_NEIGHBOUR = 7;

/**
 * Spectral clustering (Ng, Jordan and Weiss 2001) with self-tuning affinities (Zelnik-Manor and Perona 2004):
 * exp(−d_ij² / σ_i σ_j), where σ_i is the distance to the 7th neighbour. K-means then groups the normalised leading
 * eigenvectors of the normalised affinity.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless 1 ≤ k ≤ the number of points.
 */
export function spectral(
  distances: DistanceMatrix,
  options: { readonly k: number; readonly seed?: number },
): Int32Array {
  return spectralGroups(distances, options.seed)(options.k);
}

/**
 * Returns a function that gives the groups for any k. All share one eigendecomposition, which takes most of the time.
 */
export function spectralGroups(distances: DistanceMatrix, seed = 0): (k: number) => Int32Array {
  const { count } = distances;
  let vectors: Matrix | undefined;
  return (k) => {
    ensure(Number.isInteger(k) && k >= 1 && k <= count, `${k} groups of ${count} points are not possible`);
    vectors ??= new EigenvalueDecomposition(normalisedAffinity(distances), { assumeSymmetric: true }).eigenvectorMatrix;
    const data = new Float32Array(count * k);
    for (let i = 0; i < count; i++) {
      // Eigenvalues are ascending, so the leading eigenvectors are the last columns.
      const row = Array.from({ length: k }, (_, at) => vectors!.get(i, count - 1 - at));
      const norm = Math.hypot(...row) || 1;
      data.set(row.map((value) => value / norm), i * k);
    }
    return kmeans({ data, count, channels: k }, { k, seed }).labels;
  };
}

/** D^−½ A D^−½ */
function normalisedAffinity({ data, count }: DistanceMatrix): Matrix {
  const scales = Float64Array.from({ length: count }, (_, i) => {
    const sorted = data.slice(i * count, (i + 1) * count).sort();
    return sorted[Math.min(SCALE_NEIGHBOUR, count - 1)];
  });
  const affinity = Matrix.zeros(count, count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const squared = data[i * count + j] ** 2;
      // Where a scale is zero, equal points are fully alike and other points not at all.
      const value = squared === 0 ? 1 : Math.exp(-squared / (scales[i] * scales[j]));
      affinity.set(i, j, value);
      affinity.set(j, i, value);
    }
  }
  const roots = affinity.sum("row").map((degree) => degree > 0 ? 1 / Math.sqrt(degree) : 0);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) affinity.set(i, j, affinity.get(i, j) * roots[i] * roots[j]);
  }
  return affinity;
}
