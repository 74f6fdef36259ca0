// How patches become 8-bit integers for pairs: see core-as/quads.ts.

import { highest, LARGEST_SCALE, sampleOf } from "./byte_quantisation.ts";
import type { Patches, QuadQuantisation } from "./patch_tasks.ts";

/** Largest integers. */
const LARGEST = 127;
/** Share of the patches that may have numbers beyond that, which are cut off. */
const CUT_OFF = 0.015;
/** Typical norms that A reaches to. */
const REACH = 2.5;

/** `radius`: distance from the centre to the farthest patch. `bits`: of keys. Changes how much is proved, never a result. */
export function quadQuantisation(
  images: Patches,
  centre: Float32Array,
  radius: number,
  bits: number,
): QuadQuantisation {
  const { channels } = images;
  const sample = sampleOf([images], centre);
  const largest = new Float32Array(sample.length / channels);
  sample.forEach((value, at) => {
    const patch = Math.floor(at / channels);
    largest[patch] = Math.max(largest[patch], Math.abs(value));
  });
  const deviation = Math.sqrt(sample.reduce((sum, value) => sum + value * value, 0) / sample.length);
  const most = 2 ** (30 - bits) - 1;
  // Of the root of half of `most` rounding takes up to a half in each channel.
  const norm = Math.max(1, Math.sqrt(most / 2) - Math.sqrt(channels) / 2 - 2);
  const scale = Math.min(LARGEST_SCALE, LARGEST / (highest(largest, CUT_OFF) || 1), norm / (radius || 1));
  // Errors of rounding are even between ± 1/2: their squares' mean is 1/12, and their sum varies little.
  const error = 0.295 * Math.sqrt(channels);
  return { scale, error, reach: REACH * deviation * Math.sqrt(channels) * scale, most };
}
