// What `cluster` reports on its groups: a summary, and how well they agree with labels.

import { adjustedRandIndex } from "../../metric/adjusted_rand_index.ts";
import { type Contingency, contingencyTable } from "../../metric/contingency.ts";
import { f1Score } from "../../metric/f1_score.ts";
import { normalizedMutualInformation } from "../../metric/information.ts";
import { purity } from "../../metric/purity.ts";
import { countOf } from "../../report/client/text.js";
import { copyNotes } from "../../report/copy_notes.ts";
import { printable } from "../../report/printable.ts";
import type { Agreement, GroupsFile } from "../../report/result.ts";

/** How well groups agree with the names of the sub-folders that images lie in; `undefined` without such names. */
export function agreementWithFolders(
  images: readonly { readonly label?: string }[],
  groups: Int32Array,
  warnings: string[],
): { metrics: Agreement; contingency: Contingency } | undefined {
  const labelled = images.flatMap(({ label }, at) => label === undefined ? [] : [{ label, group: groups[at] + 1 }]);
  if (labelled.length < images.length) {
    warnings.push(`in no sub-folder, and without a label: ${countOf(images.length - labelled.length, "image")}`);
  }
  if (labelled.length === 0) return undefined;
  const truth = labelled.map(({ label }) => label);
  const predicted = labelled.map(({ group }) => group);
  const f1 = f1Score(truth, predicted);
  return {
    metrics: {
      nmi: normalizedMutualInformation(truth, predicted),
      ari: adjustedRandIndex(truth, predicted),
      f1Micro: f1.micro,
      f1Macro: f1.macro,
      purity: purity(truth, predicted),
    },
    contingency: contingencyTable(truth, predicted),
  };
}

/** The text that the program prints in the end. */
export function summary(file: GroupsFile, page: string, notes: readonly string[] = []): string {
  const lines = [
    `${countOf(file.images.length, "image")} in ${countOf(file.groups.length, "group")} (k ${file.settings.kChosen})`,
  ];
  for (const { group, name, size, medoid } of file.groups) {
    lines.push(
      `  group ${group}${name ? ` "${printable(name)}"` : ""}: ${countOf(size, "image")}, medoid ${printable(medoid)}`,
    );
  }
  for (const note of copyNotes(file.images)) lines.push(`  ${note}`);
  const strays = file.images.filter(({ outlier }) => outlier).length;
  if (strays) lines.push(`  ${strays} of them fit nowhere well (outlier in groups.csv)`);
  if (file.metrics) {
    const { nmi, ari, f1Micro, f1Macro, purity } = file.metrics;
    const shown = Object.entries({ NMI: nmi, ARI: ari, "F1 micro": f1Micro, "F1 macro": f1Macro, purity });
    lines.push(shown.map(([name, value]) => `${name} ${value.toFixed(3)}`).join("  "));
  }
  if (file.contingency) lines.push(...contingencyLines(file.contingency));
  lines.push(...notes.map(printable), `report: ${page}`);
  return lines.join("\n");
}

function contingencyLines({ classes, groups, counts }: Contingency): string[] {
  const width = Math.max(...classes.map((label) => String(label).length), "label".length);
  const cells = (values: readonly unknown[]) => values.map((value) => String(value).padStart(5)).join("");
  return [
    `  ${"label".padEnd(width)}${cells(groups)}`,
    ...classes.map((label, at) => `  ${printable(String(label)).padEnd(width)}${cells(counts[at])}`),
  ];
}
