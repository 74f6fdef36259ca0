// Finds the place in a photo that is least like the other photos.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { joinPatches } from "../embed/embedder.ts";
import type { PatchSet } from "../types.ts";
import { comparePatches } from "../weight/weighting.ts";

/** The first look at a photo: its patches, on a grid of its own shape. `count` is 1. */
export type FirstLook = PatchSet;

/** Photos that all others are compared with, as one set of patches: see {@linkcode asReferences}. */
export type ReferenceLooks = PatchSet;

/**
 * Joins first looks into one set that patches are compared with. Their grids may differ. A look with fewer patches
 * repeats some of them, which changes no nearest distance.
 */
export function asReferences(looks: readonly FirstLook[]): ReferenceLooks {
  const places = Math.max(...looks.map(({ rows, cols }) => rows * cols));
  return joinPatches(looks.map((look) => filledUp(look, places)));
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
