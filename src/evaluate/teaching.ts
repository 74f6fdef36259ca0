// Simulates a person who labels images, and measures how well all other images are predicted: by the number of labels,
// and by which images have them.

import { chooseGroupCount } from "../cluster/choose_k.ts";
import { cut } from "../cluster/cut.ts";
import { linkage } from "../cluster/linkage.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { ensure } from "../errors.ts";
import { learnedFrom, learnedGroups } from "../learn/client/learned.js";
import { cutsForNewKinds } from "../learn/client/new_kinds.js";
import { createLearner } from "../learn/client/self_training.js";
import { type ImagePoints, pointsOf } from "../learn/points.ts";
import { seededRandom } from "../random.ts";
import type { Embeddings } from "../types.ts";
import { type Estimate, estimate } from "./protocol.ts";

/** Numbers of labels of each kind that are tried, drawn at random. */
export const LABELS_OF_A_KIND: readonly number[] = [1, 2, 3, 5, 10, 20];
/** Number of images that are labelled before the accuracy is measured again. */
const BATCH = 4;
/** Labels a kind, on average, up to which the two orders of labelling are compared. */
const MOST_OF_ORDERS = 10;
/** Labels of each kind in the measurements with a kind left out and with wrong answers. */
const [OF_KEPT_OUT, OF_WRONG] = [[5, 10], [5, 10]];
/** Share of wrong answers. */
const WRONG = 0.1;
const BINS = 10;

/** The accuracy after a number of labels of each kind, drawn at random. */
export interface TeachingRow {
  /** Labels of each kind. A small kind has labels for at most half of its images. */
  readonly each: number;
  /** Number of labels in all. */
  readonly labels: number;
  /** Share of the images without a label that are right. An image in a newly found group counts as wrong. */
  readonly accuracy: Estimate;
  readonly f1: Estimate;
  /** Accuracy of each image's likeliest kind, even for images in a newly found group. */
  readonly likeliest: Estimate;
  /** Accuracy if each image gets the kind of the nearest labelled one. */
  readonly nearest: Estimate;
  /** Expected calibration error, over the images that were given a kind. */
  readonly calibration: number;
  /** Share of the images that were put into newly found groups, although every kind has labels. */
  readonly foundFalsely: number;
}

/** The measurements of one set. */
export interface Teaching {
  readonly images: number;
  readonly kinds: number;
  readonly runs: number;
  readonly curve: readonly TeachingRow[];
  /**
   * Accuracy by number of labels, for two orders of labelling: images drawn at random, and those that are to be checked
   * next.
   */
  readonly orders: { readonly random: readonly OrderPoint[]; readonly next: readonly OrderPoint[] };
  /**
   * How many labels each order needs for the same accuracy: the accuracy that the random order has at `each` labels a
   * kind, on average.
   */
  readonly reach: readonly {
    readonly each: number;
    readonly accuracy: number;
    readonly random: number;
    /** Absent if this order does not reach the accuracy. */
    readonly next?: number;
  }[];
  /** Measurements in which one kind has no labels: the F1 of the newly found groups as a prediction of that kind. */
  readonly keptOut: readonly { readonly each: number; readonly f1: Estimate; readonly kinds: readonly number[] }[];
  /** Measurements in which a tenth of the answers is wrong. `clean` is the accuracy without wrong answers. */
  readonly wrong: readonly { readonly each: number; readonly accuracy: Estimate; readonly clean: Estimate }[];
}

/** Mean accuracy at a number of labels. */
export interface OrderPoint {
  readonly x: number;
  readonly y: number;
}

/** Images to learn from: points, tree and true kinds. */
interface Teachable {
  readonly points: ImagePoints;
  readonly truth: Int32Array;
  readonly kinds: number;
  /** The images of each kind. */
  readonly members: readonly (readonly number[])[];
  learn(labels: Int32Array, kinds: number): ReturnType<typeof learnedFrom>;
  /** Returns only the groups, in a fifth of the time. */
  groupsBy(labels: Int32Array, kinds: number): Int32Array;
}

