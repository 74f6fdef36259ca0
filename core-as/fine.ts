// Fine integers: 16 bits, patch by patch and not in panels, as single pairs of patches are looked at. Their A and thresholds
// are those of README.md, in finer steps.

import { integerSum } from "./distance";

/** Bytes of a patch of so many packed channels. */
// @ts-ignore: decorator
@inline
export function fineBytes(channels: i32): usize {
  return <usize> (channels + 7 & ~7) << 1;
}

/** The product q_x·q_y of two patches of `bytes` bytes. */
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
