// `evaluate FOLDER`: presets and methods on labelled images → tables and plots.

import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { checkFiles, type LabelledDataset, labelledDataset, type LabelledImage } from "../dataset/labelled.ts";
import { sha256 } from "../embed/manifest.ts";
import { joinPatches } from "../embed/embedder.ts";
import { evenly } from "../evenly.ts";
import { barPlot, type Curve, linePlot } from "../evaluate/plot.ts";
import type { Estimate } from "../evaluate/protocol.ts";
import { type Study, study, type StudyRow } from "../evaluate/study.ts";
import type { TrainingRow } from "../evaluate/training.ts";
import { type PresetName, PRESETS } from "../preset.ts";
import { countOf, csvText, quoted } from "../report/client/text.js";
import { openOutputFolder, writeWhole } from "../report/output_folder.ts";
import type { PatchSet, PatchValues } from "../types.ts";
import { fromUser } from "./arguments.ts";
import { type CacheOptions, RunCache } from "./image_cache.ts";
import { onInterrupt } from "./interrupt.ts";
import { type EvaluateTrainings, trainingsOf } from "./evaluate_trainings.ts";
import type { LoadedImage } from "./load_images.ts";
import { type Stage, startStage, warn } from "./progress.ts";
import { readMasks } from "./read_masks.ts";
import { loadSubject, type Subject } from "./subject.ts";

/** Options as the program's arguments give them. */
export interface EvaluateCommandOptions extends CacheOptions, EvaluateTrainings {
  readonly out?: string;
  readonly normals?: string;
  readonly masks?: string;
  readonly presets: readonly PresetName[];
  readonly models?: readonly string[];
  readonly protocol: "subsets" | "whole";
  readonly seeds: number;
  readonly mostNormals: number;
}

/** results.json: studies by what they were made of, so that a run goes on where one before it ended. */
interface ResultsFile {
  readonly format: "anomaly-cluster-evaluation/2";
  readonly dataset: {
    readonly path: string;
    readonly layout: string;
    readonly images: number;
    readonly classes: string[];
  };
  readonly studies: Record<string, NamedStudy>;
  /** Trainings by the study's key, method, seed and settings. */
  readonly trainings: Record<string, TrainingRow>;
}

type NamedStudy = Study & { readonly name: string; readonly seconds: number };

/** Runs the command; throws an `AnomalyClusterError` for what the user can mend. */
export async function evaluateCommand(argument: string, options: EvaluateCommandOptions): Promise<void> {
  const path = fromUser(argument);
  const dataset = labelledDataset(path, {
    name: argument,
    ...(options.normals && { normals: fromUser(options.normals) }),
    ...(options.masks && { masks: fromUser(options.masks) }),
  });
  const told = new Set(dataset.warnings);
  for (const warning of told) warn(warning);
  checkFiles(dataset, argument);
  const output = options.out
    ? fromUser(options.out)
    : join(dirname(path), `${basename(path).replace(/\.(csv|tsv|txt)$/i, "")}-evaluation`);
  openOutputFolder(output, path);
  const labels = [...new Set(dataset.images.map(({ label }) => label))];
  const masked = dataset.images.filter(({ mask }) => mask).length;
  const counts = `${dataset.images.length} images of ${labels.length} classes, ` +
    `${countOf(dataset.normals.length, "labelled normal")}${masked ? `, ${countOf(masked, "mask")}` : ""}`;
  console.error(`${dataset.layout}: ${counts}`);

  const results: ResultsFile = {
    format: "anomaly-cluster-evaluation/2",
    dataset: { path: basename(path), layout: dataset.layout, images: dataset.images.length, classes: labels },
    ...await resultsBefore(output),
  };
  using cache = new RunCache(options);
  using _interrupt = onInterrupt(() => cache.kept());
  const shown: NamedStudy[] = [];
  for (const subject of subjectsOf(options)) {
    const { name } = subject;
    const key = await keyOf(subject, dataset, options);
    const keep = () => writeWhole(output, "results.json", `${JSON.stringify(results, null, 1)}\n`);
    if (results.studies[key]) {
      console.error(`${name}: kept from the run before`);
    } else {
      const started = performance.now();
      const found = await studyOf(subject, dataset, options, cache, told);
      results.studies[key] = { ...found, name, seconds: Math.round((performance.now() - started) / 100) / 10 };
      keep();
    }
    const trained = await trainingsOf(subject, key, dataset, options, cache, output, results.trainings, keep);
    shown.push({ ...results.studies[key], rows: [...results.studies[key].rows, ...trained] });
  }
  const studies = shown;
  const table = markdown(studies, options);
  writeWhole(output, "results.md", `${table}\n`);
  writeWhole(output, "results.csv", csv(studies));
  for (const [name, plot] of Object.entries(plots(studies))) writeWhole(output, name, plot);
  console.log(table);
  console.log(`\nwritten: ${output}`);
}