/**
 * Measures how well labels teach the kinds of one set.
 *
 * @param labels the true kind of each image.
 * @param runs how many times each measurement is repeated, each time with other images labelled. Means are returned.
 * @param onProgress called after each step with the number of steps done and the number of all steps.
 * @throws {AnomalyClusterError} `bad-argument` for fewer than 2 kinds.
 */
export function measureTeaching(
  embeddings: Embeddings,
  labels: readonly string[],
  runs: number,
  onProgress?: (done: number, total: number) => void,
): Teaching {
  const names = [...new Set(labels)];
  ensure(names.length >= 2, "teaching needs images of at least 2 kinds");
  const distances = euclideanDistances(embeddings);
  const tree = linkage(distances, "ward");
  const { points } = pointsOf(distances);
  const learner = createLearner(points);
  const truth = Int32Array.from(labels, (label) => names.indexOf(label));
  const { count } = points;
  const set: Teachable = {
    points,
    truth,
    kinds: names.length,
    members: names.map((_, kind) => Array.from(truth.keys()).filter((image) => truth[image] === kind)),
    learn(given, kinds) {
      const { fine, coarse } = cutsForNewKinds(kinds, count);
      return learnedFrom(learner, points, given, kinds, cut(tree, fine), cut(tree, coarse));
    },
    groupsBy(given, kinds) {
      const { fine, coarse } = cutsForNewKinds(kinds, count);
      return learnedGroups(learner, points, given, kinds, cut(tree, fine), cut(tree, coarse)).groups;
    },
  };
  const starts = cut(tree, chooseGroupCount(distances, (k) => cut(tree, k), { tree, method: "ward" }).k);
  const parts = LABELS_OF_A_KIND.length + OF_KEPT_OUT.length + OF_WRONG.length + 2;
  let done = 0;
  const step = <T>(part: (run: number) => T): T[] =>
    Array.from({ length: runs }, (_, run) => {
      const result = part(run);
      onProgress?.(++done, parts * runs);
      return result;
    });

  const curve = LABELS_OF_A_KIND.map((each) => {
    const ones = step((run) => drawnOnce(set, each, seededRandom(1000 * each + run)));
    return {
      each,
      labels: ones[0].labels,
      accuracy: estimate(ones.map(({ accuracy }) => accuracy)),
      f1: estimate(ones.map(({ f1 }) => f1)),
      likeliest: estimate(ones.map(({ likeliest }) => likeliest)),
      nearest: estimate(ones.map(({ nearest }) => nearest)),
      calibration: estimate(ones.map(({ calibration }) => calibration)).mean,
      foundFalsely: estimate(ones.map(({ foundFalsely }) => foundFalsely)).mean,
    };
  });
  const most = Math.min(MOST_OF_ORDERS * set.kinds, Math.floor(count / 2));
  const random = meanOf(step((run) => orderOnce(set, starts, most, seededRandom(run), false)));
  const next = meanOf(step((run) => orderOnce(set, starts, most, seededRandom(run), true)));
  return {
    images: count,
    kinds: set.kinds,
    runs,
    curve,
    orders: { random, next },
    reach: reachOf(random, next, set.kinds),
    keptOut: OF_KEPT_OUT.map((each) => {
      const ones = step((run) => ({
        kind: run % set.kinds,
        f1: keptOutOnce(set, run % set.kinds, each, seededRandom(run)),
      }));
      const of = (kind: number) => estimate(ones.filter((one) => one.kind === kind).map(({ f1 }) => f1)).mean;
      return { each, f1: estimate(ones.map(({ f1 }) => f1)), kinds: names.map((_, kind) => of(kind)) };
    }),
    wrong: OF_WRONG.map((each) => ({
      each,
      accuracy: estimate(step((run) => wrongOnce(set, each, seededRandom(run)))),
      clean: curve.find((one) => one.each === each)!.accuracy,
    })),
  };
}

/** Returns the values in a random order. */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const all = [...values];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all;
}

/** Labels `each` images of each kind at random, but at most half of the images of a small kind. −1 elsewhere. */
export function drawnLabels(
  members: readonly (readonly number[])[],
  count: number,
  each: number,
  random: () => number,
): Int32Array {
  const labels = new Int32Array(count).fill(-1);
  members.forEach((own, kind) => {
    const most = Math.max(1, Math.min(each, Math.floor(own.length / 2)));
    for (const image of shuffled(own, random).slice(0, most)) labels[image] = kind;
  });
  return labels;
}

