// `cluster FOLDER`: folder → images → patch embeddings → groups → report, CSV and JSON.

import { basename, dirname, join, resolve } from "node:path";
import { findImages, type ImageFile } from "../dataset/folder.ts";
import { type Embedder, joinPatches } from "../embed/embedder.ts";
import { DEFAULT_MODEL, onnxEmbedder } from "../embed/onnx.ts";
import { AnomalyClusterError } from "../errors.ts";
import { decodeImage } from "../image/decode.ts";
import { adjustedRandIndex } from "../metric/adjusted_rand_index.ts";
import { type Contingency, contingencyTable } from "../metric/contingency.ts";
import { f1Score } from "../metric/f1_score.ts";
import { normalizedMutualInformation } from "../metric/information.ts";
import { purity } from "../metric/purity.ts";
import { clusterPatches, type ClusterResult } from "../pipeline.ts";
import { renderReport } from "../report/html.ts";
import { openOutputFolder, writeWhole } from "../report/output_folder.ts";
import { reportData } from "../report/report_data.ts";
import { type Agreement, groupsCsv, type GroupsFile, groupsFile } from "../report/result.ts";
import { type Thumbnail, thumbnail } from "../report/thumbnail.ts";
import type { PatchSet, Raster } from "../types.ts";
import type { Temperature } from "../weight/soft.ts";
import type { Weighting } from "../weight/weighting.ts";
import { startStage } from "./progress.ts";

/** Options as the program's arguments give them. */
export interface ClusterCommandOptions {
  readonly out?: string;
  readonly k: number | "auto";
  readonly tau?: Temperature;
  readonly weight: "soft" | "uniform";
  readonly size: number;
  readonly labels?: "folders";
  readonly json?: "-";
}

/** An image that could be read. */
interface LoadedImage extends ImageFile {
  readonly patches: PatchSet;
  readonly thumbnail: Thumbnail;
}

/** Smallest side of an image in which patches mean anything. */
const SMALLEST_SIDE = 16;

/** Runs the command; throws an `AnomalyClusterError` for what the user can mend. */
export async function clusterCommand(argument: string, options: ClusterCommandOptions): Promise<void> {
  const folder = fromUser(argument);
  const output = options.out ? fromUser(options.out) : join(dirname(folder), `${basename(folder)}-clusters`);
  const found = findImages(folder);
  if (found.images.length === 0) {
    throw new AnomalyClusterError("too-few-images", `${argument} holds no JPEG or PNG images`);
  }
  openOutputFolder(output, folder);

  const warnings = [...found.warnings];
  const embedder = await onnxEmbedder({ model: await Deno.readFile(DEFAULT_MODEL), size: options.size });
  const images = await loadImages(found.images, embedder, warnings);
  await embedder.release();
  checkCount(images.length, found.images.length, options.k, argument, warnings);

  const result = clusterLoaded(images, options);
  const agreement = options.labels ? agreementWithFolders(images, result, warnings) : undefined;
  const file = groupsFile(result, {
    images: images.map(({ path, label }) => ({ path, ...(agreement && label !== undefined && { label }) })),
    settings: settingsOf(options, result),
    model: embedder.id,
    warnings,
    ...agreement,
  });
  writeWhole(output, "groups.csv", groupsCsv(file));
  writeWhole(output, "groups.json", `${JSON.stringify(file, null, 1)}\n`);
  const report = renderReport(reportData(`Kinds of defect in ${basename(folder)}`, file, result, images));
  const page = writeWhole(output, "report.html", report);

  for (const warning of warnings) console.error(`warning: ${warning}`);
  console.log(options.json ? JSON.stringify(file) : summary(file, page));
}

/** A path as the user means it: from the folder in which the task was started. */
function fromUser(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}

async function loadImages(
  files: readonly ImageFile[],
  embedder: Embedder,
  warnings: string[],
): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  const stage = startStage("Embedding images", files.length);
  for (const [at, file] of files.entries()) {
    try {
      const image = await readImage(file.file);
      loaded.push({ ...file, patches: await embedder.embed(image), thumbnail: await thumbnail(image) });
    } catch (error) {
      if (!(error instanceof AnomalyClusterError) || error.code === "bad-model") throw error;
      warnings.push(`${file.path}: ${error.message}, skipped`);
    }
    stage.update(at + 1);
  }
  stage.end();
  return loaded;
}

