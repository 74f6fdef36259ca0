import { silhouette } from "../metric/silhouette.ts";
import type { DistanceMatrix } from "../types.ts";
import type { Linkage, LinkageMethod } from "./linkage.ts";
import { type PredictionStrength, predictionStrengths } from "./prediction_strength.ts";

/** The largest number of groups that is tried. */
const MOST = 20;
/** From this many images on, prediction strength is left out: linking the halves would take too long. */
const STRENGTH_BELOW = 5000;
/** Groups that merge below this share of the tree's height are one kind, however clearly they differ. */
const ONE_KIND_BELOW = 0.2;
/**
 * The share of the best clarity from which other numbers of groups may be meant as well, and how many are listed at
 * most.
 */
const [AS_CLEAR, MOST_AS_CLEAR] = [0.75, 5];

/** A number of groups, with the values that speak for it. */
export interface TriedGroupCount {
  /** Number of groups. */
  readonly k: number;
  /** How clear this number is, from 0 to 1 for the clearest; see {@linkcode chooseGroupCount}. */
  readonly clarity: number;
  /** Mean silhouette, from −1 to 1. */
  readonly silhouette: number;
  /**
   * Only for a linkage: the gap in the tree's heights, from 0 to 1. It is the difference between the height at which
   * the next two groups would merge and that of the last merge within the groups, as a share of the former.
   */
  readonly gap?: number;
  /**
   * Only for a linkage: how well the groups of one half of the images predict those of the other half. Mean over the
   * groups; 0 to 1.
   */
  readonly predictionStrength?: number;
  /** The same for the group that is predicted least well. */
  readonly leastPredictionStrength?: number;
}

/** The chosen number of groups, and the values that led to it. */
export interface GroupCountChoice {
  /** The chosen number of groups. */
  readonly k: number;
  /** All numbers that were tried. */
  readonly tried: readonly TriedGroupCount[];
}

/**
 * Chooses a number of groups from 2 to 20 (fewer if there are fewer images). For a linkage it is the clearest number:
 * the one with the largest product of
 *
 * - k times the gap in the tree's heights (Mojena 1977): the heights of images without any groups fall about as 1/k, so
 *   their gaps are about 1/k too;
 * - prediction strength (Tibshirani and Walther 2005): the geometric mean of the mean over all groups and that of the
 *   weakest group.
 *
 * Groups that merge in the lowest fifth of the tree count as one. For other methods it is the number with the largest
 * mean silhouette (Rousseeuw 1987). Images that are all equal are one group.
 *
 * @param labels returns the groups for a given number of them, such as `(k) => cut(tree, k)`.
 * @param linked the tree that the groups come from, and its linkage.
 */
export function chooseGroupCount(
  distances: DistanceMatrix,
  labels: (k: number) => Int32Array,
  linked?: { readonly tree: Linkage; readonly method: LinkageMethod },
): GroupCountChoice {
  if (!distances.data.some((distance) => distance > 0)) return { k: 1, tried: [] };
  const { count } = distances;
  const counts = Array.from({ length: Math.max(2, Math.min(MOST, count - 1)) - 1 }, (_, at) => at + 2);
  const strengths = linked && count < STRENGTH_BELOW && count > 3
    ? predictionStrengths(distances, linked.method, counts)
    : undefined;
  const found = counts.map((k, at) => {
    const own = silhouette(distances, labels(k));
    const gap = linked && gapOf(linked.tree, k);
    const strength = strengths?.[at];
    const value = gap === undefined ? own : mergesLow(linked!.tree, k) ? 0 : clearness(k, gap, strength);
    return { k, silhouette: own, gap, strength, value };
  });
  // With few images, no half may have a group of two images. All values are then 0, and the silhouettes decide.
  const told = found.some(({ value }) => value > 0) ? found : found.map((one) => ({ ...one, value: one.silhouette }));
  const best = told.reduce((a, b) => b.value > a.value ? b : a);
  const tried = told.map(({ k, silhouette, gap, strength, value }): TriedGroupCount => ({
    k,
    clarity: best.value > 0 ? Math.max(0, value) / best.value : k === best.k ? 1 : 0,
    silhouette,
    ...(gap !== undefined && { gap }),
    ...(strength && { predictionStrength: strength.mean, leastPredictionStrength: strength.least }),
  }));
  return { k: best.k, tried };
}

/** The numbers of groups that are about as clear as the clearest one, including that one; ascending. */
export function countsAsClear(tried: readonly Pick<TriedGroupCount, "k" | "clarity">[]): number[] {
  const clear = tried.filter(({ clarity }) => clarity >= AS_CLEAR).sort((a, b) => b.clarity - a.clarity || a.k - b.k);
  return clear.slice(0, MOST_AS_CLEAR).map(({ k }) => k).sort((a, b) => a - b);
}

function clearness(k: number, gap: number, strength: PredictionStrength | undefined): number {
  return k * gap * (strength ? Math.sqrt(strength.mean * strength.least) : 1);
}

function mergesLow({ heights, count }: Linkage, k: number): boolean {
  return heights[count - k] < ONE_KIND_BELOW * heights[count - 2];
}

function gapOf({ heights, count }: Linkage, k: number): number {
  const [merged, within] = [heights[count - k], count - k > 0 ? heights[count - k - 1] : 0];
  return merged > 0 ? (merged - within) / merged : 0;
}
