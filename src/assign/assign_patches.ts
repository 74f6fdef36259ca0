import type { WorkOptions } from "../distance/patch_minima.ts";
import { squaredDistance } from "../distance/squared_distance.ts";
import { ensure } from "../errors.ts";
import { checkPatches, type Embeddings, type PatchSet } from "../types.ts";
import { embedPatches } from "../fitted/embed_blocks.ts";
import type { GroupModel } from "./group_model.ts";
import { kindsOfVector } from "./learned_kinds.ts";

/** Where a new image belongs. */
export interface Assignment {
  /** Its group, from 0; `undefined` where it belongs to none of the groups. */
  readonly group?: number;
  /** The group nearest to it, whether it belongs there or not. */
  readonly nearest: number;
  /** Distance to the nearest image of that group, in units of the embeddings. */
  readonly distance: number;
  /** `distance` ÷ the radius of that group. Above 1, the image belongs to none of the groups. */
  readonly ratio: number;
  /** The grouped image nearest to it, from 0. */
  readonly image: number;
  /** The second nearest group, where there is one. */
  readonly second?: number;
  /** Distance to the nearest image of the second nearest group. */
  readonly secondDistance?: number;
  /** How likely `group` is right, from 0 to 1, where it is a kind that was learned from labels. */
  readonly confidence?: number;
  /** (`secondDistance` − `distance`) ÷ `secondDistance`: 0 for a tie, up to 1; 1 where there is no second group. */
  readonly margin: number;
}

/**
 * Puts each new image into the group of its nearest grouped image, unless that is farther away than the group's radius.
 * New images do not influence each other. Where the model learned kinds from labels, an image whose nearest group is
 * one of these kinds gets the most likely kind, with its probability as `confidence`. Needs no files, network or
 * permissions.
 *
 * @param patches patch embeddings of the new images, made by the same embedder as those of the grouped images.
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

/**
 * The vectors of new images, by the model's fit. Throws `bad-argument` for patches of another shape than the model's.
 */
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
  // Where no group has two different images, all radii are 0: then only copies of grouped images belong to a group.
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

/**
 * The most likely kind of an image and its probability. Empty where the nearest group is not a kind learned from
 * labels.
 */
function learnedGroup(vectors: Embeddings, i: number, nearest: number, { embeddings, kinds }: GroupModel) {
  if (!kinds || nearest >= kinds.classifier.kinds) return {};
  const chances = kindsOfVector(kinds, embeddings, vectors, i);
  const group = chances.reduce((best, chance, kind) => chance > chances[best] ? kind : best, 0);
  return { group, confidence: chances[group] };
}
