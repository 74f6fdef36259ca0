// Kinds of all images from the few that a person labelled.

import { evenly } from "../../evenly.js";
import { cholesky, solveLower, solveUpper } from "./cholesky.js";
import { kernelFeatures } from "./kernel_features.js";

/** Landmarks of the kernel: more cost time and were no better, with 600 images and six kinds. */
const MOST_LANDMARKS = 256;
/** Ridge. */
const RIDGE = 0.1;
/** What an image counts for whose kind is only believed; one that a person labelled counts for 1. */
const BELIEVED = 0.05;
/** How sharply scores become beliefs, and how often these are renewed. */
const [SHARPNESS, ROUNDS] = [10, 5];
/** Images by which learning is checked with a part of the labels left out. */
const SAMPLE_OF_CHECKS = 512;

/**
 * Learns kinds from labels: regularised least squares on a Gaussian kernel, first of the labelled images alone, then of all,
 * each with the kinds that it is believed to be (self-training: Scudder 1965; soft labels as in Lee 2013).
 *
 * @param {{ data: Float32Array, count: number, dims: number }} points `[count, dims]`, each of length 1
 */
export function createLearner(points) {
  const { count } = points;
  const features = kernelFeatures(points, evenly(count, MOST_LANDMARKS));
  const { data, size } = features;
  const all = Array.from({ length: count }, (_, image) => image);
  const some = evenly(count, SAMPLE_OF_CHECKS);
  const parts = new Map([[all, undefined], [some, undefined]]);

  /** Gram matrix of some images, each counting as one that is believed; found when it is first asked for. */
  function believedGram(images) {
    let gram = parts.get(images);
    if (!gram) {
      gram = new Float64Array(size * size);
      const weight = BELIEVED * count / images.length;
      for (const image of images) addOuter(gram, data, image, size, weight);
      parts.set(images, gram);
    }
    return gram;
  }

  /**
   * @param {readonly number[]} labelled images with labels
   * @param {readonly number[]} kindOf their kinds, from 0
   * @param {number} kinds
   * @param {boolean} [quick] by a sample of the images, for a check
   * @returns {{ weights: Float64Array, factor: Float64Array }} `[size, kinds]`; and the factor of the labelled images alone
   */
  function fit(labelled, kindOf, kinds, quick = false) {
    const images = quick ? some : all;
    const alone = identity(size, RIDGE);
    for (const image of labelled) addOuter(alone, data, image, size, 1);
    const together = alone.slice();
    const gram = believedGram(images);
    for (let at = 0; at < gram.length; at++) together[at] += gram[at];
    const [factor, factorOfAll] = [cholesky(alone, size), cholesky(together, size)];

    const weight = BELIEVED * count / images.length;
    const isLabelled = new Set(labelled);
    const believing = images.filter((image) => !isLabelled.has(image));
    const ofLabels = new Float64Array(size * kinds);
    const target = new Float64Array(kinds);
    labelled.forEach((image, at) => {
      for (let kind = 0; kind < kinds; kind++) target[kind] = (kind === kindOf[at] ? 1 : 0) - 1 / kinds;
      addProduct(ofLabels, data, image, size, target, 1);
    });
    let weights = solved(factor, size, ofLabels, kinds);
    const scores = new Float64Array(kinds);
    for (let round = 0; round < ROUNDS; round++) {
      const right = ofLabels.slice();
      for (const image of believing) {
        scoresOf(data, image, size, weights, scores);
        softmaxInPlace(scores, SHARPNESS);
        for (let kind = 0; kind < kinds; kind++) target[kind] = scores[kind] - 1 / kinds;
        addProduct(right, data, image, size, target, weight);
      }
      weights = solved(factorOfAll, size, right, kinds);
    }
    return { weights, factor };
  }

  /** Scores of an image for each kind. */
  function score(image, weights, into) {
    scoresOf(data, image, size, weights, into);
  }

  return { features, count, fit, score };
}

/** Scores → shares that sum to 1. */
export function softmaxInPlace(scores, sharpness) {
  let most = -Infinity;
  for (const score of scores) most = Math.max(most, score);
  let sum = 0;
  for (let kind = 0; kind < scores.length; kind++) sum += scores[kind] = Math.exp(sharpness * (scores[kind] - most));
  for (let kind = 0; kind < scores.length; kind++) scores[kind] /= sum;
}

function identity(size, value) {
  const matrix = new Float64Array(size * size);
  for (let at = 0; at < size; at++) matrix[at * size + at] = value;
  return matrix;
}

/** Adds weight · x · xᵀ to the lower triangle, which is all that is read. */
function addOuter(matrix, data, image, size, weight) {
  const from = image * size;
  for (let row = 0; row < size; row++) {
    const factor = weight * data[from + row];
    const ofRow = row * size;
    for (let col = 0; col <= row; col++) matrix[ofRow + col] += factor * data[from + col];
  }
}

/** Adds weight · x · targetᵀ. */
function addProduct(matrix, data, image, size, target, weight) {
  const from = image * size;
  const kinds = target.length;
  for (let row = 0; row < size; row++) {
    const factor = weight * data[from + row];
    for (let kind = 0; kind < kinds; kind++) matrix[row * kinds + kind] += factor * target[kind];
  }
}

function scoresOf(data, image, size, weights, into) {
  const from = image * size;
  const kinds = into.length;
  into.fill(0);
  for (let row = 0; row < size; row++) {
    const value = data[from + row];
    for (let kind = 0; kind < kinds; kind++) into[kind] += value * weights[row * kinds + kind];
  }
}

function solved(factor, size, right, kinds) {
  const weights = new Float64Array(size * kinds);
  const column = new Float64Array(size);
  for (let kind = 0; kind < kinds; kind++) {
    for (let row = 0; row < size; row++) column[row] = right[row * kinds + kind];
    solveLower(factor, size, column);
    solveUpper(factor, size, column);
    for (let row = 0; row < size; row++) weights[row * kinds + kind] = column[row];
  }
  return weights;
}
