// Groups images that are in memory together and are compared with each other.

import { groupModel, type GroupModelOptions } from "../../assign/group_model.ts";
import { learnedKinds } from "../../assign/learned_kinds.ts";
import { findMaskFiles } from "../../dataset/folder.ts";
import { unclearNote } from "../../dataset/labelled.ts";
import { matchMasks } from "../../dataset/masks.ts";
import type { References } from "../../reference/choose_references.ts";
import { buildCodebook, type Pooling } from "../../distance/pooling.ts";
import { imagesFrom, joinPatches } from "../../embed/embedder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { nearCopies } from "../../copies/near_copies.ts";
import { clusterPatches, type ClusterResult } from "../../pipeline.ts";
import { countOf } from "../../report/client/text.js";
import type { DefectPicture } from "../../report/defect_picture.ts";
import { reportData } from "../../report/report_data.ts";
import type { PatchSet, PatchValues } from "../../types.ts";
import { fromUser } from "../options/arguments.ts";
import { looksOf } from "../images/image_network.ts";
import { type ChosenOptions, featuresOf, givesVectors, viewsOf, weightsOf } from "./cluster_settings.ts";
import { checkFound, type FoundImages, type Grouped } from "./grouped.ts";
import { learnedBy } from "./learned_groups.ts";
import { type LoadedImage, loadImages } from "../images/load_images.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { clustererOf, isTrained, type PoolingName } from "../options/methods.ts";
import { startStage, warn } from "../system/progress.ts";
import { readMasks } from "../images/read_masks.ts";
import type { TaughtGroups } from "../results/taught_groups.ts";
import { checkpointsIn, trainedClustererOf } from "./training.ts";

/**
 * Embeds all images and groups them, by a person's labels if `taught` holds any. Trainings keep checkpoints in
 * `output`.
 */
export async function groupTogether(
  found: FoundImages,
  network: ImageNetwork,
  options: ChosenOptions & { readonly references: References },
  normals: PatchSet | undefined,
  warnings: string[],
  output: string,
  taught?: TaughtGroups,
): Promise<Grouped> {
  const { images, patches } = await loadTogether(found, network, options.k, warnings);
  const masks = options.masks ? await loadMasks(images, options.masks, warnings) : undefined;
  const pairs = images.length * (images.length - 1) / 2;
  const stage = startStage("Comparing images", pairs);
  const settings = {
    weight: weightsOf(options, masks),
    features: featuresOf(options, looksOf(network)),
    ...(options.pool && { pooling: poolingOf(options.pool, patches, options.seed) }),
    ...(normals && { normals }),
  };
  const { cluster: name, seed, epochs, patience } = options;
  const training = { seed, epochs, patience, checkpoints: checkpointsIn(output) };
  const cluster = isTrained(name)
    ? await trainedClustererOf(name, `Training ${name}`, training, () => stage.end())
    : clustererOf(name, seed);
  const clustered = await clusterPatches(patches, {
    ...settings,
    k: taught ? 1 : options.k, // Labels decide how many groups there are.
    references: options.references,
    seed,
    ...(options.threshold !== undefined && { threshold: options.threshold }),
    smallestGroup: options.smallestGroup,
    distance: options.distance,
    cluster,
    // With references there are fewer pairs than the stage has steps, so progress is scaled.
    onProgress: (done, total) => stage.update(Math.floor(done / total * pairs)),
  });
  if (!isTrained(name)) stage.end();
  const near = nearCopies(patches, clustered.copies, viewsOf(options));
  const learned = taught &&
    learnedBy(taught, images, clustered, { nearCopies: near, smallestGroup: options.smallestGroup });
  warnings.push(...learned?.warnings ?? []);
  const result = learned?.result ?? clustered;
  // There is no model with masks, because new images have none, or without vectors: then new images would have to be
  // compared with all patches of all images.
  const chosen = { ...settings, weight: result.spread?.weighting ?? settings.weight };
  const assignable = options.weight !== "mask" && givesVectors(options);
  return {
    images,
    result: { ...result, ...(near && { nearCopies: near }), ...(learned && { learned: learned.said }) },
    grid: patches,
    ...(network.closer && { windows: images.map(({ window }) => window) }),
    settings: {
      ...(result.training && { epochs: result.training.stages.reduce((sum, { losses }) => sum + losses.length, 0) }),
      ...learned?.settings,
    },
    ...(learned && { notes: learned.notes }),
    thumbnails: new Map(images.map(({ path, thumbnail }) => [path, thumbnail])),
    ...(assignable && { model: await modelOf(images, patches, result, chosen, learned?.taught) }),
    page: (title, file, source, pictures) => {
      return reportData(title, file, result, withPictures(images, pictures), source);
    },
  };
}

/** Embeds all images. Their patches are parts of one set, so that each is in memory once. */
async function loadTogether(
  found: FoundImages,
  network: ImageNetwork,
  k: number | "auto",
  warnings: string[],
): Promise<{ images: readonly LoadedImage[]; patches: PatchSet }> {
  const loaded = await loadImages(found.images, network, warnings, "Embedding images");
  checkFound(loaded.length, found, k, warnings);
  const patches = joinPatches(loaded.map((image) => image.patches));
  return { images: loaded.map((image, at) => ({ ...image, patches: imagesFrom(patches, at, 1) })), patches };
}

/** Images with the pictures of their defects, as the report needs them. */
function withPictures(images: readonly LoadedImage[], pictures: readonly (DefectPicture | undefined)[]) {
  return images.map((image, i) => ({ ...image, ...(pictures[i] && { picture: pictures[i] }) }));
}

/** A model that puts new images into the groups. With labels it also learns their kinds. */
async function modelOf(
  images: readonly LoadedImage[],
  patches: PatchSet,
  result: ClusterResult,
  settings: GroupModelOptions,
  labels?: Int32Array,
): Promise<Grouped["model"]> {
  const stage = startStage("Describing groups", images.length);
  const model = await groupModel(patches, result, { ...settings, onProgress: (done) => stage.update(done) });
  stage.end();
  return {
    model: labels ? { ...model, kinds: learnedKinds(model.embeddings, labels) } : model,
    images: images.map(({ path }) => path),
  };
}

async function loadMasks(images: readonly LoadedImage[], folder: string, warnings: string[]): Promise<PatchValues> {
  const { files, unclear } = matchMasks(images, findMaskFiles(fromUser(folder)));
  const masked = images.map(({ thumbnail }, at) => ({ mask: files[at], shape: thumbnail }));
  const { masks, without, warnings: remarks } = await readMasks(masked, images[0].patches);
  warnings.push(...unclearNote(unclear), ...remarks);
  if (without.length === images.length) {
    for (const warning of warnings) warn(warning);
    throw new AnomalyClusterError(
      "bad-argument",
      `--masks ${folder} holds no mask named like an image that can be read`,
    );
  }
  if (without.length) {
    const [have, get] = without.length === 1 ? ["has", "gets"] : ["have", "get"];
    const first = images[without[0]].path;
    const them = countOf(without.length, "image");
    warnings.push(`${them} ${have} no readable mask and ${get} uniform weights, ${first} first`);
  }
  return masks;
}

function poolingOf(kind: PoolingName, patches: PatchSet, seed: number): Pooling {
  return kind === "bag-of-words" ? { kind, codebook: buildCodebook(patches, { seed }) } : { kind };
}
