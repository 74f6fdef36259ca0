// How patches become 8-bit integers: see core-as/bytes.ts.

import { samplePatches, type Vectors } from "./axes.ts";
import type { ByteQuantisation } from "./tasks/work.ts";

/** Patches that the quantisation is chosen by. */
const SAMPLE = 1024;
/** Share of the numbers that may be cut off, and of the patches that may have to be shortened. */
const CUT_OFF = 1e-4;
const SHORTENED = 5e-3;
/** Largest integers of columns, and what a group's norm and half a patch's squared one may be: core-as/bytes.ts. */
const LARGEST = 63;
const GROUP_NORM = 127;
const LARGEST_SQUARE = 15200;

/** ‖q‖ of 16-bit integers stays below 2^15 with some room for rounding: see core-as/quantise.ts. */
export const LARGEST_NORM = 32600;
/** What float32 holds, with room for products. */
export const LARGEST_SCALE = 1e30;

/**
 * How patches become integers: see core-as/bytes.ts. `centre`: any point will do, but the nearer the patches, the
 * finer the integers. What is chosen here changes how much is proved by integers, never a result.
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
  // Errors of rounding are even between ± 1/2: their squares' mean is 1/12, and their sum varies little.
  const columnError = 0.31 * Math.sqrt(channels) + 0.1;
  const reach = Math.min(1.5 * usual, Math.sqrt(32000 * 2 ** shift));
  return { centre, scale, shift, groupPairs, rowError: columnError / 2, columnError, reach };
}

/** Some patches of all sets, at most `most`, evenly, about the centre. */
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

/** The largest norm of a group of channels of each patch. */
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

/** The number that a share of the numbers, at least none, is above. */
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
