// Finds the place in a photo that is least like the other photos.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { greedyCentres } from "../distance/greedy_centres.ts";
import { joinPatches, someImages } from "../embed/embedder.ts";
import { seededRandom } from "../random.ts";
import type { PatchSet } from "../types.ts";
import { comparePatches } from "../weight/weighting.ts";

/** The first look at a photo: its patches, on a grid of its own shape. `count` is 1. */
export type FirstLook = PatchSet;

/** Photos that all others are compared with, as one set of patches: see {@linkcode asReferences}. */
export type ReferenceLooks = PatchSet;

/**
 * So many patches of each reference are kept: a coreset, as in PatchCore (Roth et al. 2022). On drawn photos, 128 find the
 * same places as all 1,344.
 */
const KEPT = 384;
/** The coreset is chosen in so many random directions, which takes less time and chooses as well. */
const DIRECTIONS = 16;

/**
 * Joins first looks into one set that patches are compared with. Their grids may differ. Of a look with many patches, only
 * a coreset is kept. A look with fewer patches repeats some of them, which changes no nearest distance.
 */
export function asReferences(looks: readonly FirstLook[]): ReferenceLooks {
  const kept = looks.map(coreset);
  const places = Math.max(...kept.map(({ rows, cols }) => rows * cols));
  return joinPatches(kept.map((look) => filledUp(look, places)));
}

/** The patches of a look that cover all of them best, in one row. */
function coreset(look: FirstLook): FirstLook {
  const { data, rows, cols, channels } = look;
  const count = rows * cols;
  if (count <= KEPT) return look;
  const random = seededRandom(1);
  const directions = Float32Array.from({ length: DIRECTIONS * channels }, () => random() < 0.5 ? -1 : 1);
  const projected = new Float32Array(count * DIRECTIONS);
  for (let at = 0; at < projected.length; at++) {
    const [patch, direction] = [Math.floor(at / DIRECTIONS) * channels, at % DIRECTIONS * channels];
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[patch + channel] * directions[direction + channel];
    projected[at] = sum;
  }
  const chosen = greedyCentres({ data: projected, count, channels: DIRECTIONS }, KEPT);
  const some = someImages({ data, count, rows: 1, cols: 1, channels }, chosen);
  return { ...some, count: 1, cols: chosen.length };
}

/**
 * Returns how unlike the references each place of a photo is, `[rows × cols]`: the mean, over the references, of its
 * distance to their nearest patch (the scores of eq. 5).
 */
export async function unlikeness(
  look: FirstLook,
  references: ReferenceLooks,
  work: WorkOptions,
): Promise<Float32Array> {
  const own = look.rows * look.cols;
  const places = references.rows * references.cols;
  // Comparing needs equally many patches in each image. A photo with more of them than the references is split into
  // parts.
  const parts: PatchSet[] = [];
  for (let from = 0; from < own; from += places) {
    const end = Math.min(own, from + places);
    const data = look.data.subarray(from * look.channels, end * look.channels);
    parts.push(filledUp({ ...look, data, rows: 1, cols: end - from }, places));
  }
  const { scores } = await comparePatches(joinPatches(parts), "mean", references, false, work);
  return scores.data.slice(0, own);
}

/** Returns the middle of the place with the highest score, as shares of the photo's width and height. */
export function mostUnlikePlace(
  scores: Float32Array,
  { rows, cols }: Pick<PatchSet, "rows" | "cols">,
): [number, number] {
  let place = 0;
  for (let at = 1; at < scores.length; at++) if (scores[at] > scores[place]) place = at;
  return [(place % cols + 0.5) / cols, (Math.floor(place / cols) + 0.5) / rows];
}

/** Returns one row of `places` patches. A look with fewer patches repeats them. */
function filledUp({ data, rows, cols, channels }: PatchSet, places: number): PatchSet {
  const own = rows * cols;
  if (own === places) return { data, count: 1, rows: 1, cols: places, channels };
  const filled = new Float32Array(places * channels);
  for (let from = 0; from < places; from += own) {
    filled.set(data.subarray(0, Math.min(own, places - from) * channels), from * channels);
  }
  return { data: filled, count: 1, rows: 1, cols: places, channels };
}
