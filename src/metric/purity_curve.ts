import type { Linkage } from "../cluster/linkage.ts";
import { ensure } from "../errors.ts";
import type { Label } from "./contingency.ts";

/** Purity for every number of groups. */
export interface PurityCurve {
  /** Purity with 1, 2, … count groups. */
  readonly purity: Float64Array;
  /** Mean of the curve: the paper's area under the curve, mAUC. */
  readonly mauc: number;
}

/**
 * Purity of all cuts of one tree, in one pass over its merges (the paper's figure 13).
 *
 * @throws {AnomalyClusterError} `bad-argument` when labels and tree differ in length.
 */
export function purityCurve(truth: ArrayLike<Label>, tree: Linkage): PurityCurve {
  const { count, pairs } = tree;
  ensure(truth.length === count, `${truth.length} labels do not fit a tree of ${count} images`);
  const purity = new Float64Array(count);
  const members = Array.from(truth, (label) => new Map([[label, 1]]));
  let hits = count;
  purity[count - 1] = 1;
  for (let t = 0; t < count - 1; t++) {
    const [a, b] = [members[pairs[t * 2]], members[pairs[t * 2 + 1]]];
    hits -= commonest(a) + commonest(b);
    const [into, from] = a.size >= b.size ? [a, b] : [b, a];
    for (const [label, number] of from) into.set(label, (into.get(label) ?? 0) + number);
    members.push(into);
    hits += commonest(into);
    purity[count - 2 - t] = hits / count;
  }
  return { purity, mauc: purity.reduce((sum, value) => sum + value, 0) / count };
}

function commonest(members: Map<Label, number>): number {
  return Math.max(...members.values());
}
