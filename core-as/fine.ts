// Patches as 16-bit integers, patch by patch, for a closer look at single pairs of patches that coarser integers cannot tell.
// As in quantise.ts, −2A ≤ ‖q_x − q_y‖², and a patch's error is known.

import { laneSum } from "./distance";

/** Half the squared norm of the last patch's integers, rounded down, and their squared error, in steps. */
export let fineHalf: i32 = 0;
export let fineSquaredError: f64 = 0;

/** Bytes of a patch of so many channels. */
// @ts-ignore: decorator
@inline
export function fineBytes(channels: i32): usize {
  return <usize> (channels + 7 & ~7) << 1;
}

/**
 * Rounds a patch of `channels` floats, times `factor`, with zeros behind that fill up eights. Its norm must stay below 2^15.
 */
// @ts-ignore: decorator
@inline
export function roundFinely(source: usize, channels: i32, factor: f32, into: usize): void {
  const factors = f32x4.splat(factor);
  let norms = i32x4.splat(0);
  let errors = f32x4.splat(0);
  for (const end = source + (<usize> channels << 2); source < end; source += 32, into += 16) {
    const exact0 = f32x4.mul(v128.load(source), factors), exact1 = f32x4.mul(v128.load(source, 16), factors);
    const whole0 = f32x4.nearest(exact0), whole1 = f32x4.nearest(exact1);
    const error0 = f32x4.sub(exact0, whole0), error1 = f32x4.sub(exact1, whole1);
    errors = f32x4.add(errors, f32x4.add(f32x4.mul(error0, error0), f32x4.mul(error1, error1)));
    const values = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(whole0), i32x4.trunc_sat_f32x4_s(whole1));
    norms = i32x4.add(norms, i32x4.dot_i16x8_s(values, values));
    v128.store(into, values);
  }
  fineHalf = (i32x4.extract_lane(norms, 0) + i32x4.extract_lane(norms, 1) + i32x4.extract_lane(norms, 2) +
    i32x4.extract_lane(norms, 3)) >> 1;
  fineSquaredError = <f64> laneSum(errors);
}

/** The product of two patches of `bytes` bytes. */
// @ts-ignore: decorator
@inline
export function fineProduct(x: usize, y: usize, bytes: usize): i32 {
  let sums = i32x4.splat(0), more = sums;
  const stop = x + bytes;
  for (; x + 32 <= stop; x += 32, y += 32) {
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load(x), v128.load(y)));
    more = i32x4.add(more, i32x4.dot_i16x8_s(v128.load(x, 16), v128.load(y, 16)));
  }
  if (x < stop) sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load(x), v128.load(y)));
  sums = i32x4.add(sums, more);
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3);
}
