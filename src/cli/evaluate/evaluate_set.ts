// Measures presets and methods on one labelled set, and keeps the results for later runs.

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkFiles, type LabelledDataset, labelledDataset, type LabelledImage } from "../../dataset/labelled.ts";
import { sha256 } from "../../embed/manifest.ts";
import { joinPatches } from "../../embed/embedder.ts";
import { hubNetworkName } from "../../embed/read_network.ts";
import { evenly } from "../../evenly.js";
import { type Study, study } from "../../evaluate/study.ts";
import type { NamedStudy } from "../../evaluate/tables.ts";
import type { TrainingRow } from "../../evaluate/training.ts";
import { featuresOfLooks } from "../../look/two_looks.ts";
import { type PresetName, PRESETS } from "../../preset.ts";
import { countOf } from "../../report/client/text.js";
import { openOutputFolder, writeWhole } from "../../report/output_folder.ts";
import type { PatchSet, PatchValues } from "../../types.ts";
import { fromUser } from "../options/arguments.ts";
import { type Detail, presetDetail } from "../../look/detail.ts";
import type { CacheOptions, RunCache } from "../images/image_cache.ts";
import { hubReference, isHubAddress } from "../network/hub/reference.ts";
import { type EvaluateTrainings, trainingsOf } from "./evaluate_trainings.ts";
import type { LoadedImage } from "../images/load_images.ts";
import { type Stage, startStage, warn } from "../system/progress.ts";
import { readMasks } from "../images/read_masks.ts";
import { loadSubject, type Subject } from "./subject.ts";

/** How sets are measured. */
export interface EvaluateSetOptions extends CacheOptions, EvaluateTrainings {
  readonly normals?: string;
  readonly masks?: string;
  readonly presets: readonly PresetName[];
  readonly models?: readonly string[];
  readonly protocol: "subsets" | "whole";
  readonly seeds: number;
  readonly mostNormals: number;
  readonly detail?: Detail;
}

/** Increase it when studies measure something else than before. Results with another number are not used. */
const FORMAT = "anomaly-cluster-evaluation/5";

/** Content of results.json. Keys name all that a study depends on, so that a run goes on where an earlier one ended. */
interface ResultsFile {
  readonly format: typeof FORMAT;
  readonly dataset: {
    readonly path: string;
    readonly layout: string;
    readonly images: number;
    readonly classes: string[];
  };
  readonly studies: Record<string, NamedStudy>;
  /** Trainings. The key consists of the study's key, the method, seed and settings. */
  readonly trainings: Record<string, TrainingRow>;
}

/** The results for one set. */
export interface EvaluatedSet {
  readonly classes: number;
  readonly images: number;
  readonly studies: readonly NamedStudy[];
}

/**
 * Measures all that was not measured before, and keeps it in `output`, which must not be in the set's folder.
 *
 * @param argument the set, as the user calls it.
 */
export async function evaluateSet(
  argument: string,
  output: string,
  options: EvaluateSetOptions,
  cache: RunCache,
): Promise<EvaluatedSet> {
  const path = fromUser(argument);
  const dataset = labelledDataset(path, {
    name: argument,
    ...(options.normals && { normals: fromUser(options.normals) }),
    ...(options.masks && { masks: fromUser(options.masks) }),
  });
  const told = new Set(dataset.warnings);
  for (const warning of told) warn(warning);
  checkFiles(dataset, argument);
  openOutputFolder(output, path);
  const labels = [...new Set(dataset.images.map(({ label }) => label))];
  const masked = dataset.images.filter(({ mask }) => mask).length;
  const counts = `${dataset.images.length} images of ${labels.length} classes, ` +
    `${countOf(dataset.normals.length, "labelled normal")}${masked ? `, ${countOf(masked, "mask")}` : ""}`;
  console.error(`${dataset.layout}: ${counts}`);

  const results: ResultsFile = {
    format: FORMAT,
    dataset: { path: basename(path), layout: dataset.layout, images: dataset.images.length, classes: labels },
    ...await resultsBefore(output),
  };
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
  return { classes: labels.length, images: dataset.images.length, studies: shown };
}

/** What to measure: the presets, then the networks. */
function subjectsOf({ presets, models = [] }: EvaluateSetOptions): Subject[] {
  return [
    ...presets.map((preset) => ({ name: preset, preset })),
    ...models.map((model) => ({
      name: isHubAddress(model) ? networkName(model) : basename(model).replace(/\.onnx(\.wasm)?$/i, ""),
      preset: "paper" as const,
      model,
    })),
  ];
}

/** Name of a network of the hub in tables. */
function networkName(address: string): string {
  const { repository, file = "" } = hubReference(address);
  return hubNetworkName(repository.split("/")[1], file);
}

/** Results of an earlier run into the same folder. Empty if there are none, or they cannot be read. */
async function resultsBefore(output: string): Promise<Pick<ResultsFile, "studies" | "trainings">> {
  try {
    const file: ResultsFile = JSON.parse(await readFile(join(output, "results.json"), "utf8"));
    const { studies, trainings } = file;
    if (file.format === FORMAT) return { studies: { ...studies }, trainings: { ...trainings } };
  } catch {
    // There are no earlier results.
  }
  return { studies: {}, trainings: {} };
}

/** A key that names all that a study depends on. */
async function keyOf(
  { name, preset, model }: Subject,
  dataset: LabelledDataset,
  options: EvaluateSetOptions,
): Promise<string> {
  const { embedding, features, over, tau, references } = PRESETS[preset];
  const parts = [
    dataset.images.map(({ path, label, mask }) => [path, label, mask ? 1 : 0]),
    dataset.normals.map((image) => image.path),
    model && (isHubAddress(model) ? model : fromUser(model)),
    [
      embedding,
      features,
      over,
      tau,
      references,
      options.protocol,
      options.seeds,
      options.mostNormals,
      options.size,
      options.detail ?? presetDetail(preset),
    ],
  ];
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(parts)));
  return `${name} ${digest.slice(0, 16)}`;
}

async function studyOf(
  subject: Subject,
  dataset: LabelledDataset,
  options: EvaluateSetOptions,
  cache: RunCache,
  told: Set<string>,
): Promise<Study> {
  const { name, preset } = subject;
  const { features, over = "mean", tau, references } = PRESETS[preset];
  const normalsUsed = evenly(dataset.normals.length, options.mostNormals).map((at) => dataset.normals[at]);
  const { loaded: [loaded, normals], looks } = await loadSubject(
    subject,
    [["images", dataset.images], ["normals", normalsUsed]],
    options,
    cache,
  );
  const images = loaded as (LoadedImage & LabelledImage)[];
  const patches = joinPatches(images.map((image) => image.patches));
  // Masks are of whole photos.
  const masks = !looks && images.some(({ mask }) => mask) ? await masksOf(images, patches, told) : undefined;
  let stage: Stage | undefined;
  const found = await study({
    patches,
    labels: images.map(({ label }) => label),
    features: featuresOfLooks(features, looks),
    over,
    tau,
    references,
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

/** The patches that masks touch. Each warning on masks is printed only once. */
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
