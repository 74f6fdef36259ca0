import type { WorkOptions } from "../distance/patch_minima.ts";
import { squaredDistance } from "../distance/squared_distance.ts";
import { ensure } from "../errors.ts";
import { checkPatches, type Embeddings, type PatchSet } from "../types.ts";
import { embedPatches } from "../fitted/embed_blocks.ts";
import type { GroupModel } from "./group_model.ts";
import { kindsOfVector } from "./learned_kinds.ts";

/** Where a new image belongs. */
export interface Assignment {
  /** Its group, from 0; `undefined`: none of these. */
  readonly group?: number;
  /** The group that it lies nearest to, whether it belongs there or not. */
  readonly nearest: number;
  /** Distance to the nearest image of that group, in units of the embeddings. */
  readonly distance: number;
  /** That distance ÷ the group's radius: above 1, none of these. */
  readonly ratio: number;
  /** The image that it lies nearest to, from 0. */
  readonly image: number;
  /** The next nearest group, where there is one. */
  readonly second?: number;
  /** Distance to its nearest image. */
  readonly secondDistance?: number;
  /** How likely its kind is right, from 0 to 1, where it is one that was learned from labels. */
  readonly confidence?: number;
  /** How much farther the second is, as a share of its distance: 0 for a tie, up to 1; 1 where there is no second. */
  readonly margin: number;
}

/**
 * Puts new images into the groups of a model, each by itself: into that of the nearest image, unless it is farther
 * away than the group's radius. Where the model learned kinds from labels, an image near one of any kind gets the kind
 * that these tell, with how likely that is right. Needs no files, network or permissions.
 *
 * @param patches patch embeddings of the new images, by the embedder of the grouped ones.
 * @throws {AnomalyClusterError} `bad-argument` for patches of another shape than the model's.
 *
 * @example
 * ```ts
 * import { assignPatches, type GroupModel, type PatchSet } from "@anomalies/cluster";
 * async function print(model: GroupModel, patches: PatchSet) {
 *   for (const { group, nearest, margin } of await assignPatches(model, patches)) {
 *     console.log(group ?? `none of these, nearest is ${nearest}`, margin);
 *   }
 * }
 * ```
 */
export async function assignPatches(
  model: GroupModel,
  patches: PatchSet,
  options: WorkOptions = {},
): Promise<Assignment[]> {
  const vectors = await embedForModel(model, patches, options);
  return Array.from({ length: patches.count }, (_, i) => assigned(vectors, i, model));
}

/** Vectors of new images, by what a model was fitted to. Throws `bad-argument` for patches of another shape than it takes. */
export async function embedForModel(
  model: GroupModel,
  patches: PatchSet,
  options: WorkOptions = {},
): Promise<Embeddings> {
  checkPatches(patches);
  const { rows, cols, channels } = model.patches;
  ensure(
    patches.rows === rows && patches.cols === cols && patches.channels === channels,
    `the model takes ${rows} × ${cols} patches of ${channels} channels, not ${patches.rows} × ${patches.cols} of ` +
      `${patches.channels}: use the network and size that it was made with`,
  );
  return await embedPatches(patches, model.fit, options);
}

function assigned(vectors: Embeddings, i: number, model: GroupModel): Assignment {
  const { embeddings, groups, radii } = model;
  const least = new Float64Array(radii.length).fill(Infinity);
  const images = new Int32Array(radii.length);
  for (let j = 0; j < embeddings.count; j++) {
    const squared = squaredDistance(vectors, i, embeddings, j);
    if (squared >= least[groups[j]]) continue;
    least[groups[j]] = squared;
    images[groups[j]] = j;
  }
  const [nearest, second] = Array.from(least.keys()).sort((a, b) => least[a] - least[b] || a - b);
  const distance = Math.sqrt(least[nearest]);
  // A group of equal images has no radius: only their equals belong to it.
  const ratio = distance === 0 ? 0 : distance / radii[nearest];
  const next = second === undefined ? Infinity : Math.sqrt(least[second]);
  return {
    ...(ratio <= 1 && { group: nearest, ...learnedGroup(vectors, i, nearest, model) }),
    nearest,
    distance,
    ratio,
    image: images[nearest],
    ...(next < Infinity && { second, secondDistance: next }),
    margin: next === Infinity ? 1 : next === 0 ? 0 : (next - distance) / next,
  };
}

/** The kind of an image that lies near one of any kind, where kinds were learned; groups that were found have none. */
function learnedGroup(vectors: Embeddings, i: number, nearest: number, { embeddings, kinds }: GroupModel) {
  if (!kinds || nearest >= kinds.classifier.kinds) return {};
  const chances = kindsOfVector(kinds, embeddings, vectors, i);
  const group = chances.reduce((best, chance, kind) => chance > chances[best] ? kind : best, 0);
  return { group, confidence: chances[group] };
}
