// `cluster FOLDER`: folder → images → patch embeddings → groups → report, CSV and JSON.

import { basename, dirname, join } from "node:path";
import { checkPointCount } from "../core/linkage_kernel.ts";
import { type GroupModel, groupModel } from "../assign/group_model.ts";
import { findImages } from "../dataset/folder.ts";
import { matchMasks } from "../dataset/masks.ts";
import { buildCodebook, type Pooling } from "../distance/pooling.ts";
import { joinPatches } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { clusterPatches, type ClusterResult } from "../pipeline.ts";
import { renderReport } from "../report/html.ts";
import { openOutputFolder, writeWhole } from "../report/output_folder.ts";
import { reportData } from "../report/report_data.ts";
import { groupsCsv, groupsFile } from "../report/result.ts";
import type { PatchSet, PatchValues } from "../types.ts";
import { fromUser } from "./arguments.ts";
import { agreementWithFolders, summary } from "./cluster_outcome.ts";
import {
  checkCombination,
  type ChosenOptions,
  type ClusterCommandOptions,
  featuresOf,
  givesVectors,
  settingsOf,
  weightsOf,
} from "./cluster_settings.ts";
import { RunCache } from "./image_cache.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkExports, exportGroups } from "./export_groups.ts";
import { type ImageNetwork, type LoadedImage, loadImages } from "./load_images.ts";
import { clustererOf, type PoolingName } from "./methods.ts";
import { watchMemory } from "./memory.ts";
import { writeModel } from "./model_files.ts";
import { openModel } from "./open_model.ts";
import { readMasks } from "./read_masks.ts";
import { startStage } from "./progress.ts";

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
  const opened = await openModel(options, warnings);
  const { embedder, size, engine } = opened;
  const network = { ...opened, cache: cache.of(opened.maker) };
  const images = await loadImages(found.images, network, warnings, "Embedding images");
  checkCount(images.length, found.images.length, options.k, argument, warnings);
  const normals = options.normals ? await loadNormals(options.normals, network, warnings) : undefined;
  const masks = options.masks ? await loadMasks(images, options.masks, warnings) : undefined;
  await embedder.release();

  const { result, model } = await clusterLoaded(images, { ...options, weight }, normals, masks);
  const agreement = options.labels ? agreementWithFolders(images, result.groups, warnings) : undefined;
  const file = groupsFile(result, {
    images: images.map(({ path, label }) => ({ path, ...(agreement && label !== undefined && { label }) })),
    settings: settingsOf({ ...options, weight, size, engine }, result),
    model: embedder.id,
    warnings,
    ...agreement,
  });
  writeWhole(output, "groups.csv", groupsCsv(file));
  writeWhole(output, "groups.json", `${JSON.stringify(file, null, 1)}\n`);
  const thumbnails = images.map(({ thumbnail }) => thumbnail);
  await writeModel(output, model && { model, network: opened.network, file, thumbnails });
  await exportGroups(options.export ?? [], { file, result, images, folder, output });
  // Beside their folder the report can lead to the images; elsewhere it would tell where they lie.
  const source = dirname(output) === dirname(folder) ? `../${encodeURIComponent(basename(folder))}` : undefined;
  const title = `Kinds of defect in ${basename(folder)}`;
  const report = renderReport(reportData(title, file, result, images, source));
  const page = writeWhole(output, "report.html", report);

  for (const warning of warnings) console.error(`warning: ${warning}`);
  if (options.memory) console.error(`memory: ${memory.peakMegabytes()} MB at most`);
  console.log(options.json ? JSON.stringify(file) : summary(file, page));
}

async function loadNormals(
  folder: string,
  network: ImageNetwork,
  warnings: string[],
): Promise<PatchSet> {
  const found = findImages(fromUser(folder));
  warnings.push(...found.warnings.map((warning) => `${folder}: ${warning}`));
  const images = await loadImages(found.images, network, warnings, "Embedding normals");
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
    for (const warning of warnings) console.error(`warning: ${warning}`);
    const message = `${folder} holds ${usable} usable of ${found} images: at least 2 are needed`;
    throw new AnomalyClusterError("too-few-images", message);
  }
  if (k !== "auto" && k > usable) {
    throw new AnomalyClusterError("bad-argument", `--k ${k} is more than the ${usable} usable images`);
  }
}

async function clusterLoaded(
  images: readonly LoadedImage[],
  options: ChosenOptions,
  normals: PatchSet | undefined,
  masks: PatchValues | undefined,
): Promise<{ result: ClusterResult; model?: GroupModel }> {
  const stage = startStage("Comparing pairs", images.length * (images.length - 1) / 2);
  const patches = joinPatches(images.map((image) => image.patches));
  const settings = {
    weight: weightsOf(options, masks),
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

function poolingOf(kind: PoolingName, patches: PatchSet, seed: number): Pooling {
  return kind === "bag-of-words" ? { kind, codebook: buildCodebook(patches, { seed }) } : { kind };
}
