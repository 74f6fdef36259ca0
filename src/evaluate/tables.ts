// Formats the measurements of one set as tables and plots.

import { csvText, quoted } from "../report/client/text.js";
import { barPlot, type Curve, linePlot } from "./plot.ts";
import type { Estimate } from "./protocol.ts";
import type { Study, StudyRow } from "./study.ts";

/** A study of a preset or network, and how long it took. */
export type NamedStudy = Study & { readonly name: string; readonly seconds: number };

/** Returns all rows as a Markdown table. */
export function markdown(
  studies: readonly NamedStudy[],
  options: { readonly protocol: "subsets" | "whole"; readonly seeds: number },
): string {
  const subsets = options.protocol === "subsets"
    ? `mean ± standard error of ${options.seeds} random subsets of 90 % of the images`
    : "all images";
  const lines = studies.flatMap(({ name, rows }) =>
    rows.map((row) => `| ${name} | ${row.supervision} | ${bold(row)} | ${cells(row).join(" | ")} |`)
  );
  const totals = studies.map(({ name, mauc, seconds }) => `${name}: mAUC of purity ${mauc.toFixed(3)}, ${seconds} s`);
  return [
    `Ward linkage, as many groups as classes; ${subsets}. Bold: what the preset does.\n`,
    "| preset or network | supervision | weights | NMI | ARI | F1 micro |\n|---|---|---|---|---|---|",
    ...lines,
    `\n${totals.join("; ")}.`,
  ].join("\n");
}

function bold({ method, headline }: StudyRow): string {
  return headline ? `**${method}**` : method;
}

/** Returns the cells for NMI, ARI and F1. */
function cells({ nmi, ari, f1 }: StudyRow): string[] {
  return [nmi, ari, f1].map(({ mean, standardError }: Estimate) =>
    standardError ? `${shortNumber(mean)} ± ${shortNumber(standardError)}` : shortNumber(mean)
  );
}

/** Returns a number with three decimals, as .123. */
export function shortNumber(value: number): string {
  return value.toFixed(3).replace(/^(-?)0\./, "$1.");
}

/** Returns the same rows as CSV. */
export function csv(studies: readonly NamedStudy[]): string {
  const lines = studies.flatMap(({ name, rows }) =>
    rows.map(({ supervision, method, nmi, ari, f1 }) => {
      const numbers = [nmi, ari, f1].flatMap(({ mean, standardError }) => [mean.toFixed(6), standardError.toFixed(6)]);
      return [quoted(name), supervision, quoted(method), ...numbers].join(",");
    })
  );
  return csvText(["name,supervision,method,nmi,nmi_se,ari,ari_se,f1,f1_se", ...lines]);
}

/** Returns plots as SVG, by file name. */
export function plots(studies: readonly NamedStudy[]): Record<string, string> {
  const curves = (of: (one: Study) => Curve["points"]) => studies.map((one) => ({ name: one.name, points: of(one) }));
  const purity = studies.map((one) => ({ name: `${one.name}, mAUC ${one.mauc.toFixed(3)}`, points: one.purity }));
  const all: Record<string, string> = {
    "temperature.svg": linePlot("Sensitivity to the temperature", {
      x: "perplexity, % of the patches",
      y: "NMI",
      logarithmic: true,
    }, curves((one) => one.temperature)),
    "groups.svg": linePlot(
      "Sensitivity to the number of groups",
      { x: "groups", y: "NMI" },
      curves((one) => one.groups),
    ),
    "purity.svg": linePlot("Purity of the groups", { x: "groups", y: "purity", logarithmic: true }, purity),
  };
  all["presets.svg"] = barPlot(
    "Presets and networks",
    "NMI",
    studies.map(({ name, rows }) => ({
      name,
      bars: rows.filter(({ headline }) => headline).map(({ supervision, nmi }) => ({ name: supervision, ...nmi })),
    })),
  );
  if (studies.some((one) => one.normals.length)) {
    all["normals.svg"] = linePlot(
      "Labelled normals",
      { x: "labelled normal images", y: "NMI", logarithmic: true },
      curves((one) => one.normals),
    );
  }
  return all;
}
