// A look at all patches before they are compared: where they lie, and what four of them share.

import { withRegion } from "./memory.ts";
import type { PairWork, Patches } from "./tasks/work.ts";
import { checkNumbers, LARGEST_NUMBER, type PatchSet } from "../types.ts";

/** What a set's patches are like. */
export interface Survey {
  /** A point amid the patches: the nearer they are, the finer the integers. `[channels]` */
  readonly centre: Float32Array;
  /** Distance from it to the farthest patch. */
  readonly radius: number;
  readonly sharing: Sharing;
}

/** A pyramid's coarsest level, repeated over 2 × 2 patches, and the order that has these four side by side. */
export type Sharing = Pick<PairWork, "shared" | "order">;

/**
 * Looks at all patches; `sharing` is what they may have in common.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a number that is not finite or huge.
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
    // No number is larger than these two together; where they are NaN, or large, all are looked at.
    const largest = radius + centre.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(largest < LARGEST_NUMBER / 2)) checkNumbers(data, patches * channels);
    return { centre, radius, sharing: isShared ? sharing : { shared: 0 } };
  });
}

/** What the patches of a pyramid share if its last level is a coarser one; it may be as fine as the others. */
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

/** Mean of at most some 1,000 patches, evenly from all images. */
export function patchMean({ data, channels }: Patches): Float32Array {
  const sums = new Float64Array(channels);
  const step = Math.max(1, Math.floor(data.length / channels / 1000)) * channels;
  for (let at = 0; at < data.length; at += step) {
    for (let channel = 0; channel < channels; channel++) sums[channel] += data[at + channel];
  }
  return Float32Array.from(sums, (sum) => sum / Math.ceil(data.length / step));
}
