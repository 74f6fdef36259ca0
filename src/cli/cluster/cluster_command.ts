// The command `cluster FOLDER`: reads images, embeds patches, groups the images, and writes a report, CSV and JSON.

import { basename, dirname, join } from "node:path";
import { checkPointCount } from "../../core/linkage_kernel.ts";
import { giveUpNetwork } from "../../runtime/deno.ts";
import type { ImageFile } from "../../dataset/folder.ts";
import { findLaidOut, layoutNote } from "../../dataset/layout.ts";
import { joinPatches } from "../../embed/embedder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { renderReport } from "../../report/html.ts";
import { openOutputFolder, writeWhole } from "../../report/output_folder.ts";
import { groupsCsv, groupsFile } from "../../report/result.ts";
import { toldSettings } from "../../report/run_settings.ts";
import type { PatchSet } from "../../types.ts";
import { fromUser } from "../options/arguments.ts";
import { agreementWithFolders, summary } from "./cluster_outcome.ts";
import {
  checkCombination,
  type ClusterCommandOptions,
  comparisonOf,
  detailOf,
  givesVectors,
  runSettings,
} from "./cluster_settings.ts";
import { closerNote, fitCloser } from "../images/closer.ts";
import { networkWith, releaseNetwork } from "../images/image_network.ts";
import { groupStreamed } from "./group_streamed.ts";
import { groupTogether } from "./group_together.ts";
import { findDefects } from "./find_defects.ts";
import { RunCache } from "../images/image_cache.ts";
import { onInterrupt } from "../system/interrupt.ts";
import { checkExports, exportGroups } from "./export_groups.ts";
import { loadImages } from "../images/load_images.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { watchMemory } from "../system/memory.ts";
import { writeModel } from "../results/model_files.ts";
import { openModel } from "../network/open_model.ts";
import { giveUpUnneeded } from "../system/permissions.ts";
import { tell, warn } from "../system/progress.ts";
import { removeCheckpoint } from "./training.ts";
import type { Coordinator } from "../queue/coordinate.ts";
import type { JobOptions } from "../queue/submission.ts";
import { setWhite } from "./set_white.ts";
import { streamImages } from "./stream_images.ts";
import { labelsOf, readTaught } from "../results/taught_groups.ts";
import { TimeEstimate } from "./time_estimate.ts";

