// `cluster FOLDER`: folder → images → patch embeddings → groups → report, CSV and JSON.

import { basename, dirname, join } from "node:path";
import { checkPointCount } from "../core/linkage_kernel.ts";
import { type GroupModel, groupModel } from "../assign/group_model.ts";
import { findImages } from "../dataset/folder.ts";
import { matchMasks } from "../dataset/masks.ts";
import type { SetDistance } from "../distance/image_distances.ts";
import { buildCodebook, type Pooling } from "../distance/pooling.ts";
import { type Embedder, joinPatches } from "../embed/embedder.ts";
import type { Engine } from "../embed/onnx.ts";
import { AnomalyClusterError } from "../errors.ts";
import { adjustedRandIndex } from "../metric/adjusted_rand_index.ts";
import { type Contingency, contingencyTable } from "../metric/contingency.ts";
import { f1Score } from "../metric/f1_score.ts";
import { normalizedMutualInformation } from "../metric/information.ts";
import { purity } from "../metric/purity.ts";
import type { Feature } from "../feature.ts";
import { clusterPatches, type ClusterResult } from "../pipeline.ts";
import { type PresetName, PRESETS } from "../preset.ts";
import { renderReport } from "../report/html.ts";
import { openOutputFolder, writeWhole } from "../report/output_folder.ts";
import { printable } from "../report/printable.ts";
import { reportData } from "../report/report_data.ts";
import { type Agreement, digits, groupsCsv, type GroupsFile, groupsFile } from "../report/result.ts";
import { countText, featureText, scoreText, temperatureText } from "../setting_text.ts";
import type { PatchSet, PatchValues } from "../types.ts";
import type { ScoreSource, Temperatures } from "../weight/weighting.ts";
import { fromUser } from "./arguments.ts";
import { type CacheOptions, type ImageCache, RunCache } from "./image_cache.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkExports, exportGroups, type ExportName } from "./export_groups.ts";
import { type LoadedImage, loadImages } from "./load_images.ts";
import { type ClustererName, clustererOf, type PoolingName, weightingOf, type WeightName } from "./methods.ts";
import { watchMemory } from "./memory.ts";
import { writeModel } from "./model_files.ts";
import { openModel } from "./open_model.ts";
import { readMasks } from "./read_masks.ts";
import { startStage, warn } from "./progress.ts";

/** Options as the program's arguments give them. */
export interface ClusterCommandOptions extends CacheOptions {
  readonly out?: string;
  readonly k: number | "auto";
  readonly threshold?: number;
  readonly smallestGroup: number;
  readonly preset: PresetName;
  readonly tau?: Temperatures;
  readonly views?: "1" | "4" | "8";
  readonly whiten?: "yes" | "no";
  readonly content?: "patch" | "residual";
  readonly length?: "kept" | "root" | "unit";
  readonly weight?: WeightName;
  readonly over?: ScoreSource;
  readonly top: number;
  readonly normals?: string;
  readonly masks?: string;
  readonly distance: "weighted-average" | SetDistance;
  readonly pool?: PoolingName;
  readonly cluster: ClustererName;
  readonly seed: number;
  readonly model?: string;
  readonly engine: Engine;
  readonly size?: number;
  readonly memory?: boolean;
  readonly labels?: "folders";
  readonly json?: "-";
  readonly export?: readonly ExportName[];
}

