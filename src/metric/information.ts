import { classSizes, type Contingency, contingencyTable, groupSizes, type Label } from "./contingency.ts";

function entropy(sizes: readonly number[], total: number): number {
  return -sizes.reduce((sum, size) => size ? sum + size / total * Math.log(size / total) : sum, 0);
}

function mutualInformation(table: Contingency): number {
  const [rows, columns] = [classSizes(table), groupSizes(table)];
  let sum = 0;
  table.counts.forEach((row, c) =>
    row.forEach((count, g) => {
      if (count) sum += count / table.total * Math.log(count * table.total / (rows[c] * columns[g]));
    })
  );
  return Math.max(0, sum);
}

/**
 * Normalized mutual information, from 0 to 1, with the arithmetic mean of the entropies, as in scikit-learn. It is 1 if
 * there is only one class and one group.
 */
export function normalizedMutualInformation(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  const table = contingencyTable(truth, predicted);
  const mean = (entropy(classSizes(table), table.total) + entropy(groupSizes(table), table.total)) / 2;
  return mean === 0 ? 1 : mutualInformation(table) / mean;
}

/** Homogeneity (Rosenberg and Hirschberg 2007): 1 when each group holds a single class. */
export function homogeneity(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  const table = contingencyTable(truth, predicted);
  const whole = entropy(classSizes(table), table.total);
  return whole === 0 ? 1 : mutualInformation(table) / whole;
}

/** Completeness (Rosenberg and Hirschberg 2007): 1 when each class lies in a single group. */
export function completeness(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): number {
  return homogeneity(predicted, truth);
}
