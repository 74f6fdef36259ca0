import { adjustedRandIndex } from "../metric/adjusted_rand_index.ts";
import { silhouette } from "../metric/silhouette.ts";
import type { DistanceMatrix } from "../types.ts";
import { cut } from "./cut.ts";
import { type Linkage, linkage, type LinkageMethod } from "./linkage.ts";
import { submatrix, subsetsOf } from "./subsets.ts";

/** Numbers of groups that are tried. */
const MOST = 20;
/** Subsets that tell how stable groups are, and the number of images from which on there are none: it takes too long. */
const [SUBSETS, STABILITY_BELOW] = [20, 5000];

/** A number of groups, and what speaks for it. */
export interface TriedGroupCount {
  /** Number of groups. */
  readonly k: number;
  /** Mean silhouette, from −1 to 1. */
  readonly silhouette: number;
  /**
   * Of a linkage: by which share the height grows at which two of the groups would merge, over the last merge within
   * them; from 0 to 1.
   */
  readonly gap?: number;
  /** Of a linkage: mean adjusted Rand index to the groups of random 90 % of the images, linked anew. */
  readonly stability?: number;
}

/** A number of groups and the values that led to it. */
export interface GroupCountChoice {
  /** The chosen number of groups. */
  readonly k: number;
  /** What was tried. */
  readonly tried: readonly TriedGroupCount[];
}

/**
 * A number of groups from 2 to 20 (fewer where there are fewer images). Of a linkage the one with the largest product of
 * silhouette (Rousseeuw 1987), gap in the tree's heights (Mojena 1977) and stability under subsets (Ben-Hur et al.
 * 2002): each alone is fooled by some sets, as silhouettes are by groups that fall into parts. Otherwise the largest
 * silhouette. Images that are all equal are one group.
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
  const subtrees = linked && count < STABILITY_BELOW && count > 3 ? linkSubsets(distances, linked.method) : [];
  const tried = Array.from({ length: Math.max(2, Math.min(MOST, count - 1)) - 1 }, (_, at): TriedGroupCount => {
    const k = at + 2;
    const groups = labels(k);
    return {
      k,
      silhouette: silhouette(distances, groups),
      ...(linked && { gap: gapOf(linked.tree, k) }),
      ...(subtrees.length && { stability: stabilityOf(groups, subtrees, k) }),
    };
  });
  return { k: best(tried), tried };
}

function best(tried: readonly TriedGroupCount[]): number {
  const value = ({ silhouette, gap = 1, stability = 1 }: TriedGroupCount) => {
    return Math.max(0, silhouette) * gap * Math.max(0, stability);
  };
  const largest = tried.reduce((a, b) => value(b) > value(a) ? b : a);
  return value(largest) > 0 ? largest.k : tried.reduce((a, b) => b.silhouette > a.silhouette ? b : a).k;
}

function gapOf({ heights, count }: Linkage, k: number): number {
  const [merged, within] = [heights[count - k], count - k > 0 ? heights[count - k - 1] : 0];
  return merged > 0 ? (merged - within) / merged : 0;
}

interface Subtree {
  readonly subset: Int32Array;
  readonly tree: Linkage;
}

function linkSubsets(distances: DistanceMatrix, method: LinkageMethod): Subtree[] {
  return subsetsOf(distances.count, SUBSETS).map((subset) => {
    return { subset, tree: linkage(submatrix(distances, subset), method) };
  });
}

function stabilityOf(groups: Int32Array, subtrees: readonly Subtree[], k: number): number {
  const agreements = subtrees.map(({ subset, tree }) => {
    return adjustedRandIndex(Array.from(subset, (image) => groups[image]), cut(tree, Math.min(k, subset.length)));
  });
  return agreements.reduce((sum, value) => sum + value, 0) / agreements.length;
}
