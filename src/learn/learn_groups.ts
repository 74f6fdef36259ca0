import { cut } from "../cluster/cut.ts";
import { type Linkage, wardLinkage } from "../cluster/linkage.ts";
import { ensure } from "../errors.ts";
import { learnedFrom } from "./client/learned.js";
import { cutsForNewKinds } from "./client/new_kinds.js";
import { createLearner } from "./client/self_training.js";
import { solveUpper } from "./client/cholesky.js";
import type { KindClassifier } from "./kind_classifier.ts";
import type { ImagePoints } from "./points.ts";

/** Options of {@linkcode learnGroups}. */
export interface LearnOptions {
  /** The images' tree, by which images that no label explains are grouped. @default Ward linkage of the points */
  readonly tree?: Linkage;
  /** How many images to list in `next`, those whose answers would help most. @default 12 */
  readonly next?: number;
}

/** What a person's labels say about all images. */
export interface LearnedGroups {
  /** Group of each image. Below `kinds` it is a kind; from `kinds` on it is a newly found group without a label. */
  readonly groups: Int32Array;
  /** Number of kinds that have labels. */
  readonly kinds: number;
  /** Number of groups of images that resemble no labelled image. */
  readonly found: number;
  /** Probability, from 0 to 1, that each image's kind is right: 1 for a label, NaN in newly found groups. */
  readonly confidences: Float64Array;
  /** Probability of each kind: `[count, kinds]`. */
  readonly probabilities: Float64Array;
  /** The images whose answers would help most, the most helpful first. */
  readonly next: readonly number[];
  /**
   * The check by cross-validation: how many labels were left out, one part after another, and how many of them would
   * have been predicted rightly.
   */
  readonly check: { readonly labels: number; readonly right: number };
  /** Predicts the kinds of other images: see {@linkcode kindOf}. */
  readonly classifier: KindClassifier;
}

/**
 * Learns kinds of defect from a few labels (semi-supervised learning). Every other image gets the kind that it
 * resembles most. Images that resemble no kind form new groups (generalised category discovery: Vaze et al. 2022).
 *
 * The method is regularised least squares on a Gaussian kernel. It first learns from the labelled images alone, then
 * from all images with the kinds predicted for them (self-training: Scudder 1965). Confidences come from temperature
 * scaling (Guo et al. 2017) on labels that are left out. The images to look at next come from transductive experimental
 * design (Yu, Bi and Tresp 2006). Needs no files, network or permissions.
 *
 * @param points of the images, as {@linkcode pointsOf} makes them.
 * @param labels for each image the number of its kind, from 0; −1 for an image without a label.
 * @throws {AnomalyClusterError} `bad-argument` when fewer than 2 kinds have labels, when a kind has none, or when there
 * are not as many labels as images.
 *
 * @example
 * ```ts
 * import { clusterPatches, learnGroups, type PatchSet, pointsOf } from "@anomalies/cluster";
 * async function relearn(patches: PatchSet, labels: Int32Array) {
 *   const { matrix, tree } = await clusterPatches(patches);
 *   const { groups, confidences, next } = learnGroups(pointsOf(matrix).points, labels, { tree });
 *   return { groups, confidences, askAbout: next };
 * }
 * ```
 */
export function learnGroups(points: ImagePoints, labels: ArrayLike<number>, options: LearnOptions = {}): LearnedGroups {
  const kinds = checkedKinds(points, labels);
  const tree = options.tree ?? wardLinkage({ data: points.data, count: points.count, channels: points.dims });
  ensure(tree.count === points.count, `a tree of ${tree.count} images does not fit ${points.count} points`);
  const learner = createLearner(points);
  const { fine, coarse } = cutsForNewKinds(kinds, points.count);
  const learned = learnedFrom(learner, points, labels, kinds, cut(tree, fine), cut(tree, coarse));
  const { calibration: { checked, right, sharpness, guessing }, weights, next, ...found } = learned;
  const { size, lower, landmarks } = learner.features;
  return {
    ...found,
    kinds,
    next: next(options.next ?? 12),
    check: { labels: checked, right },
    classifier: {
      kinds,
      dims: points.dims,
      landmarks,
      weights: onLandmarks(weights, lower, size, kinds),
      sharpness,
      guessing,
    },
  };
}

/** Turns weights of the features into weights of the kernel with each landmark. */
function onLandmarks(weights: Float64Array, lower: Float64Array, size: number, kinds: number): Float64Array {
  const own = new Float64Array(size * kinds);
  const column = new Float64Array(size);
  for (let kind = 0; kind < kinds; kind++) {
    for (let at = 0; at < size; at++) column[at] = weights[at * kinds + kind];
    solveUpper(lower, size, column);
    for (let at = 0; at < size; at++) own[at * kinds + kind] = column[at];
  }
  return own;
}

function checkedKinds({ data, count, dims }: ImagePoints, labels: ArrayLike<number>): number {
  ensure(data.length === count * dims, `${count} points of ${dims} numbers need ${count * dims}, got ${data.length}`);
  ensure(labels.length === count, `${labels.length} labels do not fit ${count} images`);
  const seen = new Set<number>();
  for (let image = 0; image < count; image++) {
    const label = labels[image];
    ensure(
      Number.isInteger(label) && label >= -1 && label < count,
      `label ${label} of image ${image} is no kind, nor −1`,
    );
    if (label >= 0) seen.add(label);
  }
  ensure(seen.size >= 2, `labels of ${seen.size} kinds say nothing of the others: label images of at least 2`);
  const most = Math.max(...seen);
  ensure(most < seen.size, `kinds are numbered to ${most}, but only ${seen.size} have labels`);
  return seen.size;
}
