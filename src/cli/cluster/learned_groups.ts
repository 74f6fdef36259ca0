// Groups the images of a run by a person's labels, and describes the result for reports.

import { learnedResult } from "../../learn/learned_result.ts";
import type { ClusterResult } from "../../pipeline.ts";
import { countOf } from "../../report/client/text.js";
import type { GroupsFile } from "../../report/result.ts";
import { changeText, checkText, contradictionNotes, labelsOf, type TaughtGroups } from "../results/taught_groups.ts";

/** Replaces the groups of a run by those that a person's labels lead to, with warnings, settings and notes on them. */
export function learnedBy(
  taught: TaughtGroups,
  images: readonly { readonly path: string }[],
  found: ClusterResult,
  options: Parameters<typeof learnedResult>[2],
) {
  const paths = images.map(({ path }) => path);
  const labelled = labelsOf(taught, paths);
  const { result, confidences, shared, learned: { check } } = learnedResult(found, labelled.labels, options);
  const ignored = new Set(shared.contradictions.map(({ other }) => other));
  const confirmed = Uint8Array.from(labelled.labels, (label, image) => Number(label >= 0 && !ignored.has(image)));
  const checked = checkText(check) ?? "no kind has 2 labels";
  const labels = confirmed.reduce((sum, one) => sum + one, 0);
  return {
    result,
    taught: shared.taught,
    said: { kinds: labelled.kinds, confirmed, confidences },
    warnings: [...labelled.warnings, ...contradictionNotes(shared, taught, labelled, paths)],
    settings: {
      kChosen: `learned from ${countOf(labels, "label")}`,
      labels,
      kinds: labelled.kinds.length,
      check: checked,
    },
    notes: (file: GroupsFile) => [`learned: ${checked}`, changeText(taught, labelled, file)],
  };
}
