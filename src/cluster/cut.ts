import { AnomalyClusterError, ensure } from "../errors.ts";
import type { Linkage } from "./linkage.ts";

/**
 * Cuts a tree into k groups by undoing the last k − 1 merges. Returns a label from 0 for each point; labels are
 * numbered in the order of each group's first point.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless 1 ≤ k ≤ the number of points.
 */
export function cut(tree: Linkage, k: number): Int32Array {
  const { count, pairs } = tree;
  ensure(Number.isInteger(k) && k >= 1 && k <= count, `${k} groups of ${count} images are not possible`);
  const group = Int32Array.from({ length: 2 * count - 1 }, (_, cluster) => cluster);
  // From the top down: both parts of a kept merge belong to the group of that merge.
  for (let t = count - k - 1; t >= 0; t--) {
    group[pairs[t * 2]] = group[pairs[t * 2 + 1]] = group[count + t];
  }
  const names = new Map<number, number>();
  return Int32Array.from({ length: count }, (_, point) => {
    if (!names.has(group[point])) names.set(group[point], names.size);
    return names.get(group[point])!;
  });
}

/** How many groups are left if no merge above `height` is done. */
export function groupsAbove(tree: Linkage | undefined, height: number): number {
  if (!tree) throw new AnomalyClusterError("bad-argument", "a threshold cuts a tree, which only linkages have");
  ensure(height >= 0, `threshold ${height} is not a height from 0 on`);
  return 1 + tree.heights.filter((merged) => merged > height).length;
}
