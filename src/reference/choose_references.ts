// Which images others are compared with, where all would be too many.

import { ensure } from "../errors.ts";
import { randomSample } from "../random.ts";
import type { PatchSet } from "../types.ts";

/**
 * Images that patches are scored against: all others; a random sample of so many, by which the mean over j ≠ i in eq. 5
 * is estimated with a standard error of s/√R; or a coreset of so many, which covers the images rather than stands for
 * them: rare kinds then weigh more in the mean. `"auto"`: all of a few images, of more as large a sample as it takes, see
 * `enoughReferences`.
 */
export type References = "auto" | "all" | number | { readonly coreset: number };

/** References whose number is known. */
export type CountedReferences = Exclude<References, "auto">;

/** References of images that are never in memory together. */
export type StreamedReferences = Exclude<References, "all">;

/** The chosen images, ascending; `undefined` where all are. Throws `bad-argument` for fewer than 2. */
export function chooseReferences(patches: PatchSet, references: CountedReferences, seed = 0): number[] | undefined {
  if (references === "all") return undefined;
  const wanted = typeof references === "number" ? references : references.coreset;
  ensure(Number.isInteger(wanted) && wanted >= 2, `${wanted} references are too few: at least 2 are needed`);
  if (wanted >= patches.count) return undefined;
  return typeof references === "number" ? randomSample(patches.count, wanted, seed) : greedyCentres(patches, wanted);
}

/**
 * Greedy k-centre (Gonzalez 1985; PatchCore's coreset, Roth et al. 2022) on the images' mean patches: each next one is
 * the farthest from those before, the first the farthest from the mean. Ascending.
 */
export function greedyCentres(patches: PatchSet, wanted: number): number[] {
  const { count, channels } = patches;
  const means = imageMeans(patches);
  const centre = new Float64Array(channels);
  for (let at = 0; at < means.length; at++) centre[at % channels] += means[at] / count;
  const nearest = new Float64Array(count).fill(Infinity);
  const chosen: number[] = [];
  let from: Float64Array = centre;
  while (chosen.length < wanted) {
    let farthest = 0;
    for (let i = 0; i < count; i++) {
      let squared = 0;
      for (let channel = 0; channel < channels; channel++) {
        squared += (means[i * channels + channel] - from[channel]) ** 2;
      }
      // The mean of all is only where it starts.
      nearest[i] = chosen.length < 2 ? squared : Math.min(nearest[i], squared);
      if (nearest[i] > nearest[farthest]) farthest = i;
    }
    chosen.push(farthest);
    from = means.subarray(farthest * channels, (farthest + 1) * channels);
    if (nearest[farthest] === 0) break; // The rest are equals of chosen ones.
  }
  return [...new Set(chosen)].sort((a, b) => a - b);
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