/** The presets, then the networks. */
function subjectsOf({ presets, models = [] }: EvaluateCommandOptions): Subject[] {
  return [
    ...presets.map((preset) => ({ name: preset, preset })),
    ...models.map((model) => ({
      name: basename(model).replace(/\.onnx(\.wasm)?$/i, ""),
      preset: "paper" as const,
      model,
    })),
  ];
}

/** What an earlier run into the same folder measured; nothing where there is none, or it cannot be read. */
async function resultsBefore(output: string): Promise<Pick<ResultsFile, "studies" | "trainings">> {
  try {
    const file: ResultsFile = JSON.parse(await readFile(join(output, "results.json"), "utf8"));
    const { studies, trainings } = file;
    if (file.format === "anomaly-cluster-evaluation/2") return { studies: { ...studies }, trainings: { ...trainings } };
  } catch {
    // Then there is none.
  }
  return { studies: {}, trainings: {} };
}

/** Names what a study depends on. */
async function keyOf(
  { name, preset, model }: Subject,
  dataset: LabelledDataset,
  options: EvaluateCommandOptions,
): Promise<string> {
  const { embedding, features, featuresWithNormals, over, tau } = PRESETS[preset];
  const parts = [
    dataset.images.map(({ path, label, mask }) => [path, label, mask ? 1 : 0]),
    dataset.normals.map((image) => image.path),
    model && fromUser(model),
    [
      embedding,
      features,
      featuresWithNormals,
      over,
      tau,
      options.protocol,
      options.seeds,
      options.mostNormals,
      options.size,
    ],
  ];
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(parts)));
  return `${name} ${digest.slice(0, 16)}`;
}

async function studyOf(
  subject: Subject,
  dataset: LabelledDataset,
  options: EvaluateCommandOptions,
  cache: RunCache,
  told: Set<string>,
): Promise<Study> {
  const { name, preset } = subject;
  const { features, featuresWithNormals = features, over = "mean", tau } = PRESETS[preset];
  const normalsUsed = evenly(dataset.normals.length, options.mostNormals).map((at) => dataset.normals[at]);
  const [loaded, normals] = await loadSubject(
    subject,
    [["images", dataset.images], ["normals", normalsUsed]],
    options,
    cache,
  );
  const images = loaded as (LoadedImage & LabelledImage)[];
  const patches = joinPatches(images.map((image) => image.patches));
  const masks = images.some(({ mask }) => mask) ? await masksOf(images, patches, told) : undefined;
  let stage: Stage | undefined;
  const found = await study({
    patches,
    labels: images.map(({ label }) => label),
    features,
    featuresWithNormals,
    over,
    tau,
    seeds: options.protocol === "subsets" ? options.seeds : 0,
    ...(normals.length && { normals: joinPatches(normals.map((image) => image.patches)) }),
    ...(masks && { masks }),
    hausdorff: name === "paper",
  }, (part) => {
    stage?.end();
    let current: Stage | undefined;
    return (done, total) => {
      stage = current ??= startStage(`${name}: ${part}`, total);
      stage.update(done);
    };
  });
  stage?.end();
  return found;
}

/** Patches that masks touch; what is to be said of them is said once. */
async function masksOf(
  images: readonly (LoadedImage & LabelledImage)[],
  patches: PatchSet,
  told: Set<string>,
): Promise<PatchValues> {
  const masked = images.map(({ mask, thumbnail }) => ({ mask, shape: thumbnail }));
  const { masks, warnings } = await readMasks(masked, patches);
  for (const warning of warnings.filter((one) => !told.has(one))) {
    told.add(warning);
    warn(warning);
  }
  return masks;
}

function markdown(
  studies: readonly NamedStudy[],
  options: EvaluateCommandOptions,
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

function cells({ nmi, ari, f1 }: StudyRow): string[] {
  const shown = (value: number) => value.toFixed(3).replace(/^(-?)0\./, "$1.");
  return [nmi, ari, f1].map(({ mean, standardError }: Estimate) =>
    standardError ? `${shown(mean)} ± ${shown(standardError)}` : shown(mean)
  );
}

function csv(studies: readonly NamedStudy[]): string {
  const lines = studies.flatMap(({ name, rows }) =>
    rows.map(({ supervision, method, nmi, ari, f1 }) => {
      const numbers = [nmi, ari, f1].flatMap(({ mean, standardError }) => [mean.toFixed(6), standardError.toFixed(6)]);
      return [quoted(name), supervision, quoted(method), ...numbers].join(",");
    })
  );
  return csvText(["name,supervision,method,nmi,nmi_se,ari,ari_se,f1,f1_se", ...lines]);
}

function plots(studies: readonly NamedStudy[]): Record<string, string> {
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