async function readImage(file: string): Promise<Raster> {
  const bytes = await Deno.readFile(file).catch((cause) => {
    throw new AnomalyClusterError("bad-image", "the file cannot be read", { cause });
  });
  const image = await decodeImage(bytes);
  if (Math.min(image.width, image.height) < SMALLEST_SIDE) {
    const size = `${image.width} × ${image.height}`;
    throw new AnomalyClusterError("bad-image", `${size} pixels are too few (${SMALLEST_SIDE} a side at least)`);
  }
  return image;
}

function checkCount(usable: number, found: number, k: number | "auto", folder: string, warnings: string[]): void {
  if (usable < 2) {
    for (const warning of warnings) console.error(`warning: ${warning}`);
    const message = `${folder} holds ${usable} usable of ${found} images: at least 2 are needed`;
    throw new AnomalyClusterError("too-few-images", message);
  }
  if (k !== "auto" && k > usable) {
    throw new AnomalyClusterError("bad-argument", `--k ${k} is more than the ${usable} usable images`);
  }
}

function clusterLoaded(images: readonly LoadedImage[], options: ClusterCommandOptions): ClusterResult {
  const weight: Weighting = options.weight === "uniform" ? { kind: "uniform" } : { kind: "soft", tau: options.tau };
  const stage = startStage("Comparing pairs", images.length * (images.length - 1) / 2);
  const patches = joinPatches(images.map((image) => image.patches));
  const result = clusterPatches(patches, { k: options.k, weight, onProgress: (done) => stage.update(done) });
  stage.end();
  return result;
}

function agreementWithFolders(
  images: readonly LoadedImage[],
  result: ClusterResult,
  warnings: string[],
): { metrics: Agreement; contingency: Contingency } | undefined {
  const labelled = images.flatMap(({ label }, at) =>
    label === undefined ? [] : [{ label, group: result.groups[at] + 1 }]
  );
  if (labelled.length < images.length) {
    warnings.push(`${images.length - labelled.length} images lie in no sub-folder and have no label`);
  }
  if (labelled.length === 0) return undefined;
  const truth = labelled.map(({ label }) => label);
  const groups = labelled.map(({ group }) => group);
  const f1 = f1Score(truth, groups);
  return {
    metrics: {
      nmi: normalizedMutualInformation(truth, groups),
      ari: adjustedRandIndex(truth, groups),
      f1Micro: f1.micro,
      f1Macro: f1.macro,
      purity: purity(truth, groups),
    },
    contingency: contingencyTable(truth, groups),
  };
}

function settingsOf(options: ClusterCommandOptions, result: ClusterResult): Record<string, string | number> {
  return {
    k: result.k,
    kChosen: options.k === "auto" ? "automatically: largest silhouette over 2 to 20" : "given",
    weight: options.weight,
    ...(result.tau !== undefined && { tau: Number(result.tau.toPrecision(6)) }),
    ...(result.tau !== undefined && {
      tauGiven: typeof options.tau === "number"
        ? "absolute"
        : `${options.tau?.standardDeviations ?? 0.3} standard deviations of the scores`,
    }),
    size: options.size,
    distance: "weighted average",
    linkage: "ward",
  };
}

function summary(file: GroupsFile, page: string): string {
  const lines = [`${file.images.length} images in ${file.groups.length} groups (k ${file.settings.kChosen})`];
  for (const { group, size, medoid } of file.groups) lines.push(`  group ${group}: ${size} images, medoid ${medoid}`);
  if (file.metrics) {
    const { nmi, ari, f1Micro, f1Macro, purity } = file.metrics;
    const shown = Object.entries({ NMI: nmi, ARI: ari, "F1 micro": f1Micro, "F1 macro": f1Macro, purity });
    lines.push(shown.map(([name, value]) => `${name} ${value.toFixed(3)}`).join("  "));
  }
  if (file.contingency) lines.push(...contingencyLines(file.contingency));
  lines.push(`report: ${page}`);
  return lines.join("\n");
}

function contingencyLines({ classes, groups, counts }: Contingency): string[] {
  const width = Math.max(...classes.map((label) => String(label).length), "label".length);
  const cells = (values: readonly unknown[]) => values.map((value) => String(value).padStart(5)).join("");
  return [
    `  ${"label".padEnd(width)}${cells(groups)}`,
    ...classes.map((label, at) => `  ${String(label).padEnd(width)}${cells(counts[at])}`),
  ];
}
