// How patches become 8-bit integers for pairs: see core-as/quads.ts.

import type { Vectors } from "./axes.ts";
import { highest, LARGEST_NORM, LARGEST_SCALE, sampleOf } from "./byte_quantisation.ts";
import { withRegion } from "./memory.ts";
import type { QuadQuantisation } from "./tasks/work.ts";

/** Patches that the quantisation is chosen by. */
const SAMPLE = 400;
/** Largest integers. */
const LARGEST = 127;
/** Share of the patches that may have numbers beyond that, which are cut off. */
const CUT_OFF = 0.015;
/** What the largest number may be above the largest of some patches. */
const MARGIN = 1.1;
/** Typical norms that A reaches to. */
const REACH = 2.5;

/** What patches are like, and what is wanted of their integers. */
export interface QuadOptions {
  /** Any point will do, but the nearer the patches, the finer the integers. */
  readonly centre: Float32Array;
  /** Distance from the centre to the farthest patch. @default any: there are few channels, of which none is beyond 127 */
  readonly radius?: number;
  /** By which A is moved up to make room for others. */
  readonly bits: number;
  /** Channels that four patches share. */
  readonly shared: number;
  /** Whether A also has to prove that patches are near, so that it must not be raised where errors are large. */
  readonly both: boolean;
}

/** What is chosen here changes how much is proved by integers, never a result. */
export function quadQuantisation(sets: readonly Vectors[], options: QuadOptions): QuadQuantisation {
  const { radius = 0, bits, both, shared } = options;
  const [{ channels }] = sets;
  const packing = channels - shared;
  const sample = turnedSample(sets, options);
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
  // Of the root of half of `most` rounding takes up to a half in each channel.
  const norm = Math.max(1, Math.sqrt(most / 2) - Math.sqrt(channels) / 2 - 2);
  const held = (both ? MARGIN * highest(largest, 0) : highest(largest, CUT_OFF)) || 1;
  const scale = Math.min(LARGEST_SCALE, LARGEST / held, norm / radius);
  const finerBits = Math.max(0, Math.min(15, Math.floor(Math.log2(LARGEST_NORM / (radius * scale || 1)))));
  // Errors of rounding are even between ± 1/2: their squares' mean is 1/12, and their sum varies little.
  const error = both ? Infinity : 0.295 * Math.sqrt(packing + shared / 4 ** finerBits);
  const reach = REACH * Math.sqrt(squares / largest.length) * scale;
  return { scale, error, reach, most, finerBits };
}

/** Some patches, as they are before they are rounded but for the scale. */
function turnedSample(sets: readonly Vectors[], { centre, shared }: QuadOptions): Float32Array {
  const [{ channels }] = sets;
  return withRegion((region) => {
    const sample = sampleOf(sets, centre, SAMPLE);
    const at = region.copyIn(sample);
    region.core.rotatePatches(at, sample.length / channels, channels, channels - shared);
    return region.floats(at, sample.length).slice();
  });
}
