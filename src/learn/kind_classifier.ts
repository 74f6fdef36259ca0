// Predicts the kind of images that were not among those learned from.

import { ensure } from "../errors.ts";
import { probabilitiesInPlace } from "./client/calibration.js";
import { kernelWith } from "./client/kernel_features.js";

/** What {@linkcode learnGroups} learned, ready to be used for other images. Plain and serialisable. */
export interface KindClassifier {
  /** Number of kinds. */
  readonly kinds: number;
  /** Number of coordinates of a point. */
  readonly dims: number;
  /** Points of some of the images, the landmarks: `[landmarks, dims]`. */
  readonly landmarks: Float32Array;
  /** Weight of each landmark for each kind: `[landmarks, kinds]`. */
  readonly weights: Float64Array;
  /** Sharpness of the softmax that turns scores into probabilities. */
  readonly sharpness: number;
  /** Share of pure guessing in a probability, from 0 to below 1. */
  readonly guessing: number;
}

/**
 * Returns the probability of each kind for an image: `[kinds]`, with sum 1. It does not say whether the image is of any
 * of these kinds at all.
 *
 * @param point the image's point. {@linkcode pointBy} makes it by the axes of the images learned from.
 * @throws {AnomalyClusterError} `bad-argument` for a point of another length.
 */
export function kindOf(classifier: KindClassifier, point: Float32Array): Float64Array {
  const { kinds, dims, landmarks, weights } = classifier;
  ensure(point.length === dims, `the classifier takes points of ${dims} numbers, not ${point.length}`);
  const kernel = new Float64Array(landmarks.length / dims);
  kernelWith(point, dims, 0, landmarks, kernel);
  const scores = new Float64Array(kinds);
  kernel.forEach((value, landmark) => {
    for (let kind = 0; kind < kinds; kind++) scores[kind] += value * weights[landmark * kinds + kind];
  });
  probabilitiesInPlace(scores, classifier);
  return scores;
}
