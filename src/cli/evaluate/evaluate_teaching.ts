// For `evaluate --teach`: measures learning from labels on one set, and keeps the results for later runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkFiles, type LabelledDataset, labelledDataset } from "../../dataset/labelled.ts";
import { joinPatches } from "../../embed/embedder.ts";
import { sha256 } from "../../embed/manifest.ts";
import { measureTeaching, type Teaching } from "../../evaluate/teaching.ts";
import { type NamedTeaching, teachingCsv, teachingPlots, teachingTables } from "../../evaluate/teaching_tables.ts";
import { type Detail, presetDetail } from "../../look/detail.ts";
import { featuresOfLooks } from "../../look/two_looks.ts";
import { clusterPatches } from "../../pipeline.ts";
import { type PresetName, PRESETS, presetSettings } from "../../preset.ts";
import { openOutputFolder, writeWhole } from "../../report/output_folder.ts";
import type { Embeddings } from "../../types.ts";
import { fromUser } from "../options/arguments.ts";
import type { EngineChoice } from "../network/engine.ts";
import type { CacheOptions, RunCache } from "../images/image_cache.ts";
import { type Stage, startStage, warn } from "../system/progress.ts";
import { loadSubject } from "./subject.ts";

export type { NamedTeaching };

/** How learning from labels is measured. */
export interface EvaluateTeachingOptions extends CacheOptions {
  readonly presets: readonly PresetName[];
  readonly teachRuns: number;
  readonly size: number;
  readonly engine: EngineChoice;
  readonly detail?: Detail;
}

/** Content of teaching.json. Keys name all that the results depend on. */
interface TeachingFile {
  readonly format: "anomaly-cluster-teaching/1";
  readonly teachings: Record<string, Teaching>;
}

/**
 * Measures each preset on a set, except those that an earlier run into the same folder measured.
 *
 * @param argument the set, as the user calls it.
 * @param set name of the set in tables.
 * @param output must not be in the set's folder.
 */
export async function evaluateTeaching(
  argument: string,
  set: string,
  output: string,
  options: EvaluateTeachingOptions,
  cache: RunCache,
): Promise<NamedTeaching[]> {
  const path = fromUser(argument);
  const dataset = labelledDataset(path, { name: argument });
  for (const warning of dataset.warnings) warn(warning);
  checkFiles(dataset, argument);
  openOutputFolder(output, path);
  const teachings = teachingsBefore(output);
  const found: NamedTeaching[] = [];
  for (const preset of options.presets) {
    const key = await keyOf(preset, dataset, options);
    if (teachings[key]) console.error(`${preset}: kept from the run before`);
    else {
      const { embeddings, labels } = await embeddingsOf(preset, dataset, options, cache);
      let stage: Stage | undefined;
      teachings[key] = measureTeaching(embeddings, labels, options.teachRuns, (done, total) => {
        (stage ??= startStage(`${preset}: teaching`, total)).update(done);
      });
      stage?.end();
      const file: TeachingFile = { format: "anomaly-cluster-teaching/1", teachings };
      writeWhole(output, "teaching.json", `${JSON.stringify(file, null, 1)}\n`);
    }
    found.push({ set, preset, teaching: teachings[key] });
  }
  return found;
}

/** Writes tables and plots. Returns the tables. */
export function writeTeaching(output: string, teachings: readonly NamedTeaching[]): string {
  const tables = teachingTables(teachings);
  writeWhole(output, "teaching.md", `${tables}\n`);
  writeWhole(output, "teaching.csv", teachingCsv(teachings));
  const isOneSet = new Set(teachings.map(({ set }) => set)).size === 1;
  for (const one of isOneSet ? teachings : []) {
    for (const [name, plot] of Object.entries(teachingPlots(one))) writeWhole(output, name, plot);
  }
  return tables;
}

/** The vectors by which `cluster` would group a set's images, and the images' labels. */
export async function embeddingsOf(
  preset: PresetName,
  dataset: LabelledDataset,
  options: EvaluateTeachingOptions,
  cache: RunCache,
): Promise<{ embeddings: Embeddings; labels: string[] }> {
  const { loaded: [images], looks } = await loadSubject(
    { name: preset, preset },
    [["images", dataset.images]],
    options,
    cache,
  );
  const settings = presetSettings(preset, false);
  const patches = joinPatches(images.map((image) => image.patches));
  let stage: Stage | undefined;
  const { embeddings } = await clusterPatches(patches, {
    ...settings,
    features: featuresOfLooks(settings.features, looks),
    k: 1,
    onProgress: (done, total) => (stage ??= startStage(`${preset}: scores`, total)).update(done),
  });
  stage?.end();
  return { embeddings: embeddings!, labels: images.map(({ label }) => label!) };
}

function teachingsBefore(output: string): Record<string, Teaching> {
  try {
    const file: TeachingFile = JSON.parse(readFileSync(join(output, "teaching.json"), "utf8"));
    if (file.format === "anomaly-cluster-teaching/1") return { ...file.teachings };
  } catch {
    // There are no earlier results.
  }
  return {};
}

/** A key that names all that the result depends on. */
async function keyOf(
  preset: PresetName,
  { images }: LabelledDataset,
  { teachRuns, size, detail = presetDetail(preset) }: EvaluateTeachingOptions,
): Promise<string> {
  const parts = [images.map(({ path, label }) => [path, label]), PRESETS[preset], teachRuns, size, detail];
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(parts)));
  return `${preset} ${digest.slice(0, 16)}`;
}
