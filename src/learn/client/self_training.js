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
  const grams = new Map();

  /** Gram matrix of some images, each counting as one that is believed; found when it is first asked for. */
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
   * @param {readonly number[]} labelled images with labels
   * @param {readonly number[]} kindOf their kinds, from 0
   * @param {number} kinds
   * @param {boolean} [quick] by a sample of the images, for a check
   * @returns {{ weights: Float64Array, factor: Float64Array }} `[size, kinds]`; and the factor of the labelled images alone
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

/** Calls `use` with four at a time, which take a fourth of the reads and writes, and where they begin. */
function inFours(values, use) {
  for (let from = 0; from < values.length; from += 4) use(values.slice(from, from + 4), from);
}

/** Adds weight · x · xᵀ of each image to the lower triangle, which is all that is read. */
function addOuters(matrix, data, images, size, weight) {
  inFours(images, (four) => {
    // A fourth that is missing counts for nothing.
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

/** Adds weight · x · targetᵀ of up to four images, their targets one after another. */
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

/** Scores of an image for each kind, four kinds at a time. */
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
