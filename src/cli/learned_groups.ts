// The groups of a run as a person's labels say, and what the run tells of that.

import { type LearnedResult, learnedResult } from "../learn/learned_result.ts";
import type { ClusterResult } from "../pipeline.ts";
import { countOf } from "../report/client/text.js";
import type { GroupsFile } from "../report/result.ts";
import { changeText, contradictionNotes, labelsOf, type TaughtGroups } from "./taught_groups.ts";

/** The groups that a person's labels make of those of a run, and what is said of them. */
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
      check: checkText(check),
    },
    notes: (file: GroupsFile) => [`learned: ${checkText(check)}`, changeText(taught, labelled, file)],
  };
}

/** How right labels that were left out would have been told. */
function checkText({ labels, right }: LearnedResult["learned"]["check"]): string {
  return labels
    ? `of ${countOf(labels, "label")} left out ${right} would have been told rightly`
    : "no kind has 2 labels";
}
