// The paper's protocol: how well groups agree with labels, over random subsets.

import { cut } from "../cluster/cut.ts";
import { linkage } from "../cluster/linkage.ts";
import { submatrix } from "../cluster/subsets.ts";
import { adjustedRandIndex } from "../metric/adjusted_rand_index.ts";
import { f1Score } from "../metric/f1_score.ts";
import { normalizedMutualInformation } from "../metric/information.ts";
import type { DistanceMatrix } from "../types.ts";

/** Mean over subsets, and its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** Agreement of groups with labels. */
export interface Scores {
  readonly nmi: Estimate;
  readonly ari: Estimate;
  readonly f1: Estimate;
}

/** Partitions some images: takes their indices and returns a group for each. */
export type Grouping = (subset: Int32Array) => Int32Array;

/** Scores a grouping over subsets. With a single subset the standard error is 0. */
export function scoresOver(subsets: readonly Int32Array[], labels: readonly string[], grouping: Grouping): Scores {
  const values = subsets.map((subset) => {
    const truth = Array.from(subset, (image) => labels[image]);
    const groups = grouping(subset);
    return [normalizedMutualInformation(truth, groups), adjustedRandIndex(truth, groups), f1Score(truth, groups).micro];
  });
  const [nmi, ari, f1] = [0, 1, 2].map((metric) => estimate(values.map((value) => value[metric])));
  return { nmi, ari, f1 };
}

/** Returns the mean of some values and its standard error, which is 0 for a single value. */
export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = values.length > 1 ? Math.sqrt(squares / (values.length - 1) / values.length) : 0;
  return { mean, standardError };
}

/** Returns a grouping by Ward linkage, cut into k groups. */
export function wardGrouping(distances: DistanceMatrix, k: number): Grouping {
  return (subset) => cut(linkage(submatrix(distances, subset), "ward"), k);
}
