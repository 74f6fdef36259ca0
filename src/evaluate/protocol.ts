// The paper's protocol: agreement of groups with labels over random subsets.

import { cut } from "../cluster/cut.ts";
import { linkage } from "../cluster/linkage.ts";
import { adjustedRandIndex } from "../metric/adjusted_rand_index.ts";
import { f1Score } from "../metric/f1_score.ts";
import { normalizedMutualInformation } from "../metric/information.ts";
import { seededRandom } from "../random.ts";
import type { DistanceMatrix } from "../types.ts";

/** Share of the images in a subset. */
const SHARE = 0.9;

/** Mean and standard error over subsets. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** Agreement with labels. */
export interface Scores {
  readonly nmi: Estimate;
  readonly ari: Estimate;
  readonly f1: Estimate;
}

/** A partition of some images: indices of images → labels of groups. */
export type Grouping = (subset: Int32Array) => Int32Array;

/** Random subsets of 90 % of the images, ascending, the same for the same number of images and seeds; without seeds all. */
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

/** Scores of a grouping over subsets; of a single one, the standard error is 0. */
export function scoresOver(subsets: readonly Int32Array[], labels: readonly string[], grouping: Grouping): Scores {
  const values = subsets.map((subset) => {
    const truth = Array.from(subset, (image) => labels[image]);
    const groups = grouping(subset);
    return [normalizedMutualInformation(truth, groups), adjustedRandIndex(truth, groups), f1Score(truth, groups).micro];
  });
  const [nmi, ari, f1] = [0, 1, 2].map((metric) => estimate(values.map((value) => value[metric])));
  return { nmi, ari, f1 };
}

function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = values.length > 1 ? Math.sqrt(squares / (values.length - 1) / values.length) : 0;
  return { mean, standardError };
}

/** Rows and columns of a subset. */
export function submatrix({ data, count }: DistanceMatrix, subset: Int32Array): DistanceMatrix {
  const size = subset.length;
  const part = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) part[i * size + j] = data[subset[i] * count + subset[j]];
  }
  return { data: part, count: size };
}

/** Groups by Ward linkage and a cut at k. */
export function wardGrouping(distances: DistanceMatrix, k: number): Grouping {
  return (subset) => cut(linkage(submatrix(distances, subset), "ward"), k);
}
