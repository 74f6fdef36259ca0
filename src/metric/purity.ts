import { contingencyTable, type Label } from "./contingency.ts";

/** Purity: the share of images that belong to the most common class of their group. */
export function purity(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  const table = contingencyTable(truth, predicted);
  const best = table.groups.map((_, group) => Math.max(...table.counts.map((row) => row[group])));
  return best.reduce((sum, count) => sum + count, 0) / table.total;
}
