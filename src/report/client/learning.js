// Learns the kinds of all images from those that a person confirmed: on request, or after every label.

import { createLearner } from "../../learn/client/self_training.js";
import { learnedGroups } from "../../learn/client/learned.js";
import { cutsForNewKinds } from "../../learn/client/new_kinds.js";
import { cutTree } from "./grouping.js";
import { kindsOf } from "./labelled_groups.js";
import { unpackPoints } from "./packed_points.js";
import { remember, remembered } from "./remembered.js";

// From this probability on an image counts as sure.
const SURE_FROM = 0.9;

// Milliseconds to wait for more labels. Labels that come together, as by keys pressed quickly, are learned from
// together.
const PAUSE = 30;

// How many images are asked about in one round.
const ASKED_AT_ONCE = 12;

const AS_I_GO_KEY = "anomaly-cluster learn-as-i-go";

export function createLearning({ report: { images, tree, points: packed }, edits }) {
  const scores = images.map(({ score }) => score);
  const known = new WeakMap();
  const cuts = new Map();
  const listeners = [];
  let points;
  let learner;
  let isAsIGo = remembered(AS_I_GO_KEY) === "yes";
  let timer;
  let latest;

  // Prepares the learner, once. It takes a fifth of a second with 2,000 images, which includes a first fit.
  function prepare() {
    if (learner) return;
    points = unpackPoints(packed);
    learner = createLearner(points);
    learner.fit([0, 1], [0, 1], 2);
  }

  function groupOfEach(k) {
    if (!cuts.has(k)) {
      const groups = new Int32Array(images.length);
      cutTree(tree.pairs, scores, k).forEach((members, at) => {
        for (const member of members) groups[member] = at;
      });
      cuts.set(k, groups);
    }
    return cuts.get(k);
  }

  // Returns what the confirmed images of a state say about all images. Groups are computed at once, the confidences
  // only when they are asked for.
  function learnedOf(state) {
    if (known.has(state.confirmed)) return known.get(state.confirmed);
    prepare();
    const kinds = kindsOf(state);
    const kindAt = new Map(kinds.map(({ number }, at) => [number, at]));
    const labels = new Int32Array(images.length).fill(-1);
    for (const [image, number] of state.confirmed) labels[image] = kindAt.get(number);
    const { fine, coarse } = cutsForNewKinds(kinds.length, images.length);
    const grouped = learnedGroups(learner, points, labels, kinds.length, groupOfEach(fine), groupOfEach(coarse));
    let [sure, next] = [];
    const learned = {
      ...grouped,
      numbers: kinds.map(({ number }) => number),
      sure: () => sure ??= grouped.withConfidences(),
      next: () => next ??= learned.sure().next(ASKED_AT_ONCE),
    };
    known.set(state.confirmed, learned);
    return learned;
  }

  // Returns what is missing before anything can be learned, as text. Nothing if nothing is missing.
  function missing() {
    const count = kindsOf(edits.present()).length;
    if (count === 0) return "Confirm images of at least two groups first.";
    return count === 1 ? "Confirm images of another group too." : undefined;
  }

  // Learns and shows the groups at once. The confidences follow when the groups are on the screen.
  function learn(isPart) {
    clearTimeout(timer);
    if (missing() || edits.present().isLearned) return;
    const learned = learnedOf(edits.present());
    const told = inPlace(() => edits.learn(learned, isPart));
    const state = edits.present();
    afterPaint(() => {
      if (edits.present() === state) tellSureness();
      for (const listener of listeners) listener(told, isPart);
    });
  }

  function tellSureness() {
    const state = edits.present();
    if (state.isSurenessKnown) return;
    const learned = latest = learnedOf(state);
    edits.tellSureness(learned.sure().confidences);
    whenIdle(learned.next);
  }

  // The learner is prepared when the first image is confirmed, in a moment when the page has nothing else to do.
  edits.onEvery((state, how) => {
    clearTimeout(timer);
    if (!learner && state.confirmed.size > 0) whenIdle(prepare);
    if (missing()) return;
    if (state.isLearned && !state.isSurenessKnown) afterPaint(() => edits.present() === state && tellSureness());
    else if (isAsIGo && how !== "undo" && !state.isLearned) timer = setTimeout(() => learn(true), PAUSE);
  });

  const { isLearned, isSurenessKnown } = edits.present();
  if (isLearned && !isSurenessKnown && !missing()) whenIdle(tellSureness);

  return {
    missing,
    // Learns from all images confirmed now, as a step of its own for undo.
    learn: () => learn(false),
    onLearned: (listener) => listeners.push(listener),
    isAsIGo: () => isAsIGo,
    learnAsIGo(yes) {
      isAsIGo = yes;
      remember(AS_I_GO_KEY, yes ? "yes" : "no");
      if (yes) learn(false);
    },
    // Returns the images whose answers would help most, by all that is confirmed now.
    next() {
      learn(false);
      tellSureness();
      latest = learnedOf(edits.present());
      return latest.next();
    },
    // Returns the probability of each kind for an image, by the kind's number, as last learned. Empty for an image that
    // resembles no kind.
    chancesOf(image) {
      if (!latest || latest.groups[image] >= latest.numbers.length) return new Map();
      const { probabilities } = latest.sure();
      const count = latest.numbers.length;
      return new Map(latest.numbers.map((number, at) => [number, probabilities[image * count + at]]));
    },
  };
}

/**
 * Returns what is known about an image's group. "confirmed": a person confirmed it. "sure" and "unsure": it was
 * learned. "new": no confirmed image resembles it. "open": nothing is known.
 * @returns {"confirmed" | "sure" | "unsure" | "new" | "open"}
 */
export function standingOf(image, { confirmed, confidences }, isInNewGroup) {
  if (confirmed.has(image)) return "confirmed";
  if (confidences[image] !== null) return isSure(confidences[image]) ? "sure" : "unsure";
  return isInNewGroup ? "new" : "open";
}

export function isSure(confidence) {
  return confidence >= SURE_FROM;
}

// Returns a confidence as text. Never 100 %, as only a person is certain.
export function sureness(confidence) {
  return `${Math.min(99, Math.floor(100 * confidence))} %`;
}

// Keeps the focused card at its place in the window while other things move around it.
function inPlace(work) {
  const card = document.activeElement?.closest(".card");
  const top = card?.getBoundingClientRect().top;
  const result = work();
  if (card) scrollBy({ top: card.getBoundingClientRect().top - top, behavior: "instant" });
  return result;
}

// Runs work once the last changes are on the screen.
function afterPaint(work) {
  requestAnimationFrame(() => setTimeout(work));
}

function whenIdle(work) {
  if (typeof requestIdleCallback === "function") requestIdleCallback(work);
  else setTimeout(work);
}
