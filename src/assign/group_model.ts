import { findCopies, rowsForAll } from "../copies/equal_copies.ts";
import { embedPatches, type FittedEmbedding } from "../fitted/embed_blocks.ts";
import { fitEmbedding, type FitOptions } from "../fitted/fit_embedding.ts";
import { someImages } from "../embed/embedder.ts";
import { ensure } from "../errors.ts";
import { evenly } from "../evenly.js";
import type { ClusterResult } from "../pipeline.ts";
import { seededRandom } from "../random.ts";
import { checkPatches, type Embeddings, type PatchSet } from "../types.ts";
import type { LearnedKinds } from "./learned_kinds.ts";
import { groupRadii } from "./radius.ts";

/** Most images that scores of new ones are made from: the mean over others is known to a standard error of s/√32. */
const REFERENCES = 32;

/** Most numbers of reference patches, 64 MB; bounds the references of large grids, and labelled normals. */
const REFERENCE_NUMBERS = 2 ** 24;

/** Groups of images as new images are put into them: all that {@linkcode assignPatches} needs. Plain and serialisable. */
export interface GroupModel {
  /** Shape of the patch embeddings that it takes. */
  readonly patches: Pick<PatchSet, "rows" | "cols" | "channels" | "levels">;
  /** How an image becomes one vector. */
  readonly fit: FittedEmbedding;
  /** The vectors of the images that were grouped, by this fit. */
  readonly embeddings: Embeddings;
  /** Group of each of them, from 0. */
  readonly groups: Int32Array;
  /** The image at the centre of each group. */
  readonly medoids: Int32Array;
  /** How far from a group's nearest image a new one may lie, for each group: see {@linkcode groupModel}. */
  readonly radii: Float64Array;
  /** What tells the first groups apart, where these are kinds that were learned from labels. */
  readonly kinds?: LearnedKinds;
}

/** Options of {@linkcode groupModel}: those by which the images were grouped. `onProgress` hears of images, not of pairs. */
export interface GroupModelOptions extends FitOptions {
  /** Seed of the choice of reference images. @default 0 */
  readonly seed?: number;
}

/**
 * What is needed to put new images into groups that were found: the vectors of the grouped images, and a sample of up
 * to 32 of them (even over the groups; of labelled normals as many as fit 64 MB) against which patches are scored.
 * Whitening, absolute temperatures and scales are fixed, so that an image's vector depends on no other new image, and
 * an image that was grouped gets its own vector again.
 *
 * A group's radius is 1.25 times the 95 % quantile of the distances from its images to their nearest ones in it:
 * the nearest-neighbour threshold of Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors" (2022),
 * for each group by itself as in Bendale and Boult's nearest non-outlier (2015), with room because groups are small.
 *
 * @param patches patch embeddings of the images that were grouped.
 * @param result their groups and medoids, as of {@linkcode clusterPatches} or edited by a person.
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
  result: Pick<ClusterResult, "groups" | "medoids">,
  options: GroupModelOptions = {},
): Promise<GroupModel> {
  checkPatches(patches);
  const { groups, medoids } = result;
  ensure(groups.length === patches.count, `${groups.length} groups do not fit ${patches.count} images`);
  const { rows, cols, channels, levels } = patches;
  const copies = findCopies(patches);
  const distinct = copies ? someImages(patches, copies.distinct) : patches;
  const own = copies ? Int32Array.from(copies.distinct, (i) => groups[i]) : groups;
  const fit = await fittedBySample(distinct, own, { ...options, onProgress: undefined });
  const embedded = await embedPatches(distinct, fit, options);
  const embeddings = copies ? rowsForAll(embedded, copies) : embedded;
  return {
    patches: { rows, cols, channels, ...(levels && { levels }) },
    fit,
    embeddings,
    groups: Int32Array.from(groups),
    medoids: Int32Array.from(medoids),
    radii: groupRadii(embeddings, groups, medoids.length),
  };
}

/**
 * The same model with the images in other groups, as a person arranged them. What was learned of its kinds holds only for
 * the groups that it was learned with.
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

/** What is fitted to a sample of the images, or of the labelled normals. */
function fittedBySample(patches: PatchSet, groups: Int32Array, options: GroupModelOptions): Promise<FittedEmbedding> {
  const { seed = 0, normals } = options;
  const byGroup = Array.from(groups.keys()).sort((a, b) => groups[a] - groups[b] || a - b);
  const places = evenly(byGroup.length, most(patches, REFERENCES), seededRandom(seed)());
  const sample = someImages(patches, places.map((at) => byGroup[at]));
  return fitEmbedding(patches, sample, { ...options, ...(normals && { normals: someNormals(normals, seed) }) });
}

function someNormals(normals: PatchSet, seed: number): PatchSet {
  return someImages(normals, evenly(normals.count, most(normals, normals.count), seededRandom(seed)()));
}

/** At most `wanted` images, but at least 2, that stay within the bound of numbers. */
function most({ rows, cols, channels }: PatchSet, wanted: number): number {
  return Math.min(wanted, Math.max(2, Math.floor(REFERENCE_NUMBERS / (rows * cols * channels))));
}