/** Runs the command. Throws an `AnomalyClusterError` for errors that the user can correct. */
export async function clusterCommand(argument: string, options: ClusterCommandOptions): Promise<void> {
  giveUpUnneeded(options);
  const memory = watchMemory();
  const folder = fromUser(argument);
  const output = options.out ? fromUser(options.out) : join(dirname(folder), `${basename(folder)}-clusters`);
  const found = findLaidOut(folder, argument);
  if (found.images.length === 0) {
    throw new AnomalyClusterError("too-few-images", `${argument} holds no images that can be read`);
  }
  const weight = options.weight ?? (options.masks ? "mask" : options.normals ? "labelled-normal" : "soft");
  const chosen = { ...options, weight };
  checkCombination(weight, options);
  const detail = detailOf(options);
  const taught = options.learn === undefined ? undefined : readTaught(options.learn);
  if (taught) labelsOf(taught, found.images.map(({ path }) => path)); // Throws before the long work.
  const count = found.images.length;
  if (comparisonOf(chosen, count, false).together) checkPointCount(count); // Throws before the long work.
  openOutputFolder(output, folder);
  checkExports(options.export ?? [], output, givesVectors(options));

  const warnings = [...found.warnings, ...layoutNote(found, argument, options)];
  using cache = new RunCache(options);
  const coordinator = options.queue === undefined
    ? undefined
    : await coordinatorOf({ ...options, queue: options.queue });
  using _interrupt = onInterrupt(() => coordinator?.kept() ?? cache.kept());
  const normalFiles = options.normals === undefined ? undefined : findNormals(options.normals, warnings);
  const white = await setWhite([...found.images, ...normalFiles ?? []], warnings);
  const opened = await openModel({ ...options, ...(white && { white }) }, warnings);
  if (!coordinator) giveUpNetwork(); // The model is open: the permission for the network is not needed any more.
  const { embedder, size, engine } = opened;
  const closer = await fitCloser(normalFiles ?? found.images, detail, opened);
  if (closer) tell(closerNote(closer));
  const comparison = comparisonOf(chosen, count, closer !== undefined);
  const network = {
    ...networkWith(opened, closer, cache),
    estimate: new TimeEstimate(
      found.images.length + (normalFiles?.length ?? 0),
      options.views === undefined ? options.preset : undefined,
    ),
  };
  const normals = normalFiles && await loadNormals(normalFiles, options.normals!, network, warnings);
  const all = { images: found.images, name: argument };
  const stream = coordinator?.stream(basename(folder), opened) ?? streamImages;
  const { references } = comparison;
  const grouped = comparison.together
    ? await groupTogether(all, network, { ...chosen, references }, normals, warnings, output, taught)
    : await groupStreamed(all, network, { ...chosen, ...comparison }, normals, warnings, stream);
  await releaseNetwork(network);

  const { images, result, model, thumbnails } = grouped;
  const defects = await findDefects(grouped, network, warnings);
  const agreement = options.labels ? agreementWithFolders(images, result.groups, warnings) : undefined;
  const file = groupsFile(result, {
    images: images.map(({ path, label }, i) => ({
      path,
      ...(agreement && label !== undefined && { label }),
      ...(defects[i] && { defect: defects[i].defect }),
    })),
    settings: {
      ...toldSettings(runSettings({ ...chosen, size, engine, ...(closer && { closer }) }, references), result),
      ...grouped.settings,
    },
    model: embedder.id,
    warnings,
    ...agreement,
  });
  writeWhole(output, "groups.csv", groupsCsv(file));
  writeWhole(output, "groups.json", `${JSON.stringify(file, null, 1)}\n`);
  await writeModel(
    output,
    model &&
      { ...model, network: opened.network, ...(closer && { look: closer.look }), groups: file.groups, thumbnails },
  );
  // A report beside the images' folder can link to them. Elsewhere, a link would reveal where they are stored.
  const source = dirname(output) === dirname(folder) ? `../${encodeURIComponent(basename(folder))}` : undefined;
  const title = `Kinds of defect in ${basename(folder)}`;
  const report = renderReport(grouped.page(title, file, source, defects.map((seen) => seen?.picture)));
  const page = writeWhole(output, "report.html", report);
  removeCheckpoint(output);
  const { calls, failures } = await exportGroups(options.export ?? [], { ...grouped, file, folder, output });

  await coordinator?.end();
  for (const warning of warnings) warn(warning);
  if (options.memory) console.error(`memory: ${memory.peakMegabytes()} MB at most`);
  console.log(options.json ? JSON.stringify(file) : [summary(file, page, grouped.notes?.(file)), ...calls].join("\n"));
  if (failures.length) {
    throw new AnomalyClusterError("cannot-write", `${failures.join("; ")}; report, tables and model are written`);
  }
}

/** The code that connects to the queue's server is loaded only if there is a queue. */
async function coordinatorOf(options: JobOptions): Promise<Coordinator> {
  const { Coordinator } = await import("../queue/coordinate.ts");
  return await Coordinator.open(options);
}

/** The labelled normals in a folder: all of its images; in a data set only those that its layout marks as sound. */
function findNormals(folder: string, warnings: string[]): readonly ImageFile[] {
  const { images, normals, folders, warnings: remarks } = findLaidOut(fromUser(folder), folder);
  warnings.push(...remarks.map((warning) => `${folder}: ${warning}`));
  if (normals.length) warnings.push(`--normals ${folder}: of its parts ${folders.normals.join(", ")} were used`);
  return normals.length ? normals : images;
}

async function loadNormals(
  files: readonly ImageFile[],
  folder: string,
  network: ImageNetwork,
  warnings: string[],
): Promise<PatchSet> {
  const images = await loadImages(files, network, warnings, "Embedding normals");
  if (images.length === 0) throw new AnomalyClusterError("bad-argument", `--normals ${folder} holds no usable images`);
  return joinPatches(images.map((image) => image.patches));
}
