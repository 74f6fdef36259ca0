// Chooses how patches become 8-bit integers whose products are added in 32 bits. core-as/quads.ts explains these
// integers.

import type { Vectors } from "./axes.ts";
import { highest, LARGEST_NORM, LARGEST_SCALE, sampleOf } from "./byte_quantisation.ts";
import { withRegion } from "./memory.ts";
import type { QuadQuantisation } from "./tasks/work.ts";

/** How many patches the choice is based on. */
const SAMPLE = 400;
/** The largest integer. */
const LARGEST = 127;
/** The share of patches in which numbers beyond the largest integer may be cut off. */
const CUT_OFF = 0.015;
/** The largest number of all patches may be this many times the largest number of the sample. */
const MARGIN = 1.1;
/** The reach, as a multiple of the root mean square norm of the patches. */
const REACH = 2.5;

/** What is known of the patches, and what their integers must allow. */
export interface QuadOptions {
  /** Any point; the nearer it is to the patches, the finer the integers. */
  readonly centre: Float32Array;
  /**
   * Distance from the centre to the farthest patch.
   *
   * @default unknown. Leave it out only with few channels, for which no norm of numbers within ±127 is too large
   */
  readonly radius?: number;
  /** How many bits of an A a key needs. */
  readonly bits: number;
  /** How many of the last channels a quartet shares. */
  readonly shared: number;
  /** Whether A must also prove that patches are near. Then no A may be raised, as that would prove too much. */
  readonly both: boolean;
}

/** Chooses a quantisation. The choice affects how many patches are excluded, but never a result. */
export function quadQuantisation(sets: readonly Vectors[], options: QuadOptions): QuadQuantisation {
  const { radius = 0, bits, both, shared } = options;
  const [{ channels }] = sets;
  const packing = channels - shared;
  const sample = rotatedSample(sets, options);
  const largest = new Float32Array(sample.length / channels);
  let squares = 0;
  for (let patch = 0, at = 0; patch < largest.length; patch++) {
    let peak = 0;
    for (let channel = 0; channel < channels; channel++, at++) {
      const value = sample[at];
      squares += value * value;
      if (channel < packing && Math.abs(value) > peak) peak = Math.abs(value);
    }
    largest[patch] = peak;
  }
  const most = 2 ** (30 - bits) - 1;
  // A squared norm may be half of `most`. Rounding adds up to 1/2 in each channel.
  const norm = Math.max(1, Math.sqrt(most / 2) - Math.sqrt(channels) / 2 - 2);
  const held = (both ? MARGIN * highest(largest, 0) : highest(largest, CUT_OFF)) || 1;
  const scale = Math.min(LARGEST_SCALE, LARGEST / held, norm / radius);
  const finerBits = Math.max(0, Math.min(15, Math.floor(Math.log2(LARGEST_NORM / (radius * scale || 1)))));
  // The rounding error in a channel is uniform between ± 1/2. The mean of its square is 1/12, whose root is 0.29.
  const error = both ? Infinity : 0.295 * Math.sqrt(packing + shared / 4 ** finerBits);
  const reach = REACH * Math.sqrt(squares / largest.length) * scale;
  return { scale, error, reach, most, finerBits };
}

/** A sample of the patches as they are just before scaling and rounding: with the centre subtracted, and rotated. */
function rotatedSample(sets: readonly Vectors[], { centre, shared }: QuadOptions): Float32Array {
  const [{ channels }] = sets;
  return withRegion((region) => {
    const sample = sampleOf(sets, centre, SAMPLE);
    const at = region.copyIn(sample);
    region.core.rotatePatches(at, sample.length / channels, channels, channels - shared);
    return region.floats(at, sample.length).slice();
  });
}
