import { silhouette } from "../metric/silhouette.ts";
import type { DistanceMatrix } from "../types.ts";
import type { Linkage, LinkageMethod } from "./linkage.ts";
import { type PredictionStrength, predictionStrengths } from "./prediction_strength.ts";

/** Numbers of groups that are tried. */
const MOST = 20;
/** Images from which on halves are not linked: it takes too long. */
const STRENGTH_BELOW = 5000;
/** Groups that merge below this share of the tree's height are one kind, however well they are told from each other. */
const ONE_KIND_BELOW = 0.2;
/** Numbers of groups that are at least so clear, as a share of the clearest one, may be meant as well; so many at most. */
const [AS_CLEAR, MOST_AS_CLEAR] = [0.75, 5];

/** A number of groups, and what speaks for it. */
export interface TriedGroupCount {
  /** Number of groups. */
  readonly k: number;
  /** How clear it is, from 0 to 1 for the clearest; see {@linkcode chooseGroupCount}. */
  readonly clarity: number;
  /** Mean silhouette, from −1 to 1. */
  readonly silhouette: number;
  /**
   * Of a linkage: by which share the height grows at which two of the groups would merge, over the last merge within
   * them; from 0 to 1.
   */
  readonly gap?: number;
  /** Of a linkage: how well groups of one half of the images tell those of the other, mean over the groups; 0 to 1. */
  readonly predictionStrength?: number;
  /** The same of the group that is told least well. */
  readonly leastPredictionStrength?: number;
}

/** A number of groups and the values that led to it. */
export interface GroupCountChoice {
  /** The chosen number of groups. */
  readonly k: number;
  /** What was tried. */
  readonly tried: readonly TriedGroupCount[];
}

/**
 * A number of groups from 2 to 20 (fewer where there are fewer images). Of a linkage the clearest one is taken, by the
 * product of
 *
 * - k times the gap in the tree's heights (Mojena 1977): the heights of images without any groups fall about as 1/k, so
 *   that their gaps are about 1/k too;
 * - prediction strength (Tibshirani and Walther 2005): the geometric mean of that of all groups and that of the weakest.
 *
 * Groups that merge in the lowest fifth of the tree are one. Otherwise it is the one with the largest mean silhouette (Rousseeuw 1987). Images that are all equal are one group.
 *
 * @param labels groups for a number of them, such as `(k) => cut(tree, k)`.
 * @param linked the tree that they come from, and its linkage.
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
  // Of a few images no half may have groups of two: then silhouettes say the most.
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

/** The numbers of groups that are about as clear as the clearest one, which is among them; ascending. */
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
