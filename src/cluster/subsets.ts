// Takes parts of a set of images, to see how much a result depends on which images there are.

import { seededRandom } from "../random.ts";
import type { DistanceMatrix } from "../types.ts";

/** Share of the images that a subset has. */
const SHARE = 0.9;

/**
 * Random subsets of 90 % of the images, ascending. They depend only on `count` and `seeds`. With 0 seeds: one subset of
 * all images.
 */
export function subsetsOf(count: number, seeds: number): Int32Array[] {
  if (seeds === 0) return [Int32Array.from({ length: count }, (_, at) => at)];
  return Array.from({ length: seeds }, (_, seed) => {
    const random = seededRandom(seed + 1);
    const order = Int32Array.from({ length: count }, (_, at) => at);
    for (let at = count - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      [order[at], order[other]] = [order[other], order[at]];
    }
    return order.slice(0, Math.max(2, Math.round(count * SHARE))).sort();
  });
}

/** The rows and columns of a subset of the points, ascending. The matrix itself, uncopied, if the subset has all points. */
export function submatrix(distances: DistanceMatrix, subset: ArrayLike<number>): DistanceMatrix {
  const { data, count } = distances;
  const size = subset.length;
  if (size === count) return distances;
  const part = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) part[i * size + j] = data[subset[i] * count + subset[j]];
  }
  return { data: part, count: size };
}
