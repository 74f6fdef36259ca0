// Patches as 16-bit integers, patch by patch, for a closer look at single pairs of patches that coarser integers cannot tell.
// As in quantise.ts, −2A ≤ ‖q_x − q_y‖², and a patch's error is known.

import { integerSum } from "./distance";

/** Bytes of a patch of so many channels. */
// @ts-ignore: decorator
@inline
export function fineBytes(channels: i32): usize {
  return <usize> (channels + 7 & ~7) << 1;
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
  return integerSum(sums);
}
