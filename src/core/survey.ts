// Examines all patches before they are compared: where they lie, and whether quartets share channels.

import { withRegion } from "./memory.ts";
import type { PairWork, Patches } from "./tasks/work.ts";
import { checkNumbers, LARGEST_NUMBER, type PatchSet } from "../types.ts";

/** What the patches of a set are like. */
export interface Survey {
  /** A point among the patches, `[channels]`. The nearer the patches are to it, the finer the integers. */
  readonly centre: Float32Array;
  /** Distance from the centre to the farthest patch. */
  readonly radius: number;
  readonly sharing: Sharing;
}

/**
 * How many of the last channels the patches of a quartet share, and the order of patches that puts quartets together.
 */
export type Sharing = Pick<PairWork, "shared" | "order">;

/**
 * Examines all patches. `sharing` says what quartets may share. It is kept only if they share it in all images, bit by
 * bit.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a number that is huge or not finite.
 */
export function survey(images: Patches, sharing: Sharing = { shared: 0 }): Survey {
  const { data, patches, channels } = images;
  const centre = patchMean(images);
  return withRegion((region) => {
    const { core } = region;
    const [centreAt, source] = [region.copyIn(centre), region.allocate(patches * channels * 4)];
    const order = sharing.order ? region.copyIn(sharing.order) : 0;
    const image = region.floats(source, patches * channels);
    let isShared = sharing.shared > 0;
    let farthest = 0;
    for (let from = 0; from < data.length; from += image.length) {
      image.set(data.subarray(from, from + image.length));
      farthest = Math.max(farthest, core.farthestSquared(centreAt, source, patches, channels));
      isShared &&= core.repeatsInFours(source, order, patches, channels, sharing.shared) !== 0;
    }
    const radius = Math.sqrt(farthest);
    // No number is larger than the radius and the centre's largest value together. If their sum is large or NaN, each
    // number is checked.
    const largest = radius + centre.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(largest < LARGEST_NUMBER / 2)) checkNumbers(data, patches * channels);
    return { centre, radius, sharing: isShared ? sharing : { shared: 0 } };
  });
}

/**
 * What quartets share if the last level of a pyramid is half as fine as the others, and so repeated over 2 × 2 patches.
 */
export function possibleSharing({ rows, cols, channels, levels }: PatchSet): Sharing {
  const shared = levels && levels.length > 1 ? levels[levels.length - 1] : 0;
  const even = rows % 2 === 0 && cols % 2 === 0 && shared % 2 === 0 && (channels - shared) % 2 === 0;
  if (!even || shared < channels / 4) return { shared: 0 };
  const order = new Int32Array(rows * cols);
  for (let m = 0; m < order.length; m++) {
    const [row, col] = [Math.floor(m / cols), m % cols];
    order[((row >> 1) * (cols >> 1) + (col >> 1)) * 4 + row % 2 * 2 + col % 2] = m;
  }
  return { shared, order };
}

/** The mean of about 1,000 patches, taken at equal distances from the whole set. */
export function patchMean({ data, channels }: Patches): Float32Array {
  const sums = new Float64Array(channels);
  const step = Math.max(1, Math.floor(data.length / channels / 1000)) * channels;
  for (let at = 0; at < data.length; at += step) {
    for (let channel = 0; channel < channels; channel++) sums[channel] += data[at + channel];
  }
  return Float32Array.from(sums, (sum) => sum / Math.ceil(data.length / step));
}
