// How patches become 8-bit integers for pairs: see core-as/quads.ts.

import { highest, LARGEST_SCALE, sampleOf } from "./byte_quantisation.ts";
import { withRegion } from "./memory.ts";
import type { Patches, QuadQuantisation } from "./patch_tasks.ts";

/** Largest integers. */
const LARGEST = 127;
/** Share of the patches that may have numbers beyond that, which are cut off. */
const CUT_OFF = 0.015;
/** Typical norms that A reaches to. */
const REACH = 2.5;

/**
 * `radius`: distance from the centre to the farthest patch. `bits`: of keys. `shared`: channels that four patches share.
 * What is chosen here changes how much is proved by integers, never a result.
 */
export function quadQuantisation(
  images: Patches,
  centre: Float32Array,
  radius: number,
  bits: number,
  shared: number,
): QuadQuantisation {
  const { channels } = images;
  const sample = turnedSample(images, centre, shared);
  const largest = new Float32Array(sample.length / channels);
  let squares = 0;
  for (let patch = 0, at = 0; patch < largest.length; patch++) {
    for (const end = at + channels; at < end; at++) {
      largest[patch] = Math.max(largest[patch], Math.abs(sample[at]));
      squares += sample[at] ** 2;
    }
  }
  const deviation = Math.sqrt(squares / sample.length);
  const most = 2 ** (30 - bits) - 1;
  // Of the root of half of `most` rounding takes up to a half in each channel.
  const norm = Math.max(1, Math.sqrt(most / 2) - Math.sqrt(channels) / 2 - 2);
  const scale = Math.min(LARGEST_SCALE, LARGEST / (highest(largest, CUT_OFF) || 1), norm / (radius || 1));
  // Errors of rounding are even between ± 1/2: their squares' mean is 1/12, and their sum varies little.
  const error = 0.295 * Math.sqrt(channels);
  return { scale, error, reach: REACH * deviation * Math.sqrt(channels) * scale, most };
}

/** Some patches, as they are before they are rounded but for the scale. */
function turnedSample(images: Patches, centre: Float32Array, shared: number): Float32Array {
  const { channels } = images;
  return withRegion((region) => {
    const sample = sampleOf([images], new Float32Array(channels));
    const [at, centreAt] = [region.copyIn(sample), region.copyIn(centre)];
    region.core.turnPatches(at, sample.length / channels, channels, channels - shared, centreAt);
    return region.floats(at, sample.length).slice();
  });
}