/** Runs the command; throws an `AnomalyClusterError` for what the user can mend. */
export async function clusterCommand(argument: string, options: ClusterCommandOptions): Promise<void> {
  const memory = watchMemory();
  const folder = fromUser(argument);
  const output = options.out ? fromUser(options.out) : join(dirname(folder), `${basename(folder)}-clusters`);
  const found = findImages(folder);
  if (found.images.length === 0) {
    throw new AnomalyClusterError("too-few-images", `${argument} holds no images that can be read`);
  }
  checkPointCount(found.images.length);
  const weight = options.weight ?? (options.masks ? "mask" : options.normals ? "labelled-normal" : "soft");
  checkCombination(weight, options);
  openOutputFolder(output, folder);
  checkExports(options.export ?? [], output, givesVectors(options));

  const warnings = [...found.warnings];
  using cache = new RunCache(options);
  using _interrupt = onInterrupt(() => cache.kept());
  const { embedder, size, maker, network } = await openModel(options, warnings);
  const known = cache.of(maker);
  const images = await loadImages(found.images, embedder, size, warnings, "Embedding images", known);
  checkCount(images.length, found.images.length, options.k, argument, warnings);
  const normals = options.normals ? await loadNormals(options.normals, embedder, size, warnings, known) : undefined;
  const masks = options.masks ? await loadMasks(images, options.masks, warnings) : undefined;
  await embedder.release();

  const { result, model } = await clusterLoaded(images, { ...options, weight }, normals, masks);
  const agreement = options.labels ? agreementWithFolders(images, result, warnings) : undefined;
  const file = groupsFile(result, {
    images: images.map(({ path, label }) => ({ path, ...(agreement && label !== undefined && { label }) })),
    settings: settingsOf({ ...options, weight, size }, result),
    model: embedder.id,
    warnings,
    ...agreement,
  });
  writeWhole(output, "groups.csv", groupsCsv(file));
  writeWhole(output, "groups.json", `${JSON.stringify(file, null, 1)}\n`);
  await writeModel(output, model && { model, network, file });
  await exportGroups(options.export ?? [], { file, result, images, folder, output });
  // Beside their folder the report can lead to the images; elsewhere it would tell where they lie.
  const source = dirname(output) === dirname(folder) ? `../${encodeURIComponent(basename(folder))}` : undefined;
  const title = `Kinds of defect in ${basename(folder)}`;
  const report = renderReport(reportData(title, file, result, images, source));
  const page = writeWhole(output, "report.html", report);

  for (const warning of warnings) warn(warning);
  if (options.memory) console.error(`memory: ${memory.peakMegabytes()} MB at most`);
  console.log(options.json ? JSON.stringify(file) : summary(file, page));
}

