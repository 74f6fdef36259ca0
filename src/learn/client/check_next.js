// Chooses the images that a person should look at next: those whose answers say most about all others.

import { evenly } from "../../evenly.js";
import { solveLower } from "./cholesky.js";

/** How many images are considered, and how many of these are the least sure ones. */
const [CANDIDATES, LEAST_SURE] = [400, 100];
/** Weight of a sure image; a wholly undecided one has 1 more. */
const SURE = 0.05;

/**
 * Returns images in the order in which their answers help most. Each one lowers the mean variance of what is learned as
 * much as any can (transductive experimental design: Yu, Bi and Tresp 2006). Unsure images count more in that mean.
 *
 * @param {ReturnType<import("./self_training.js").createLearner>} learner
 * @param {Float64Array} factor of the labelled images, as the learner's fit gives it
 * @param {Float64Array} doubts of each image, from 0 (sure) to 1 (two kinds are equally likely)
 * @param {ReadonlySet<number>} answered images that are not asked about
 * @param {number} wanted how many images to return
 * @returns {number[]}
 */
export function checkNext({ features: { data, size }, count }, factor, doubts, answered, wanted) {
  const open = Array.from({ length: count }, (_, image) => image).filter((image) => !answered.has(image));
  const unsure = [...open].sort((a, b) => doubts[b] - doubts[a] || a - b).slice(0, LEAST_SURE);
  const spread = evenly(open.length, CANDIDATES - LEAST_SURE).map((at) => open[at]);
  const images = [...new Set([...unsure, ...spread])].sort((a, b) => a - b);
  const covariance = posteriorCovariance(data, size, factor, images);
  const n = images.length;
  const weights = images.map((image) => SURE + doubts[image]);
  const left = new Set(images.keys());
  const chosen = [];
  while (chosen.length < wanted && left.size > 0) {
    let [most, next] = [-1, -1];
    for (const at of left) {
      let gain = 0;
      for (let other = 0; other < n; other++) gain += weights[other] * covariance[at * n + other] ** 2;
      gain /= 1 + covariance[at * n + at];
      if (gain > most) [most, next] = [gain, at];
    }
    left.delete(next);
    chosen.push(images[next]);
    const row = covariance.slice(next * n, (next + 1) * n);
    const scale = 1 / (1 + row[next]);
    for (let at = 0; at < n; at++) {
      const factorOfRow = scale * row[at];
      for (let other = 0; other < n; other++) covariance[at * n + other] -= factorOfRow * row[other];
    }
  }
  return chosen;
}

/** Returns the covariance of the predictions for some images, given the labels: with A = L · Lᵀ, (L⁻¹ x) · (L⁻¹ y). */
function posteriorCovariance(data, size, factor, images) {
  const n = images.length;
  const rows = new Float64Array(n * size);
  images.forEach((image, at) => {
    const row = rows.subarray(at * size, (at + 1) * size);
    row.set(data.subarray(image * size, (image + 1) * size));
    solveLower(factor, size, row);
  });
  const covariance = new Float64Array(n * n);
  for (let at = 0; at < n; at++) {
    for (let other = 0; other <= at; other++) {
      let sum = 0;
      for (let dim = 0; dim < size; dim++) sum += rows[at * size + dim] * rows[other * size + dim];
      covariance[at * n + other] = covariance[other * n + at] = sum;
    }
  }
  return covariance;
}
