// Tables over several labelled sets: what presets achieve, the best that one fixed spread could achieve, and the
// difference, the regret.

import { PERPLEXITIES } from "../choose_spread.ts";
import { csvText, quoted } from "../report/client/text.js";
import { type Estimate, estimate } from "./protocol.ts";
import type { ChosenCount, StudyRow } from "./study.ts";
import { type NamedStudy, shortNumber } from "./tables.ts";

/** A set and its measurements. */
export interface MeasuredSet {
  readonly name: string;
  readonly classes: number;
  readonly images: number;
  readonly studies: readonly NamedStudy[];
}

/** A preset on one set, with or without labelled normals. */
export interface Comparison {
  readonly set: string;
  readonly preset: string;
  readonly supervision: StudyRow["supervision"];
  /** What the preset achieves. */
  readonly nmi: Estimate;
  readonly ari: Estimate;
  readonly f1: Estimate;
  /** The best fixed perplexity for all images, with the preset's features: its share of the patches, and its NMI. */
  readonly best: { readonly perplexity: number; readonly nmi: number };
  /** How much better the best fixed perplexity is than the preset; below 0 if the preset is better. */
  readonly regret: number;
  /** Number of classes. */
  readonly classes: number;
  readonly chosen: ChosenCount;
}

/** Compares every preset on every set. Rows with masks are left out: they are no setting of a preset. */
export function comparisons(sets: readonly MeasuredSet[]): Comparison[] {
  return sets.flatMap(({ name: set, classes, studies }) =>
    studies.flatMap(({ name: preset, rows }) =>
      rows.filter(({ headline, supervision }) => headline && supervision !== "masks").flatMap((row) => {
        const tried = rows.filter(({ supervision, perplexity }) => {
          return supervision === row.supervision && perplexity !== undefined;
        });
        if (tried.length === 0 || !row.chosen) return [];
        const { perplexity, nmi } = tried.reduce((a, b) => b.nmi.mean > a.nmi.mean ? b : a);
        return [{
          set,
          preset,
          supervision: row.supervision,
          nmi: row.nmi,
          ari: row.ari,
          f1: row.f1,
          best: { perplexity: perplexity!, nmi: nmi.mean },
          regret: nmi.mean - row.nmi.mean,
          classes,
          chosen: row.chosen,
        }];
      })
    )
  );
}

/**
 * Returns a table with a line for each set and supervision and a group of columns for each preset. Means and worst
 * cases come last.
 */
export function collectionTable(
  sets: readonly MeasuredSet[],
  options: { readonly protocol: "subsets" | "whole"; readonly seeds: number },
): string {
  const all = comparisons(sets);
  const presets = [...new Set(all.map(({ preset }) => preset))];
  const lines = [...new Set(all.map(({ set, supervision }) => `${set} | ${supervision}`))];
  const found = (line: string, preset: string) => {
    return all.find((one) => `${one.set} | ${one.supervision}` === line && one.preset === preset);
  };
  const kinds = new Map(sets.map(({ name, classes, images }) => [name, `${classes} kinds, ${images} images`]));
  const rows = lines.map((line) => {
    const cells = presets.map((preset) => {
      const one = found(line, preset);
      if (!one) return "| |";
      const { best: { perplexity, nmi }, regret } = one;
      return `${shortNumber(one.nmi.mean)} | ${shortNumber(nmi)} (${Math.round(100 * perplexity)} %) | ${
        shortNumber(regret)
      }`;
    });
    const [set, supervision] = line.split(" | ");
    return `| ${set}: ${kinds.get(set)} | ${supervision} | ${cells.join(" | ")} |`;
  });
  const summary = (name: string, of: (ones: readonly Comparison[]) => [string, string, string]) => {
    return `| **${name}** | | ${
      presets.map((preset) => of(all.filter((one) => one.preset === preset)).join(" | ")).join(" | ")
    } |`;
  };
  const mean = (values: readonly number[]) => shortNumber(estimate(values).mean);
  const protocol = options.protocol === "subsets" ? `mean of ${options.seeds} random subsets of 90 %` : "all images";
  return [
    `NMI at the true number of groups, Ward linkage; ${protocol}. For each preset: what it does, the best of ` +
    `${PERPLEXITIES.length} fixed perplexities with its features, and the regret, their difference.\n`,
    `| set | supervision | ${presets.map((preset) => `${preset} | best fixed | regret`).join(" | ")} |`,
    `|---|---|${"---|---|---|".repeat(presets.length)}`,
    ...rows,
    summary("mean", (ones) => [
      mean(ones.map(({ nmi }) => nmi.mean)),
      mean(ones.map(({ best }) => best.nmi)),
      mean(ones.map(({ regret }) => regret)),
    ]),
    summary("worst", (ones) => [
      shortNumber(Math.min(...ones.map(({ nmi }) => nmi.mean))),
      "",
      shortNumber(Math.max(...ones.map(({ regret }) => regret))),
    ]),
  ].join("\n");
}

/**
 * Returns a table of the numbers of groups that the program chooses by itself: how near they are to the numbers of
 * classes, and how much NMI a wrong number costs.
 */
export function countsTable(sets: readonly MeasuredSet[]): string {
  const all = comparisons(sets);
  const presets = [...new Set(all.map(({ preset }) => preset))];
  const ratioOf = ({ chosen }: Comparison) => chosen.nmi / (chosen.nmiAtClasses || 1);
  const share = (ones: readonly Comparison[], holds: (one: Comparison) => boolean) =>
    `${ones.filter(holds).length} of ${ones.length}`;
  const rows = presets.map((preset) => {
    const ones = all.filter((one) => one.preset === preset);
    const off = (by: number) => share(ones, ({ chosen, classes }) => Math.abs(chosen.k - classes) <= by);
    const among = share(ones, ({ chosen, classes }) => chosen.asClear.includes(classes));
    const kept = share(ones, (one) => ratioOf(one) >= 0.95);
    const counts = ones.map((one) => `${one.set}${one.supervision === "none" ? "" : "*"} ${one.chosen.k}`).join(", ");
    const mean = shortNumber(estimate(ones.map(ratioOf)).mean);
    return `| ${preset} | ${off(0)} | ${off(1)} | ${among} | ${mean} | ${kept} | ${counts} |`;
  });
  return [
    "Numbers of groups that are chosen without labels, of all images; NMI then, as a share of that at the true number. " +
    "With * by labelled normals.\n",
    "| preset | right | within one | among those about as clear | mean share of NMI | at least .95 of it | groups |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** Returns the comparisons as CSV, a line for each. */
export function collectionCsv(sets: readonly MeasuredSet[]): string {
  const lines = comparisons(sets).map(({ set, preset, supervision, nmi, ari, f1, best, regret, classes, chosen }) => {
    const numbers = [nmi.mean, nmi.standardError, ari.mean, f1.mean, best.perplexity, best.nmi, regret];
    const cells = [...numbers, chosen.nmi, chosen.nmiAtClasses].map((value) => value.toFixed(6));
    return [quoted(set), quoted(preset), supervision, ...cells, classes, chosen.k].join(",");
  });
  const columns = "set,preset,supervision,nmi,nmi_se,ari,f1,best_perplexity,best_nmi,regret";
  return csvText([`${columns},nmi_at_chosen,nmi_at_classes,classes,chosen`, ...lines]);
}
