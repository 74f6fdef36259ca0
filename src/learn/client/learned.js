// Joins all parts of learning into one answer, for the library and for the report's page.

import { calibrate, probabilitiesInPlace } from "./calibration.js";
import { checkNext } from "./check_next.js";
import { findNewKinds } from "./new_kinds.js";

/**
 * @typedef {object} Learned
 * @property {Int32Array} groups for each image its kind, from 0; `kinds` or more for a new kind without a label
 * @property {number} found how many new kinds there are
 * @property {Float64Array} confidences for each image the probability, from 0 to 1, that its kind is right: 1 for a
 * label, NaN in new kinds
 * @property {Float64Array} probabilities of each kind with labels: `[count, kinds]`
 * @property {{ sharpness: number, guessing: number, checked: number, right: number }} calibration
 * @property {Float64Array} weights of the features, for each kind: `[size, kinds]`
 * @property {(wanted: number) => number[]} next returns the images whose answers would help most
 */

/**
 * @typedef {object} LearnedGroups
 * @property {Int32Array} groups for each image its kind, from 0; `kinds` or more for a new kind without a label
 * @property {number} found how many new kinds there are
 * @property {() => Learned} withConfidences adds how sure each group is, which takes longer than the groups
 */

/**
 * Returns what labels say about all images.
 * @param {ReturnType<import("./self_training.js").createLearner>} learner
 * @param {{ data: Float32Array, count: number, dims: number }} points that the learner was made from
 * @param {ArrayLike<number>} labels for each image its kind from 0, or −1 without a label
 * @param {number} kinds at least 2, each with a label
 * @param {ArrayLike<number>} fine group of each image in a fine cut of the images' tree: see `cutsForNewKinds`
 * @param {ArrayLike<number>} coarse the same in a coarse cut
 * @returns {Learned}
 */
export function learnedFrom(learner, points, labels, kinds, fine, coarse) {
  return learnedGroups(learner, points, labels, kinds, fine, coarse).withConfidences();
}

/**
 * Returns only the groups of `learnedFrom`, so that a page can show them before their confidences are known. The
 * parameters are the same.
 * @returns {LearnedGroups}
 */
export function learnedGroups(learner, points, labels, kinds, fine, coarse) {
  const { count } = points;
  const labelled = [];
  for (let image = 0; image < count; image++) if (labels[image] >= 0) labelled.push(image);
  const kindOf = labelled.map((image) => labels[image]);
  const { weights, factor } = learner.fit(labelled, kindOf, kinds);
  const added = findNewKinds(points, labelled, kinds, fine, coarse);
  const groups = new Int32Array(count);
  const scores = new Float64Array(count * kinds);
  let found = 0;
  for (let image = 0; image < count; image++) {
    const own = scores.subarray(image * kinds, (image + 1) * kinds);
    learner.score(image, weights, own);
    if (labels[image] >= 0) groups[image] = labels[image];
    else if (added[image] >= 0) {
      groups[image] = kinds + added[image];
      found = Math.max(found, added[image] + 1);
    } else [groups[image]] = twoLargest(own);
  }

  function withConfidences() {
    const calibration = calibrate(learner, labelled, kindOf, kinds);
    const confidences = new Float64Array(count);
    const probabilities = scores.slice();
    const doubts = new Float64Array(count);
    for (let image = 0; image < count; image++) {
      const own = probabilities.subarray(image * kinds, (image + 1) * kinds);
      probabilitiesInPlace(own, calibration);
      const [best, second] = twoLargest(own);
      doubts[image] = 1 - (own[best] - own[second]);
      if (labels[image] >= 0) confidences[image] = 1;
      else if (groups[image] >= kinds) [confidences[image], doubts[image]] = [NaN, 1];
      else confidences[image] = own[best];
    }
    const answered = new Set(labelled);
    const next = (wanted) => checkNext(learner, factor, doubts, answered, wanted);
    return { groups, found, confidences, probabilities, calibration, weights, next };
  }

  return { groups, found, withConfidences };
}

function twoLargest(values) {
  let [best, second] = values[0] >= values[1] ? [0, 1] : [1, 0];
  for (let at = 2; at < values.length; at++) {
    if (values[at] > values[best]) [best, second] = [at, best];
    else if (values[at] > values[second]) second = at;
  }
  return [best, second];
}
