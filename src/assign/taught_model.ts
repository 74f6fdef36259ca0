// A model that goes on learning: labelled images join those that it knows.

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

/** A model, and how right it would tell labels that are left out. */
export interface TaughtModel {
  readonly model: GroupModel;
  readonly check: LearnedGroups["check"];
}

/**
 * The model with more images, and what all labels teach: its first groups are the kinds, found ones come after, the
 * largest first. The vectors of the images that it had stay, and so does how an image becomes one.
 *
 * @param added vectors of the images that join, by what the model was fitted to.
 * @param labels of the model's images and then of those added: the kind, from 0; −1 where nobody said it.
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
  // Pictures are stored of the medoids that there were.
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
