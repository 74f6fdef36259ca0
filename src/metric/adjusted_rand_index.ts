import { classSizes, contingencyTable, groupSizes, type Label } from "./contingency.ts";

const pairsIn = (size: number) => size * (size - 1) / 2;
const pairs = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + pairsIn(size), 0);

/**
 * Adjusted Rand index (Hubert and Arabie 1985): 1 for equal partitions, about 0 for random ones; it can be negative.
 */
export function adjustedRandIndex(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  const table = contingencyTable(truth, predicted);
  const both = pairs(table.counts.flat());
  const [inClasses, inGroups] = [pairs(classSizes(table)), pairs(groupSizes(table))];
  if (inClasses === both && inGroups === both) return 1;
  const expected = inClasses * inGroups / pairsIn(table.total);
  return (both - expected) / ((inClasses + inGroups) / 2 - expected);
}
