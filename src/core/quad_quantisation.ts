// Chooses how patches become 8-bit integers whose products are added in 32 bits: core-as/quads.ts explains these.

import type { Vectors } from "./axes.ts";
import { highest, LARGEST_NORM, LARGEST_SCALE, sampleOf } from "./byte_quantisation.ts";
import { withRegion } from "./memory.ts";
import type { QuadQuantisation } from "./tasks/work.ts";

/** How many patches the choice looks at. */
const SAMPLE = 400;
/** The largest integer. */
const LARGEST = 127;
/** The share of patches that may have a number beyond that, which is cut off. */
const CUT_OFF = 0.015;
/** How many times the largest number of the sample the largest number of all patches may be. */
const MARGIN = 1.1;
/** The reach, in root mean square norms of patches. */
const REACH = 2.5;

/** What the patches are like, and what is wanted of their integers. */
export interface QuadOptions {
  /** Any point; the nearer it is to the patches, the finer the integers. */
  readonly centre: Float32Array;
  /**
   * Distance from the centre to the farthest patch.
   *
   * @default unknown, which few channels allow: a norm of numbers within ±127 is never too large
   */
  readonly radius?: number;
  /** How many bits of an A are wanted for a key. */
  readonly bits: number;
  /** How many of the last channels a quartet shares. */
  readonly shared: number;
  /** Whether A also has to prove that patches are near. Then none may be raised, as that would prove too much. */
  readonly both: boolean;
}

/** Chooses a quantisation. The choice changes how many patches are excluded, never a result. */
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
  // The error in a channel is uniform between ± 1/2, so the mean of its square is 1/12; the root of that is 0.29.
  const error = both ? Infinity : 0.295 * Math.sqrt(packing + shared / 4 ** finerBits);
  const reach = REACH * Math.sqrt(squares / largest.length) * scale;
  return { scale, error, reach, most, finerBits };
}

/** A sample of the patches, less the centre and rotated, as they are before they are scaled and rounded. */
function rotatedSample(sets: readonly Vectors[], { centre, shared }: QuadOptions): Float32Array {
  const [{ channels }] = sets;
  return withRegion((region) => {
    const sample = sampleOf(sets, centre, SAMPLE);
    const at = region.copyIn(sample);
    region.core.rotatePatches(at, sample.length / channels, channels, channels - shared);
    return region.floats(at, sample.length).slice();
  });
}
