import { ensure } from "../errors.ts";

/** A label: a name or a number. */
export type Label = string | number;

/** How many images of each true class fell into each group. */
export interface Contingency {
  /** The true classes, in order of first appearance. */
  readonly classes: readonly Label[];
  /** The groups, ascending. */
  readonly groups: readonly Label[];
  /** `counts[class][group]` */
  readonly counts: readonly (readonly number[])[];
  /** Number of images. */
  readonly total: number;
}

/**
 * Counts how many images of each class are in each group. Throws `bad-argument` when the lists are empty or differ in
 * length.
 */
export function contingencyTable(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): Contingency {
  ensure(
    truth.length === predicted.length && truth.length > 0,
    `${truth.length} true labels do not fit ${predicted.length} predicted ones (at least 1)`,
  );
  const [trueLabels, groupLabels] = [Array.from(truth), Array.from(predicted)];
  const classes = [...new Set(trueLabels)];
  const groups = [...new Set(groupLabels)].sort((a, b) => a < b ? -1 : 1);
  const classAt = new Map(classes.map((label, at) => [label, at]));
  const groupAt = new Map(groups.map((label, at) => [label, at]));
  const counts = classes.map(() => groups.map(() => 0));
  trueLabels.forEach((label, i) => counts[classAt.get(label)!][groupAt.get(groupLabels[i])!]++);
  return { classes, groups, counts, total: truth.length };
}

/** How many images each class has. */
export function classSizes(table: Contingency): number[] {
  return table.counts.map((row) => row.reduce((sum, count) => sum + count, 0));
}

/** How many images each group has. */
export function groupSizes(table: Contingency): number[] {
  return table.groups.map((_, group) => table.counts.reduce((sum, row) => sum + row[group], 0));
}
