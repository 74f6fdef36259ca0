import { findCopies, rowsForAll } from "../copies/equal_copies.ts";
import type { WorkOptions } from "../distance/patch_minima.ts";
import { joined, scalesOf } from "../distance/weighted_average.ts";
import { someEmbeddings, someImages } from "../embed/embedder.ts";
import { embeddingsOf, sharesIn } from "../feature.ts";
import { compareWith, embedPatches, type FittedEmbedding } from "../fitted/embed_blocks.ts";
import { fitEmbedding, type FitOptions } from "../fitted/fit_embedding.ts";
import { ensure } from "../errors.ts";
import { evenly } from "../evenly.js";
import type { ClusterResult } from "../pipeline.ts";
import { seededRandom } from "../random.ts";
import { sourceOf } from "../weight/weighting.ts";
import { checkPatches, type Embeddings, type PatchSet } from "../types.ts";
import type { LearnedKinds } from "./learned_kinds.ts";
import { groupRadii } from "./radius.ts";

/** At most so many images are references for scores: a mean over 32 images has a standard error of s/√32. */
const REFERENCES = 32;

/**
 * At most so many numbers (64 MB) in the reference patches. It limits references with large grids, and labelled
 * normals.
 */
const REFERENCE_NUMBERS = 2 ** 24;

/** All that {@linkcode assignPatches} needs to put new images into groups that were found. Plain and serialisable. */
export interface GroupModel {
  /** Shape that the patch embeddings of new images must have. */
  readonly patches: Pick<PatchSet, "rows" | "cols" | "channels" | "levels">;
  /** How an image becomes one vector. */
  readonly fit: FittedEmbedding;
  /** The vectors of the grouped images, made by `fit`. */
  readonly embeddings: Embeddings;
  /** Group of each grouped image, from 0. */
  readonly groups: Int32Array;
  /** The image at the centre of each group. */
  readonly medoids: Int32Array;
  /** For each group, how far a new image may lie from the group's nearest image: see {@linkcode groupModel}. */
  readonly radii: Float64Array;
  /** The classifier of the first groups, where these are kinds that were learned from labels. */
  readonly kinds?: LearnedKinds;
}

/**
 * Options of {@linkcode groupModel}: the same as when the images were grouped. `onProgress` counts images, not pairs of
 * images.
 */
export interface GroupModelOptions extends FitOptions {
  /** Random seed for choosing the reference images. @default 0 */
  readonly seed?: number;
}

/**
 * Makes a model that puts new images into groups that were found. It holds the vectors of the grouped images, and the
 * references that patches are scored against: those of the result, if the images were compared with a sample; else up to 32
 * of the grouped images, spread evenly over the groups, or as many labelled normals as fit into 64 MB. Whitening, absolute temperatures and scales are fixed. So the vector of a new
 * image does not depend on other new images, and a grouped image gets its own vector again.
 *
 * A group's radius is 1.25 times the 95 % quantile of the distances from each of its images to the nearest other one:
 * the nearest-neighbour threshold of Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors" (2022).
 * Each group has its own radius, as in Bendale and Boult's nearest non-outlier (2015). The factor 1.25 leaves room,
 * because groups are small.
 *
 * @param patches patch embeddings of the images that were grouped.
 * @param result their groups and medoids, from {@linkcode clusterPatches} or edited by a person.
 * @throws {AnomalyClusterError} `bad-argument` for wrong shapes, for weights over masks, and for weights over labelled
 * normals without any.
 *
 * @example
 * ```ts
 * import { assignPatches, clusterPatches, groupModel } from "@anomalies/cluster";
 * const data = Float32Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 5);
 * const patches = { data, count: 8, rows: 2, cols: 2, channels: 3 };
 * const model = await groupModel(patches, await clusterPatches(patches, { k: 2 }));
 * const [{ group }] = await assignPatches(model, { ...patches, count: 1, data: data.slice(0, 12) });
 * ```
 */
export async function groupModel(
  patches: PatchSet,
  result: Pick<ClusterResult, "groups" | "medoids" | "fit" | "embeddings" | "references">,
  options: GroupModelOptions = {},
): Promise<GroupModel> {
  checkPatches(patches);
  const { groups, medoids } = result;
  ensure(groups.length === patches.count, `${groups.length} groups do not fit ${patches.count} images`);
  const { rows, cols, channels, levels } = patches;
  const { fit, embeddings } = foundFit(result) ?? await fitAndEmbed(patches, result, options);
  return {
    patches: { rows, cols, channels, ...(levels && { levels }) },
    fit,
    embeddings,
    groups: Int32Array.from(groups),
    medoids: Int32Array.from(medoids),
    radii: groupRadii(embeddings, groups, medoids.length),
  };
}

/** What makes vectors of images, and the vectors of those that were grouped. */
type Fitted = Pick<GroupModel, "fit" | "embeddings">;

