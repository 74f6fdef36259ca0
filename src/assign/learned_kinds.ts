// Kinds learned from labels of a model's images, and used for new images.

import { linkage } from "../cluster/linkage.ts";
import { squaredDistance } from "../distance/squared_distance.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { type KindClassifier, kindOf } from "../learn/kind_classifier.ts";
import { learnGroups } from "../learn/learn_groups.ts";
import { type PointAxes, pointBy, pointsOf } from "../learn/points.ts";
import type { Embeddings } from "../types.ts";

/** What finds the kinds of new images. The kinds are the first groups of the model. */
export interface LearnedKinds {
  /** How a vector becomes a point; the anchors are images of the model. */
  readonly axes: PointAxes;
  /** Gives the probability of each kind for a point. */
  readonly classifier: KindClassifier;
  /** For each image of the model, the kind that a person gave it, from 0; −1 for images without a label. */
  readonly labels: Int32Array;
}

/**
 * Learns kinds from labels and the vectors of a model. These vectors differ a little from those by which the images
 * were grouped; they are used here because new images get vectors of the same sort.
 *
 * @param labels for each image its kind, from 0; −1 for images without a label.
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
 * Returns the probability of each kind for new image `i`: `[kinds]`.
 *
 * @param embeddings the vectors of the model's images.
 * @param vectors the vectors of the new images.
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