/** Options that ask for each other. */
function checkCombination(weight: WeightName, options: ClusterCommandOptions): void {
  const overNormals = weight === "labelled-normal" ||
    options.over === "normal" && ["soft", "hard", "hybrid"].includes(weight);
  if (overNormals && !options.normals) {
    throw new AnomalyClusterError("bad-argument", "weights over labelled normals need --normals DIR");
  }
  if (options.normals && !overNormals) {
    throw new AnomalyClusterError(
      "bad-argument",
      `--weight ${weight} makes no use of --normals: leave one out, or add --over normal to hard or hybrid`,
    );
  }
  if ((weight === "mask") !== (options.masks !== undefined)) {
    const reason = options.masks ? `--weight ${weight} makes no use of --masks` : "--weight mask needs --masks DIR";
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (options.threshold !== undefined && options.k !== "auto") {
    const reason = "--k and --threshold exclude each other: one gives the number of groups, one the height of the cut";
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (options.threshold !== undefined && clustererOf(options.cluster, 0).kind !== "linkage") {
    const reason = `--cluster ${options.cluster} has no tree that --threshold could cut: use ward, or --k`;
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (options.pool && options.distance !== "weighted-average") {
    const reason = `--pool ${options.pool} and --distance ${options.distance} exclude each other: leave one out`;
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (!givesVectors(options) && ["kmeans", "gmm", "gmm-full"].includes(options.cluster)) {
    const reason =
      `--cluster ${options.cluster} needs one vector an image, which --distance ${options.distance} has not`;
    throw new AnomalyClusterError("bad-argument", `${reason}: use --distance weighted-average, or ward or kmedoids`);
  }
}

/** Whether images are grouped by one vector each. */
function givesVectors({ pool, distance }: ClusterCommandOptions): boolean {
  return pool !== undefined || distance === "weighted-average";
}

async function loadNormals(
  folder: string,
  embedder: Embedder,
  size: number,
  warnings: string[],
  cache: ImageCache | undefined,
): Promise<PatchSet> {
  const found = findImages(fromUser(folder));
  warnings.push(...found.warnings.map((warning) => `${folder}: ${warning}`));
  const images = await loadImages(found.images, embedder, size, warnings, "Embedding normals", cache);
  if (images.length === 0) throw new AnomalyClusterError("bad-argument", `--normals ${folder} holds no usable images`);
  return joinPatches(images.map((image) => image.patches));
}

async function loadMasks(images: readonly LoadedImage[], folder: string, warnings: string[]): Promise<PatchValues> {
  const { masks, without } = await readMasks(matchMasks(images, fromUser(folder)), images[0].patches);
  if (without.length === images.length) {
    throw new AnomalyClusterError("bad-argument", `--masks ${folder} holds no mask named like an image`);
  }
  if (without.length) {
    const first = images[without[0]].path;
    warnings.push(`${without.length} images have no readable mask and get uniform weights, ${first} first`);
  }
  return masks;
}

function checkCount(usable: number, found: number, k: number | "auto", folder: string, warnings: string[]): void {
  if (usable < 2) {
    for (const warning of warnings) warn(warning);
    const message = `${folder} holds ${usable} usable of ${found} images: at least 2 are needed`;
    throw new AnomalyClusterError("too-few-images", message);
  }
  if (k !== "auto" && k > usable) {
    throw new AnomalyClusterError("bad-argument", `--k ${k} is more than the ${usable} usable images`);
  }
}

type ChosenOptions = ClusterCommandOptions & { readonly weight: WeightName };

async function clusterLoaded(
  images: readonly LoadedImage[],
  options: ChosenOptions,
  normals: PatchSet | undefined,
  masks: PatchValues | undefined,
): Promise<{ result: ClusterResult; model?: GroupModel }> {
  const stage = startStage("Comparing pairs", images.length * (images.length - 1) / 2);
  const patches = joinPatches(images.map((image) => image.patches));
  const settings = {
    weight: weightingOf(options.weight, {
      tau: options.tau ?? PRESETS[options.preset].tau,
      over: scoreSourceOf(options),
      top: options.top,
      masks,
    }),
    features: featuresOf(options),
    ...(options.pool && { pooling: poolingOf(options.pool, patches, options.seed) }),
    ...(normals && { normals }),
  };
  const result = await clusterPatches(patches, {
    ...settings,
    k: options.k,
    ...(options.threshold !== undefined && { threshold: options.threshold }),
    smallestGroup: options.smallestGroup,
    distance: options.distance,
    cluster: clustererOf(options.cluster, options.seed),
    onProgress: (done) => stage.update(done),
  });
  stage.end();
  // New images have no masks, and sets of patches could be compared only with all patches of all images.
  const assignable = options.weight !== "mask" && givesVectors(options);
  return { result, ...(assignable && { model: await groupModel(patches, result, settings) }) };
}

/** What patches are scored by: hard and hybrid weights rank by the mean unless told else. */
function scoreSourceOf({ over, preset, weight }: ChosenOptions): ScoreSource {
  return over ?? (weight === "soft" ? PRESETS[preset].over : undefined) ?? "mean";
}

/** The preset's features, with what the options say in their place. */
function featuresOf({ preset, normals, whiten, content, length }: ClusterCommandOptions): Feature[] {
  const { features, featuresWithNormals = features } = PRESETS[preset];
  const given = { ...(content && { content }), ...(length && { length }) };
  const changed = (normals ? featuresWithNormals : features).map((feature): Feature => {
    return { ...feature, ...(whiten && { whiten: whiten === "yes" && (feature.whiten || true) }), ...given };
  });
  // Features may differ only in what the options gave.
  return [...new Map(changed.map((feature) => [JSON.stringify(feature), feature])).values()];
}

function poolingOf(kind: PoolingName, patches: PatchSet, seed: number): Pooling {
  return kind === "bag-of-words" ? { kind, codebook: buildCodebook(patches, { seed }) } : { kind };
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

function settingsOf(
  options: ChosenOptions & { readonly size: number },
  result: ClusterResult,
): Record<string, string | number> {
  return {
    k: result.k,
    kChosen: countText(options),
    weight: options.weight,
    ...(result.tau !== undefined && { tau: digits(result.tau) }),
    ...(["hard", "mask", "uniform"].includes(options.weight)
      ? {}
      : { tauGiven: temperatureText(options.tau ?? PRESETS[options.preset].tau) }),
    preset: options.preset,
    features: featuresOf(options).map(featureText).join("; "),
    size: options.size,
    ...(["soft", "hard", "hybrid"].includes(options.weight) && { over: scoreText(scoreSourceOf(options)) }),
    ...(["hard", "hybrid"].includes(options.weight) && { top: options.top }),
    distance: options.pool ? `${options.pool} pooling` : options.distance,
    cluster: options.cluster,
    seed: options.seed,
  };
}

function summary(file: GroupsFile, page: string): string {
  const lines = [`${file.images.length} images in ${file.groups.length} groups (k ${file.settings.kChosen})`];
  for (const { group, size, medoid } of file.groups) {
    lines.push(`  group ${group}: ${size} images, medoid ${printable(medoid)}`);
  }
  const strays = file.images.filter(({ outlier }) => outlier).length;
  if (strays) lines.push(`  ${strays} of them fit nowhere well (outlier in groups.csv)`);
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
    ...classes.map((label, at) => `  ${printable(String(label)).padEnd(width)}${cells(counts[at])}`),
  ];
}
