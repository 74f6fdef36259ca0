// Finds how sure the answers are: it learns without some of the labels and checks how well those are predicted.

import { softmaxInPlace } from "./self_training.js";

/** Parts into which the labels are split. */
const FOLDS = 5;
/**
 * Sharpness of the scores when there is nothing to check with, and the sharpnesses and shares of pure guessing that are
 * tried.
 */
const [USUAL_SHARPNESS, SHARPNESSES, GUESSING] = [
  8,
  Array.from({ length: 24 }, (_, at) => 1.15 ** at),
  [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5],
];

/**
 * Finds the sharpness and the share of guessing that turn scores into probabilities. They are those under which
 * left-out labels are likeliest (temperature scaling: Guo et al. 2017). With few labels they stay near the usual
 * values.
 *
 * @param {ReturnType<import("./self_training.js").createLearner>} learner
 * @param {readonly number[]} labelled images with labels
 * @param {readonly number[]} kindOf their kinds, from 0
 * @param {number} kinds
 * @returns {{ sharpness: number, guessing: number, checked: number, right: number }} "checked" counts the labels that
 * were left out, "right" those of them that would have been predicted rightly
 */
export function calibrate(learner, labelled, kindOf, kinds) {
  const held = heldOut(learner, labelled, kindOf, kinds);
  let [best, sharpness, guessing] = [Infinity, USUAL_SHARPNESS, 0];
  const shares = new Float64Array(kinds);
  for (const one of SHARPNESSES) {
    const chances = held.map(({ scores, kind }) => {
      shares.set(scores);
      softmaxInPlace(shares, one);
      return shares[kind];
    });
    for (const guess of GUESSING) {
      let loss = Math.log(one / USUAL_SHARPNESS) ** 2 + 2 * guess;
      for (const chance of chances) loss -= Math.log((1 - guess) * chance + guess / kinds + 1e-9);
      if (loss < best) [best, sharpness, guessing] = [loss, one, guess];
    }
  }
  const right = held.filter(({ scores, kind }) => scores.every((score) => score <= scores[kind])).length;
  return { sharpness, guessing, checked: held.length, right };
}

/**
 * Turns scores into probabilities, in place.
 * @param {Float64Array} scores
 * @param {{ sharpness: number, guessing: number }} calibration
 */
export function probabilitiesInPlace(scores, { sharpness, guessing }) {
  softmaxInPlace(scores, sharpness);
  for (let kind = 0; kind < scores.length; kind++) {
    scores[kind] = (1 - guessing) * scores[kind] + guessing / scores.length;
  }
}

/**
 * Returns scores of labelled images by what is learned without them, one part after another. The only label of a kind
 * is never left out.
 */
function heldOut(learner, labelled, kindOf, kinds) {
  const counts = new Int32Array(kinds);
  for (const kind of kindOf) counts[kind]++;
  const seen = new Int32Array(kinds);
  const folds = kindOf.map((kind) => counts[kind] < 2 ? -1 : seen[kind]++ % Math.min(FOLDS, counts[kind]));
  const found = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const out = labelled.filter((_, at) => folds[at] === fold);
    if (out.length === 0) continue;
    const left = kindOf.filter((_, at) => folds[at] === fold);
    const { weights } = learner.fit(
      labelled.filter((_, at) => folds[at] !== fold),
      kindOf.filter((_, at) => folds[at] !== fold),
      kinds,
      true,
    );
    out.forEach((image, at) => {
      const scores = new Float64Array(kinds);
      learner.score(image, weights, scores);
      found.push({ scores, kind: left[at] });
    });
  }
  return found;
}