function drawnOnce(set: Teachable, each: number, random: () => number) {
  const labels = drawnLabels(set.members, set.truth.length, each, random);
  const { groups, confidences, probabilities } = set.learn(labels, set.kinds);
  const open = unlabelled(labels);
  const kind = groups.map((_, image) => {
    const own = probabilities.subarray(image * set.kinds, (image + 1) * set.kinds);
    return own.indexOf(own.reduce((most, value) => Math.max(most, value)));
  });
  const near = nearestLabelled(set.points, labels);
  return {
    labels: labels.length - open.length,
    accuracy: accuracyOf(open, groups, set.truth),
    f1: macroF1(open, groups, set.truth, set.kinds),
    likeliest: accuracyOf(open, kind, set.truth),
    nearest: accuracyOf(open, near, set.truth),
    calibration: calibrationError(open.filter((image) => groups[image] < set.kinds), confidences, groups, set.truth),
    foundFalsely: open.filter((image) => groups[image] >= set.kinds).length / open.length,
  };
}

/**
 * Returns the accuracy after each batch. The images to label are drawn at random or, if `isNext`, are first one image
 * of each group and then those that are to be checked next.
 */
function orderOnce(set: Teachable, starts: Int32Array, most: number, random: () => number, isNext: boolean) {
  const all = shuffled([...set.truth.keys()], random);
  const first = all.filter((image, at) => all.findIndex((other) => starts[other] === starts[image]) === at);
  const answered = new Set(isNext ? first : all.slice(0, first.length));
  const points: OrderPoint[] = [];
  for (;;) {
    const { labels, known } = compact(answered, set.truth);
    const learned = isNext && known.length > 1 ? set.learn(labels, known.length) : undefined;
    const groups = learned?.groups ??
      (known.length > 1 ? set.groupsBy(labels, known.length) : new Int32Array(labels.length));
    const told = groups.map((group) => known[group] ?? -1);
    points.push({ x: answered.size, y: accuracyOf(unlabelled(labels), told, set.truth) });
    if (answered.size >= most) return points;
    const wanted = isNext && learned
      ? learned.next(BATCH)
      : all.filter((image) => !answered.has(image)).slice(0, BATCH);
    for (const image of wanted) answered.add(image);
  }
}

/** Returns the labels of the answered images. Only kinds that have a label are numbered, from 0. */
function compact(answered: ReadonlySet<number>, truth: Int32Array) {
  const known = [...new Set(Array.from(answered, (image) => truth[image]))].sort((a, b) => a - b);
  const labels = truth.map((kind, image) => answered.has(image) ? known.indexOf(kind) : -1);
  return { labels, known };
}

function keptOutOnce(set: Teachable, out: number, each: number, random: () => number): number {
  const labels = drawnLabels(set.members, set.truth.length, each, random).map((kind) =>
    kind === out ? -1 : kind > out ? kind - 1 : kind
  );
  if (set.kinds < 3) return NaN;
  const groups = set.groupsBy(labels, set.kinds - 1);
  const isNew = groups.map((group) => Number(group >= set.kinds - 1));
  return f1Of(unlabelled(labels), isNew, set.truth.map((kind) => Number(kind === out)), 1);
}

function wrongOnce(set: Teachable, each: number, random: () => number): number {
  const labels = drawnLabels(set.members, set.truth.length, each, random);
  const open = unlabelled(labels);
  const labelled = shuffled(Array.from(labels.keys()).filter((image) => labels[image] >= 0), random);
  for (const image of labelled.slice(0, Math.round(WRONG * labelled.length))) {
    labels[image] = (labels[image] + 1 + Math.floor(random() * (set.kinds - 1))) % set.kinds;
  }
  const { labels: given, known } = compactLabels(labels);
  const groups = set.groupsBy(given, known.length);
  return accuracyOf(open, groups.map((group) => known[group] ?? -1), set.truth);
}

