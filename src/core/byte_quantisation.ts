// Chooses how patches become 8-bit integers whose products are added in 16 bits. core-as/bytes.ts explains these
// integers.

import { samplePatches, type Vectors } from "./axes.ts";
import type { ByteQuantisation } from "./tasks/work.ts";

/** How many patches the choice is based on. */
const SAMPLE = 1024;
/** The share of numbers that may be cut off, and the share of patches that may have to be shortened. */
const CUT_OFF = 1e-4;
const SHORTENED = 5e-3;
/** The largest integer of a column, the largest norm of a group, and the largest squared norm for which A has room. */
const LARGEST = 63;
const GROUP_NORM = 127;
const LARGEST_SQUARE = 15200;

/** The largest norm of 16-bit integers: 2^15, less some room for rounding (core-as/quantise.ts). */
export const LARGEST_NORM = 32600;
/** The largest scale. With it, products stay within the range of float32. */
export const LARGEST_SCALE = 1e30;

/**
 * Chooses a quantisation. The choice affects how many patches are excluded, but never a result. `centre` may be any
 * point. The nearer it is to the patches, the finer the integers.
 */
export function byteQuantisation(sets: readonly Vectors[], centre: Float32Array): ByteQuantisation {
  const channels = centre.length;
  const sample = sampleOf(sets, centre);
  const largest = highest(sample.map(Math.abs), CUT_OFF) || 1;
  const scale = Math.min(LARGEST_SCALE, LARGEST / largest);
  const pairs = Math.ceil(channels / 2);
  let groups = 0, groupPairs = 0, norms: Float32Array;
  do {
    groups++;
    groupPairs = 4 * Math.ceil(pairs / groups / 4);
    norms = groupNorms(sample, channels, 2 * groupPairs);
  } while (highest(norms, SHORTENED) * scale > GROUP_NORM && groupPairs > 4 && groups < 2000);
  const usual = highest(groupNorms(sample, channels, channels), SHORTENED) * scale;
  const shift = Math.max(0, Math.min(15, Math.ceil(Math.log2(usual ** 2 / LARGEST_SQUARE))));
  // The rounding error in a channel is uniform between ± 1/2. The mean of its square is 1/12, whose root is 0.29.
  const columnError = 0.31 * Math.sqrt(channels) + 0.1;
  const reach = Math.min(1.5 * usual, Math.sqrt(32000 * 2 ** shift));
  return { centre, scale, shift, groupPairs, rowError: columnError / 2, columnError, reach };
}

/** A sample of the patches of all sets, with the centre subtracted: `[any, channels]`. */
export function sampleOf(sets: readonly Vectors[], centre: Float32Array, most: number = SAMPLE): Float32Array {
  const channels = centre.length;
  const parts = sets.map((set) => samplePatches(set, { most: Math.ceil(most / sets.length) }));
  const sample = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    for (let from = 0; from < part.length; from += channels) {
      for (let channel = 0; channel < channels; channel++) sample[at++] = part[from + channel] - centre[channel];
    }
  }
  return sample;
}

/** For each patch, the largest norm of any of its groups of `group` channels. */
function groupNorms(sample: Float32Array, channels: number, group: number): Float32Array {
  const norms = new Float32Array(sample.length / channels);
  for (let patch = 0; patch < norms.length; patch++) {
    for (let from = 0; from < channels; from += group) {
      let sum = 0;
      const end = patch * channels + Math.min(channels, from + group);
      for (let at = patch * channels + from; at < end; at++) sum += sample[at] ** 2;
      norms[patch] = Math.max(norms[patch], Math.sqrt(sum));
    }
  }
  return norms;
}

/** The number such that a `share` of all numbers lies above it. With a share of 0, the largest number. */
export function highest(numbers: Float32Array, share: number): number {
  const above = new Float32Array(Math.floor(share * numbers.length) + 1);
  for (const number of numbers) {
    if (number <= above[0]) continue;
    let at = 0;
    for (; at + 1 < above.length && above[at + 1] < number; at++) above[at] = above[at + 1];
    above[at] = number;
  }
  return above[0];
}
