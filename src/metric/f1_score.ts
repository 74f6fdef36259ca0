import { classSizes, contingencyTable, groupSizes, type Label } from "./contingency.ts";
import { bestAssignment } from "./assignment.ts";

/** F1 after the best one-to-one matching of classes and groups. */
export interface F1Score {
  /** Share of images whose group is matched to their class. This is what the field calls "F1". */
  readonly micro: number;
  /** Mean over classes of 2·hits / (class size + group size). A class without a group counts as 0. */
  readonly macro: number;
}

/**
 * F1 after optimal (Hungarian) matching of groups to classes, each value from 0 to 1. If several matchings have the
 * same number of hits, `macro` is that of the matching that SciPy finds.
 */
export function f1Score(truth: ArrayLike<Label>, predicted: ArrayLike<Label>): F1Score {
  const table = contingencyTable(truth, predicted);
  const [ofClass, ofGroup] = [classSizes(table), groupSizes(table)];
  const matched = bestAssignment(table.counts);
  let [hits, macro] = [0, 0];
  matched.forEach((group, c) => {
    if (group < 0) return;
    hits += table.counts[c][group];
    macro += 2 * table.counts[c][group] / (ofClass[c] + ofGroup[group]);
  });
  return { micro: hits / table.total, macro: macro / table.classes.length };
}
