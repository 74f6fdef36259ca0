// The kind of an image that was not among those learned from.

import { ensure } from "../errors.ts";
import { probabilitiesInPlace } from "./client/calibration.js";
import { kernelWith } from "./client/kernel_features.js";

/** What {@linkcode learnGroups} learned, for other images. Plain and serialisable. */
export interface KindClassifier {
  /** Kinds that it tells. */
  readonly kinds: number;
  /** Numbers of a point. */
  readonly dims: number;
  /** Points of some images: `[landmarks, dims]`. */
  readonly landmarks: Float32Array;
  /** Weight of each for each kind: `[landmarks, kinds]`. */
  readonly weights: Float64Array;
  /** Of the softmax that turns scores into probabilities. */
  readonly sharpness: number;
  /** Share of an answer that is pure guessing, from 0 to below 1. */
  readonly guessing: number;
}

/**
 * Probability of each kind for an image: `[kinds]`, which sum to 1. Says nothing of whether it is of any of them.
 *
 * @param point of the image, as {@linkcode pointBy} makes it by the axes of the images learned from.
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
