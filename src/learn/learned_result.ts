// Regroups the images of a run by a person's labels.

import { largestFirst } from "../cluster/largest_first.ts";
import { medoids } from "../cluster/medoid.ts";
import { outliers } from "../cluster/outliers.ts";
import type { ClusterResult } from "../pipeline.ts";
import { type LearnedGroups, learnGroups } from "./learn_groups.ts";
import { pointsOf } from "./points.ts";
import { type SharedLabels, shareLabels } from "./shared_labels.ts";

/**
 * A result whose first groups are the labelled kinds, in their order. The newly found groups follow, the largest first.
 */
export interface LearnedResult {
  readonly result: Omit<ClusterResult, "choice">;
  /** Probability that each image's kind is right: 1 if the kind is known, NaN in newly found groups. */
  readonly confidences: Float64Array;
  /** The labels, shared among copies of images. */
  readonly shared: SharedLabels;
  readonly learned: LearnedGroups;
}

/**
 * Replaces the groups of a result by those that labels lead to: see {@linkcode learnGroups}. Medoids, distances and
 * outliers are computed anew. The tree and all that led to the embeddings stay.
 *
 * @param labels for each image its kind, from 0; −1 for an image without a label.
 * @param options `nearCopies` is the result of the function `nearCopies`; `smallestGroup` is as in `clusterPatches`.
 * @throws {AnomalyClusterError} `bad-argument` when fewer than 2 kinds have labels.
 */
export function learnedResult(
  { choice: _, ...result }: ClusterResult,
  labels: ArrayLike<number>,
  options: { readonly nearCopies?: Int32Array; readonly smallestGroup?: number } = {},
): LearnedResult {
  const { matrix, tree, scores } = result;
  const shared = shareLabels(labels, result.copies, options.nearCopies);
  const learned = learnGroups(pointsOf(matrix).points, shared.taught, tree && { tree });
  const confidences = learned.confidences.map((confidence, image) => shared.known[image] < 0 ? confidence : 1);
  const groups = groupsWithKnown(learned, shared.known, scores);
  const centres = medoids(matrix, groups);
  return {
    result: {
      ...result,
      groups,
      k: centres.length,
      medoids: centres,
      distances: Float64Array.from(groups, (group, i) => matrix.data[i * matrix.count + centres[group]]),
      outliers: outliers(matrix, groups, options.smallestGroup ?? 1),
    },
    confidences,
    shared,
    learned,
  };
}

/**
 * Returns the learned groups, but with the known kind for each image whose kind is known. The kinds keep their numbers.
 * The groups from `kinds` on are numbered by size.
 *
 * @param known the kind of each image that has a label or is a copy of one that has; −1 elsewhere.
 * @param scores of the images. Of equally large groups the one with the higher mean score comes first.
 */
export function groupsWithKnown(
  { groups: learned, kinds }: Pick<LearnedGroups, "groups" | "kinds">,
  known: Int32Array,
  scores: ArrayLike<number>,
): Int32Array {
  const groups = learned.map((group, image) => known[image] < 0 ? group : known[image]);
  const found = Array.from(groups.keys()).filter((image) => groups[image] >= kinds);
  const order = largestFirst(Int32Array.from(found, (image) => groups[image]), found.map((image) => scores[image]));
  const ordered = groups.slice();
  found.forEach((image, at) => ordered[image] = kinds + order[at]);
  return ordered;
}