/** Numbers only the kinds that still have a label: a wrong answer may have taken a kind's only one. */
function compactLabels(labels: Int32Array) {
  const known = [...new Set(labels)].filter((label) => label >= 0).sort((a, b) => a - b);
  return { labels: labels.map((label) => known.indexOf(label)), known };
}

function unlabelled(labels: Int32Array): number[] {
  return Array.from(labels.keys()).filter((image) => labels[image] < 0);
}

function accuracyOf(images: readonly number[], groups: ArrayLike<number>, truth: ArrayLike<number>): number {
  return images.filter((image) => groups[image] === truth[image]).length / images.length;
}

/** Returns the mean F1 over the kinds. */
export function macroF1(
  images: readonly number[],
  groups: ArrayLike<number>,
  truth: ArrayLike<number>,
  kinds: number,
): number {
  return Array.from({ length: kinds }, (_, kind) => f1Of(images, groups, truth, kind))
    .reduce((sum, value) => sum + value, 0) / kinds;
}

function f1Of(images: readonly number[], groups: ArrayLike<number>, truth: ArrayLike<number>, kind: number): number {
  const [given, those] = [groups, truth].map((of) => images.filter((image) => of[image] === kind));
  const both = given.filter((image) => truth[image] === kind).length;
  return given.length + those.length ? 2 * both / (given.length + those.length) : 0;
}

/**
 * Returns the expected calibration error: the difference between confidence and accuracy, in ten bins of confidence,
 * averaged with the number of images in each as the weight (Guo et al. 2017).
 */
export function calibrationError(
  images: readonly number[],
  confidences: ArrayLike<number>,
  groups: ArrayLike<number>,
  truth: ArrayLike<number>,
): number {
  const gaps = new Float64Array(BINS);
  for (const image of images) {
    const bin = Math.min(BINS - 1, Math.floor(confidences[image] * BINS));
    gaps[bin] += confidences[image] - Number(groups[image] === truth[image]);
  }
  return images.length ? gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / images.length : 0;
}

/** Returns for each image the kind of the nearest labelled image. */
export function nearestLabelled({ data, dims, count }: ImagePoints, labels: Int32Array): Int32Array {
  const labelled = Array.from(labels.keys()).filter((image) => labels[image] >= 0);
  return Int32Array.from({ length: count }, (_, image) => {
    let [least, kind] = [Infinity, -1];
    for (const other of labelled) {
      let squared = 0;
      for (let dim = 0; dim < dims; dim++) squared += (data[image * dims + dim] - data[other * dims + dim]) ** 2;
      if (squared < least) [least, kind] = [squared, labels[other]];
    }
    return kind;
  });
}

/**
 * Averages curves over the runs. Both the accuracy and the number of labels are averaged, as that number varies a
 * little from run to run.
 */
function meanOf(runs: readonly (readonly OrderPoint[])[]): OrderPoint[] {
  const steps = Math.min(...runs.map((points) => points.length));
  return Array.from({ length: steps }, (_, at) => ({
    x: estimate(runs.map((points) => points[at].x)).mean,
    y: estimate(runs.map((points) => points[at].y)).mean,
  }));
}

function reachOf(random: readonly OrderPoint[], next: readonly OrderPoint[], kinds: number): Teaching["reach"] {
  return [3, 5, MOST_OF_ORDERS].flatMap((each) => {
    const point = random.findLast(({ x }) => x <= each * kinds + BATCH / 2);
    if (!point) return [];
    const reached = labelsFor(next, point.y);
    return [{
      each,
      accuracy: point.y,
      random: labelsFor(random, point.y)!,
      ...(reached !== undefined && { next: reached }),
    }];
  });
}

/** Returns the number of labels at which a curve first reaches an accuracy, interpolated between its points. */
export function labelsFor(points: readonly OrderPoint[], accuracy: number): number | undefined {
  const at = points.findIndex(({ y }) => y >= accuracy);
  if (at <= 0) return at < 0 ? undefined : points[0].x;
  const [before, after] = [points[at - 1], points[at]];
  return before.x + (accuracy - before.y) / (after.y - before.y) * (after.x - before.x);
}
