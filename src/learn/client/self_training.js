// Learns the kinds of all images from the few that a person labelled.

import { evenly } from "../../evenly.js";
import { cholesky, solveLower, solveUpper } from "./cholesky.js";
import { kernelFeatures } from "./kernel_features.js";

/** Most landmarks of the kernel. With 600 images and six kinds, more took longer and were no better. */
const MOST_LANDMARKS = 256;
/** Ridge of the least squares. */
const RIDGE = 0.1;
/** Weight of an image whose kind is only predicted. An image with a label has weight 1. */
const BELIEVED = 0.05;
/** How sharply scores become predictions, and how often the predictions are renewed. */
const [SHARPNESS, ROUNDS] = [10, 5];
/** Number of images used in a check that leaves a part of the labels out. */
const SAMPLE_OF_CHECKS = 512;

/**
 * Returns a learner: regularised least squares on a Gaussian kernel. It first learns from the labelled images alone,
 * then from all images, each with the kinds predicted for it (self-training: Scudder 1965; soft labels as in Lee 2013).
 *
 * @param {{ data: Float32Array, count: number, dims: number }} points `[count, dims]`, each of length 1
 */
export function createLearner(points) {
  const { count } = points;
  const features = kernelFeatures(points, evenly(count, MOST_LANDMARKS));
  const { data, size } = features;
  const all = Array.from({ length: count }, (_, image) => image);
  const some = evenly(count, SAMPLE_OF_CHECKS);
  const grams = new Map();

  /**
   * Returns the Gram matrix of some images, each with the weight of a predicted one. It is computed once and then kept.
   */
  function believedGram(images) {
    let gram = grams.get(images);
    if (!gram) {
      gram = new Float64Array(size * size);
      const weight = BELIEVED * count / images.length;
      addOuters(gram, data, images, size, weight);
      grams.set(images, gram);
    }
    return gram;
  }

  /**
   * Learns from labels.
   * @param {readonly number[]} labelled images with labels
   * @param {readonly number[]} kindOf their kinds, from 0
   * @param {number} kinds
   * @param {boolean} [quick] learns from a sample of the images, for a check
   * @returns {{ weights: Float64Array, factor: Float64Array }} weights are `[size, kinds]`; the factor is the Cholesky
   * factor of the labelled images alone
   */
  function fit(labelled, kindOf, kinds, quick = false) {
    const images = quick ? some : all;
    const alone = identity(size, RIDGE);
    addOuters(alone, data, labelled, size, 1);
    const together = alone.slice();
    const gram = believedGram(images);
    for (let at = 0; at < gram.length; at++) together[at] += gram[at];
    const [factor, factorOfAll] = [cholesky(alone, size), cholesky(together, size)];

    const weight = BELIEVED * count / images.length;
    const isLabelled = new Set(labelled);
    const believing = images.filter((image) => !isLabelled.has(image));
    const ofLabels = new Float64Array(size * kinds);
    const targets = new Float64Array(4 * kinds);
    inFours(labelled, (four, from) => {
      four.forEach((_, at) => {
        for (let kind = 0; kind < kinds; kind++) {
          targets[at * kinds + kind] = (kind === kindOf[from + at] ? 1 : 0) - 1 / kinds;
        }
      });
      addProducts(ofLabels, data, four, size, targets, kinds, 1);
    });
    let weights = solved(factor, size, ofLabels, kinds);
    const scores = new Float64Array(kinds);
    for (let round = 0; round < ROUNDS; round++) {
      const right = ofLabels.slice();
      inFours(believing, (four) => {
        four.forEach((image, at) => {
          scoresOf(data, image, size, weights, scores);
          softmaxInPlace(scores, SHARPNESS);
          for (let kind = 0; kind < kinds; kind++) targets[at * kinds + kind] = scores[kind] - 1 / kinds;
        });
        addProducts(right, data, four, size, targets, kinds, weight);
      });
      weights = solved(factorOfAll, size, right, kinds);
    }
    return { weights, factor };
  }

  /** Writes the scores of an image for each kind. */
  function score(image, weights, into) {
    scoresOf(data, image, size, weights, into);
  }

  return { features, count, fit, score };
}

/** Turns scores into shares that sum to 1, in place. */
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

/** Calls a function with four values at a time and the index of the first: a fourth of the reads and writes. */
function inFours(values, use) {
  for (let from = 0; from < values.length; from += 4) use(values.slice(from, from + 4), from);
}

/** Adds weight · x · xᵀ of each image to the lower triangle. Nothing reads the upper one. */
function addOuters(matrix, data, images, size, weight) {
  inFours(images, (four) => {
    // If there are fewer than four images, the missing ones get weight 0.
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => (four[at] ?? 0) * size);
    const [weightB, weightC, weightD] = [1, 2, 3].map((at) => at < four.length ? weight : 0);
    for (let row = 0; row < size; row++) {
      const [factorA, factorB] = [weight * data[a + row], weightB * data[b + row]];
      const [factorC, factorD] = [weightC * data[c + row], weightD * data[d + row]];
      const ofRow = row * size;
      for (let col = 0; col <= row; col++) {
        let value = matrix[ofRow + col] + factorA * data[a + col];
        value += factorB * data[b + col];
        value += factorC * data[c + col];
        matrix[ofRow + col] = value + factorD * data[d + col];
      }
    }
  });
}

/** Adds weight · x · targetᵀ of up to four images. Their targets lie one after another. */
function addProducts(matrix, data, four, size, targets, kinds, weight) {
  const [a, b, c, d] = [0, 1, 2, 3].map((at) => (four[at] ?? 0) * size);
  const [weightB, weightC, weightD] = [1, 2, 3].map((at) => at < four.length ? weight : 0);
  for (let row = 0; row < size; row++) {
    const [factorA, factorB] = [weight * data[a + row], weightB * data[b + row]];
    const [factorC, factorD] = [weightC * data[c + row], weightD * data[d + row]];
    const ofRow = row * kinds;
    for (let kind = 0; kind < kinds; kind++) {
      let value = matrix[ofRow + kind] + factorA * targets[kind];
      value += factorB * targets[kinds + kind];
      value += factorC * targets[2 * kinds + kind];
      matrix[ofRow + kind] = value + factorD * targets[3 * kinds + kind];
    }
  }
}

/** Writes the scores of an image for each kind, four kinds at a time. */
function scoresOf(data, image, size, weights, into) {
  const from = image * size;
  const kinds = into.length;
  let kind = 0;
  for (; kind + 3 < kinds; kind += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let row = 0, at = kind; row < size; row++, at += kinds) {
      const value = data[from + row];
      a += value * weights[at];
      b += value * weights[at + 1];
      c += value * weights[at + 2];
      d += value * weights[at + 3];
    }
    [into[kind], into[kind + 1], into[kind + 2], into[kind + 3]] = [a, b, c, d];
  }
  for (; kind < kinds; kind++) {
    let sum = 0;
    for (let row = 0; row < size; row++) sum += data[from + row] * weights[row * kinds + kind];
    into[kind] = sum;
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
