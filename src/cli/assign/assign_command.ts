// The command `assign MODEL.json FOLDER`: puts new images into groups that were found, or into none of these.

import { basename, dirname, join } from "node:path";
import { type Assignment, assignPatches, embedForModel } from "../../assign/assign_patches.ts";
import { regroup } from "../../assign/group_model.ts";
import type { ImageFolder } from "../../dataset/folder.ts";
import { findLaidOut } from "../../dataset/layout.ts";
import { LikeNames } from "../../dataset/like_names.ts";
import { joinPatches } from "../../embed/embedder.ts";
import { AnomalyClusterError, ensure } from "../../errors.ts";
import { countOf } from "../../report/client/text.js";
import { openOutputFolder, writeWhole } from "../../report/output_folder.ts";
import {
  type AssignedImage,
  assignmentsCsv,
  type AssignmentsFile,
  assignmentsFile,
  assignmentsTable,
} from "../../report/assignments.ts";
import { renderAssignments } from "../../report/assignments_page.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { PatchSet } from "../../types.ts";
import { fromUser } from "../options/arguments.ts";
import { openCloser } from "../images/closer.ts";
import { networkWith, releaseNetwork } from "../images/image_network.ts";
import { type Correction, readCorrections } from "./corrected_assignments.ts";
import type { EngineChoice } from "../network/engine.ts";
import { readGroups } from "../results/groups_file.ts";
import { type CacheOptions, RunCache } from "../images/image_cache.ts";
import { onInterrupt } from "../system/interrupt.ts";
import { embedEach, type LoadedImage, loadImages } from "../images/load_images.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { warn } from "../system/progress.ts";
import { readModel, type StoredModel, writeModel } from "../results/model_files.ts";
import { openRecorded } from "../network/open_recorded.ts";
import { onStop } from "../system/signals.ts";
import { checkOutput, checkTaught, retaught } from "./teach_model.ts";
import { watchImages } from "./watch_images.ts";

/** Options from the command line. */
export interface AssignCommandOptions extends CacheOptions {
  readonly out?: string;
  readonly model?: string;
  readonly groups?: string;
  /** A file of assignments that a person corrected. */
  readonly learn?: string;
  readonly engine: EngineChoice;
  readonly watch?: boolean;
  readonly json?: "-";
}

/** Runs the command. Throws an `AnomalyClusterError` for errors that the user can correct. */
export async function assignCommand(
  modelArgument: string,
  argument: string,
  options: AssignCommandOptions,
): Promise<void> {
  const folder = fromUser(argument);
  const output = options.out ? fromUser(options.out) : join(dirname(folder), `${basename(folder)}-assigned`);
  const read = await readModel(fromUser(modelArgument), modelArgument);
  const before = inGroups(read, options.groups);
  let stored = before;
  const { learn } = options;
  if (learn !== undefined) {
    ensure(
      !options.watch,
      "--learn and --watch exclude each other: learn first, then watch with the model that it writes",
    );
    checkTaught(before, modelArgument);
    checkOutput(fromUser(modelArgument), output, options.out !== undefined);
  }
  const corrections = learn === undefined ? undefined : await readCorrections(learn);
  const found = newImages(folder, argument);
  if (found.images.length === 0 && !options.watch) {
    throw new AnomalyClusterError("too-few-images", `${argument} holds no images that can be read`);
  }
  openOutputFolder(output, folder);
  const warnings = [...found.warnings];
  if (read.model.kinds && !before.model.kinds) {
    warnings.push(`--groups ${options.groups} has images in other groups than were learned: no confidences are told`);
  }
  using cache = new RunCache(options);
  using _interrupt = options.watch ? undefined : onInterrupt(() => cache.kept());
  const opened = await openRecorded(
    stored.network,
    {
      ...(options.model !== undefined && { model: options.model }),
      ...(options.cache !== undefined && { cache: options.cache }),
      engine: options.engine,
      of: "these groups",
    },
    warnings,
  );
  const closer = stored.look && await openCloser(stored.look, opened);
  const network = networkWith(opened, closer, cache);

  const title = `New images of ${basename(folder)}`;
  const assigned: AssignedImage[] = [];
  const write = (): AssignmentsFile => {
    const file = assignmentsFile(assigned, stored.groups, modelArgument, warnings);
    writeWhole(output, "assignments.csv", assignmentsCsv(file));
    writeWhole(output, "assignments.json", `${JSON.stringify(file, null, 1)}\n`);
    const pictures = { images: assigned.map(({ thumbnail }) => thumbnail), grouped: stored.pictures ?? {} };
    writeWhole(output, "report.html", renderAssignments(title, file, stored.groups, pictures));
    return file;
  };
  if (options.watch) {
    await watch(folder, stored, network, (image) => {
      const at = assigned.findIndex(({ path }) => path === image.path);
      assigned.splice(at < 0 ? assigned.length : at, at < 0 ? 0 : 1, image);
      const line = assignmentsFile([image], stored.groups, modelArgument, []);
      console.log(options.json ? JSON.stringify(line.images[0]) : assignmentsTable(line));
      write();
    });
    await releaseNetwork(network);
    console.error(`stopped: ${countOf(assigned.length, "image")} assigned, in ${join(output, "report.html")}`);
    return;
  }
  const loaded = await loadImages(found.images, network, warnings, "Embedding images");
  await releaseNetwork(network);
  if (loaded.length === 0) {
    for (const warning of warnings) warn(warning);
    throw new AnomalyClusterError("too-few-images", `${argument} holds no usable image of ${found.images.length}`);
  }
  const patches = joinPatches(loaded.map((image) => image.patches));
  const taught = corrections && await learnFrom(corrections, loaded, patches);
  stored = taught?.stored ?? stored;
  const assignments = await assignPatches(stored.model, patches);
  assigned.push(...assignments.map((assignment, at) => {
    const kind = taught?.kinds.get(at);
    if (kind === undefined) return assignedImage(loaded[at], assignment, stored.images);
    const said = { ...assignment, group: kind, confidence: 1 };
    return { ...assignedImage(loaded[at], said, stored.images), confirmed: true };
  }));
  if (taught) await writeModel(output, { ...taught.stored, thumbnails: taught.thumbnails });
  const file = write();
  for (const warning of warnings) warn(warning);
  const notes = taught ? [taught.note, `model: ${join(output, "model.json")}`] : [];
  console.log(
    options.json ? JSON.stringify(file) : [assignmentsTable(file), ...notes, summary(file, output)].join("\n"),
  );

  /** Learns from the corrections. `images` are all images of the folder that could be read. */
  async function learnFrom(given: readonly Correction[], images: readonly LoadedImage[], all: PatchSet) {
    const vectors = await embedForModel(before.model, all);
    const paths = images.map(({ path }) => path);
    const thumbnails = images.map(({ thumbnail }) => thumbnail);
    return retaught(before, given, { folder, paths, thumbnails, vectors }, learn!, warnings);
  }
}