/** What a model takes over from the grouping. */
type GroupedBefore = Parameters<typeof groupModel>[1];

/** Returns what the images were grouped by, if that is a sample and fits into a model: nothing need be compared again. */
function foundFit({ fit, embeddings, references }: GroupedBefore): Fitted | undefined {
  if (!fit || !embeddings || references === undefined) return undefined;
  const numbers = fit.parts.reduce((sum, part) => sum + (part.references?.data.length ?? 0), 0);
  return numbers <= REFERENCE_NUMBERS ? { fit, embeddings } : undefined;
}

async function fitAndEmbed(
  patches: PatchSet,
  { groups, fit: found }: GroupedBefore,
  options: GroupModelOptions,
): Promise<Fitted> {
  const copies = findCopies(patches);
  const distinct = copies ? someImages(patches, copies.distinct) : patches;
  const own = copies ? Int32Array.from(copies.distinct, (i) => groups[i]) : groups;
  const forAll = (embedded: Embeddings) => copies ? rowsForAll(embedded, copies) : embedded;
  const { weight, pooling } = options;
  // No grouping by these settings has such a fit: they are checked, and fitted anew.
  const isOther = pooling || weight?.kind === "mask" || weight && sourceOf(weight) === "normal";
  if (!isOther && found?.parts.every(({ references }) => references?.count === distinct.count)) {
    const { fit, embeddings } = await withFewerReferences(found, sampleOf(distinct, own, options), options);
    return { fit, embeddings: forAll(embeddings) };
  }
  const fit = await fittedBySample(distinct, own, { ...options, onProgress: undefined });
  return { fit, embeddings: forAll(await embedPatches(distinct, fit, options)) };
}

/**
 * Keeps some of the references of a fit, of which each grouped image is one, and embeds these images by them. Whitening
 * and temperatures stay as they were found.
 */
async function withFewerReferences(
  { parts, scales: _ }: FittedEmbedding,
  chosen: readonly number[],
  { onProgress, ...work }: WorkOptions,
): Promise<Fitted> {
  const fewer = parts.map((part) => ({ ...part, references: someImages(part.references!, chosen) }));
  const found = [];
  for (const [at, part] of fewer.entries()) {
    found.push(...embeddingsOf(await compareWith(parts[at].references!, part, work), part.weight));
  }
  const all = found.map(({ embedding }) => embedding);
  const scales = scalesOf(all.map((embedding) => someEmbeddings(embedding, chosen)), sharesIn(found));
  const embeddings = joined(all, scales);
  onProgress?.(embeddings.count, embeddings.count);
  return { fit: { parts: fewer, scales }, embeddings };
}

/**
 * Returns the same model with its images in other groups, as a person arranged them. If any group differs, the learned
 * kinds are left out: they hold only for the groups that they were learned with.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless there is a group for each image.
 */
export function regroup(model: GroupModel, result: Pick<ClusterResult, "groups" | "medoids">): GroupModel {
  const { kinds, ...others } = model;
  const { embeddings } = model;
  const [groups, medoids] = [Int32Array.from(result.groups), Int32Array.from(result.medoids)];
  ensure(groups.length === embeddings.count, `${groups.length} groups do not fit ${embeddings.count} images`);
  const isSame = groups.every((group, i) => group === model.groups[i]);
  return {
    ...others,
    groups,
    medoids,
    radii: groupRadii(embeddings, groups, medoids.length),
    ...(kinds && isSame && { kinds }),
  };
}

/** A sample of the images for references, spread evenly over the groups. */
function sampleOf(patches: PatchSet, groups: Int32Array, { seed = 0 }: GroupModelOptions): number[] {
  const byGroup = Array.from(groups.keys()).sort((a, b) => groups[a] - groups[b] || a - b);
  return evenly(byGroup.length, most(patches, REFERENCES), seededRandom(seed)()).map((at) => byGroup[at]);
}

/** Fits the embedding, with a sample of the images as references, or a sample of the labelled normals. */
function fittedBySample(patches: PatchSet, groups: Int32Array, options: GroupModelOptions): Promise<FittedEmbedding> {
  const { seed = 0, normals } = options;
  const sample = someImages(patches, sampleOf(patches, groups, options));
  return fitEmbedding(patches, sample, { ...options, ...(normals && { normals: someNormals(normals, seed) }) });
}

function someNormals(normals: PatchSet, seed: number): PatchSet {
  return someImages(normals, evenly(normals.count, most(normals, normals.count), seededRandom(seed)()));
}

/** How many images to use: at most `wanted`, and at most as many as fit into `REFERENCE_NUMBERS`, where 2 always do. */
function most({ rows, cols, channels }: PatchSet, wanted: number): number {
  return Math.min(wanted, Math.max(2, Math.floor(REFERENCE_NUMBERS / (rows * cols * channels))));
}
