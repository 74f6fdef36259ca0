// What labels taught of a model's images, for new images that it makes vectors of.

import { linkage } from "../cluster/linkage.ts";
import { squaredDistance } from "../distance/squared_distance.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { type KindClassifier, kindOf } from "../learn/kind_classifier.ts";
import { learnGroups } from "../learn/learn_groups.ts";
import { type PointAxes, pointBy, pointsOf } from "../learn/points.ts";
import type { Embeddings } from "../types.ts";

/** What tells the kinds of new images; the kinds are the first groups of the model. */
export interface LearnedKinds {
  /** How a vector becomes a point; the anchors are images of the model. */
  readonly axes: PointAxes;
  /** Tells the kind of a point. */
  readonly classifier: KindClassifier;
  /** For each image of the model the kind that a person gave it, from 0; −1 where nobody said it. */
  readonly labels: Int32Array;
}

/**
 * Learns from the vectors of a model: they differ a little from those that its images were grouped by, and new images
 * get vectors of the model's.
 *
 * @param labels for each image its kind, from 0; −1 where nobody said it.
 * @throws {AnomalyClusterError} `bad-argument` for labels of fewer than 2 kinds.
 *
 * @example
 * ```ts
 * import { assignPatches, type GroupModel, learnedKinds, type PatchSet } from "@anomalies/cluster";
 * async function kindsOfNew(model: GroupModel, labels: Int32Array, patches: PatchSet) {
 *   const taught = { ...model, kinds: learnedKinds(model.embeddings, labels) };
 *   return (await assignPatches(taught, patches)).map(({ group, confidence }) => ({ group, confidence }));
 * }
 * ```
 */
export function learnedKinds(embeddings: Embeddings, labels: Int32Array): LearnedKinds {
  const distances = euclideanDistances(embeddings);
  const { points, axes } = pointsOf(distances);
  const { classifier } = learnGroups(points, labels, { tree: linkage(distances, "ward") });
  return { axes, classifier, labels: Int32Array.from(labels) };
}

/**
 * Probability of each kind for vector `i` of some new ones: `[kinds]`.
 *
 * @param embeddings the vectors of the model's images.
 */
export function kindsOfVector(
  { axes, classifier }: LearnedKinds,
  embeddings: Embeddings,
  vectors: Embeddings,
  i: number,
): Float64Array {
  const squared = Float64Array.from(axes.anchors, (anchor) => squaredDistance(vectors, i, embeddings, anchor));
  return kindOf(classifier, pointBy(axes, squared));
}
