import { silhouette } from "../metric/silhouette.ts";
import type { DistanceMatrix } from "../types.ts";

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
 *
 * @param labels groups for a number of them, such as `(k) => cut(tree, k)`.
 */
export function chooseGroupCount(distances: DistanceMatrix, labels: (k: number) => Int32Array): GroupCountChoice {
  if (!distances.data.some((distance) => distance > 0)) return { k: 1, silhouettes: [] };
  const most = Math.max(2, Math.min(20, distances.count - 1));
  const silhouettes = Array.from({ length: most - 1 }, (_, at) => {
    return { k: at + 2, silhouette: silhouette(distances, labels(at + 2)) };
  });
  const best = silhouettes.reduce((a, b) => b.silhouette > a.silhouette ? b : a);
  return { k: best.k, silhouettes };
}
