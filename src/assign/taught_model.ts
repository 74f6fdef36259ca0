// A model that goes on learning: labelled images are added to those that it was made from.

import { findCopies } from "../copies/equal_copies.ts";
import { linkage } from "../cluster/linkage.ts";
import { medoids } from "../cluster/medoid.ts";
import { joinEmbeddings } from "../fitted/embed_blocks.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { type LearnedGroups, learnGroups } from "../learn/learn_groups.ts";
import { groupsWithKnown } from "../learn/learned_result.ts";
import { pointsOf } from "../learn/points.ts";
import { shareLabels } from "../learn/shared_labels.ts";
import type { Embeddings } from "../types.ts";
import type { GroupModel } from "./group_model.ts";
import { groupRadii } from "./radius.ts";

/** A model, and how many labels it gets right when they are left out of learning. */
export interface TaughtModel {
  readonly model: GroupModel;
  readonly check: LearnedGroups["check"];
}

/**
 * Returns the model with more images and with kinds learned from all labels. Its first groups are the kinds; then come
 * groups of images that resemble no kind, the largest first. Vectors of images that it had stay the same, and so does
 * its fit.
 *
 * @param added vectors of the added images, made by the model's fit.
 * @param labels the kind of each image, first the model's own and then the added ones, from 0; −1 for images without a
 * label.
 * @throws {AnomalyClusterError} `bad-argument` for labels of fewer than 2 kinds.
 */
export function taughtModel(model: GroupModel, added: Embeddings, labels: Int32Array): TaughtModel {
  const embeddings = added.count ? joinEmbeddings([model.embeddings, added]) : model.embeddings;
  const distances = euclideanDistances(embeddings);
  const { taught, known } = shareLabels(labels, findCopies(embeddings)?.firsts);
  const { points, axes } = pointsOf(distances);
  const learned = learnGroups(points, taught, { tree: linkage(distances, "ward") });
  const groups = groupsWithKnown(learned, known, [...known.keys()]);
  const centres = medoids(distances, groups);
  // The model's pictures show the earlier medoids, so these stay medoids.
  model.medoids.forEach((medoid) => centres[groups[medoid]] = medoid);
  return {
    model: {
      ...model,
      embeddings,
      groups,
      medoids: centres,
      radii: groupRadii(embeddings, groups, centres.length),
      kinds: { axes, classifier: learned.classifier, labels: taught },
    },
    check: learned.check,
  };
}
