// Chooses the images that others are compared with, where comparing with all would take too long.

import { greedyCentres } from "../distance/greedy_centres.ts";
import { ensure } from "../errors.ts";
import { randomSample } from "../random.ts";
import type { PatchSet } from "../types.ts";

/**
 * The images that patches are scored against:
 *
 * - `"all"`: all other images;
 * - a number R: a random sample of R images. It estimates the mean over j ≠ i in eq. 5 with a standard error of s/√R;
 * - a coreset of the given size, which covers the set instead of representing it, so that rare kinds have more weight
 *   in the mean;
 * - `"auto"`: all if there are few images, otherwise a sample that is large enough, see `enoughReferences`.
 */
export type References = "auto" | "all" | number | { readonly coreset: number };

/** References whose number is already known. */
export type CountedReferences = Exclude<References, "auto">;

/** References for images that are never all in memory at the same time. */
export type StreamedReferences = Exclude<References, "all">;

/** The chosen images, ascending; `undefined` if all are chosen. Throws `bad-argument` for fewer than 2 references. */
export function chooseReferences(patches: PatchSet, references: CountedReferences, seed = 0): number[] | undefined {
  if (references === "all") return undefined;
  const wanted = typeof references === "number" ? references : references.coreset;
  ensure(Number.isInteger(wanted) && wanted >= 2, `${wanted} references are too few: at least 2 are needed`);
  if (wanted >= patches.count) return undefined;
  return typeof references === "number" ? randomSample(patches.count, wanted, seed) : coresetImages(patches, wanted);
}

/** A coreset of the images: by greedy k-centre on their mean patches, ascending. */
export function coresetImages(patches: PatchSet, wanted: number): number[] {
  return greedyCentres({ data: imageMeans(patches), count: patches.count, channels: patches.channels }, wanted);
}

/** Mean patch of each image: `[count, channels]`. */
function imageMeans({ data, count, rows, cols, channels }: PatchSet): Float64Array {
  const places = rows * cols;
  const means = new Float64Array(count * channels);
  for (let at = 0; at < data.length; at++) {
    means[Math.floor(at / (places * channels)) * channels + at % channels] += data[at] / places;
  }
  return means;
}