/** All images of a folder, in all parts of a data set, sound ones too. Masks are left out. */
function newImages(folder: string, name: string): ImageFolder {
  const { images, normals, masks, warnings, folders } = findLaidOut(folder, name);
  const left = masks.length ? [`left out: ${folders.masks.join(", ")} (${countOf(masks.length, "mask")})`] : [];
  const all = [...images, ...normals].sort((a, b) => a.path < b.path ? -1 : 1);
  return { images: all, warnings: [...warnings, ...left] };
}

/** The model with its images in the groups of the file `name`. Images are matched by their paths. */
function inGroups(stored: StoredModel, name: string | undefined): StoredModel {
  if (name === undefined) return stored;
  const { groups, images } = readGroups("--groups", name);
  const place = new Map(groups.map(({ group }, at) => [group, at]));
  const names = new LikeNames(images.map(({ path }) => path));
  const byPath = new Map(images.map(({ path, group }) => [path, place.get(group)!]));
  const groupOf = new Map(stored.images.map((path) => [path, byPath.get(names.find(path) ?? "")]));
  const missing = stored.images.find((path) => groupOf.get(path) === undefined);
  if (missing !== undefined) {
    throw new AnomalyClusterError("bad-argument", `--groups ${name} lacks ${missing}: name one of the same run`);
  }
  const stores = new LikeNames(stored.images);
  const medoids = groups.map(({ medoid }) => stored.images.indexOf(stores.find(medoid) ?? medoid));
  const model = regroup(stored.model, {
    groups: Int32Array.from(stored.images, (path) => groupOf.get(path)!),
    medoids: Int32Array.from(medoids),
  });
  return { ...stored, groups, model };
}

/** Assigns images as they arrive in the folder, until Ctrl-C. */
async function watch(
  folder: string,
  { model, images }: StoredModel,
  network: ImageNetwork,
  use: (image: AssignedImage) => void,
): Promise<void> {
  const stop = new AbortController();
  using _stop = onStop(() => stop.abort());
  console.error(`watching ${folder}: Ctrl-C ends`);
  await watchImages(folder, stop.signal, async ({ path, file }) => {
    for await (const image of embedEach([file], network)) {
      if (image instanceof AnomalyClusterError) return image.message;
      const [assignment] = await assignPatches(model, image.patches);
      use(assignedImage({ path, thumbnail: image.thumbnail }, assignment, images));
    }
  });
}

function assignedImage(
  { path, thumbnail }: { readonly path: string; readonly thumbnail: Thumbnail },
  assignment: Assignment,
  images: readonly string[],
): AssignedImage {
  return { path, assignment, like: images[assignment.image], thumbnail };
}

function summary({ images }: AssignmentsFile, output: string): string {
  const none = images.filter(({ group }) => group === null).length;
  return `${countOf(images.length, "image")}: ${images.length - none} in groups, ${none} in none of these\nreport: ${
    join(output, "report.html")
  }`;
}
