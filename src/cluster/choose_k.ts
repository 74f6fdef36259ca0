import { silhouette } from "../metric/silhouette.ts";
import type { DistanceMatrix } from "../types.ts";
import { cut } from "./cut.ts";
import type { Linkage } from "./linkage.ts";

/** A number of groups and the values that led to it. */
export interface GroupCountChoice {
  /** The chosen number of groups. */
  readonly k: number;
  /** Mean silhouette for each number of groups tried. */
  readonly silhouettes: readonly { readonly k: number; readonly silhouette: number }[];
}

/**
 * The number of groups with the largest mean silhouette, from 2 to 20 (fewer where there are fewer
 * images). Images that are all equal are one group.
 */
export function chooseGroupCount(tree: Linkage, distances: DistanceMatrix): GroupCountChoice {
  if (!tree.heights.some((height) => height > 0)) return { k: 1, silhouettes: [] };
  const most = Math.max(2, Math.min(20, tree.count - 1));
  const silhouettes = Array.from({ length: most - 1 }, (_, at) => {
    return { k: at + 2, silhouette: silhouette(distances, cut(tree, at + 2)) };
  });
  const best = silhouettes.reduce((a, b) => b.silhouette > a.silhouette ? b : a);
  return { k: best.k, silhouettes };
}
