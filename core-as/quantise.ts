// Patches as 16-bit integers, and the thresholds of A for all integers whose products are added in 32 bits.
//
// ‖q‖ is below 32,700, so no sum of products overflows. One instruction multiplies eight integers and adds them by twos.
// A panel's slice has two channels of its 12 patches, which are three vectors of four lanes:
//   panel[two channels][patch 0 … 11][channel of the two]
// The same panel serves rows and columns. Columns are read a vector at a time; of a row its two channels go to all lanes.
// Places behind the last patch hold zeros, and a half norm above any patch's.

import { integerSum, laneSum } from "./distance";
import { PANEL, SLICE_BYTES } from "./structures";

/** A half norm above any patch's, yet so small that the sum of two does not overflow. */
const FAR: i32 = 1 << 30;

/**
 * Quantises patches that lie `stride` bytes apart, into `panels` panels at `packed`. `halves` gets the half norms, of all
 * `channels`. The first `packing` channels, an even number or all, go into the panels. Returns the largest error, in steps.
 */
export function quantisePatches(
  source: usize,
  patches: i32,
  stride: usize,
  panels: i32,
  channels: i32,
  packing: i32,
  centre: usize,
  scale: f64,
  packed: usize,
  halves: usize,
): f64 {
  const panelBytes = <usize> ((packing + 1) >> 1) * SLICE_BYTES;
  const bytes = <usize> channels << 2;
  const packingBytes = <usize> packing << 2;
  const scales = f32x4.splat(<f32> scale);
  memory.fill(packed, 0, <usize> panels * panelBytes);
  let largestError: f64 = 0;
  for (let m = 0; m < panels * PANEL; m++) {
    if (m >= patches) {
      store<i32>(halves + (<usize> m << 2), FAR);
      continue;
    }
    const row = source + <usize> m * stride;
    let out = packed + <usize> (m / PANEL) * panelBytes + (<usize> (m % PANEL) << 2);
    let norm: i32 = 0;
    let error: f64 = 0;
    let k: usize = 0;
    let norms = i32x4.splat(0);
    let errors = f32x4.splat(0);
    for (; k + 32 <= bytes; k += 32, out += 4 * SLICE_BYTES) {
      const exact0 = f32x4.mul(f32x4.sub(v128.load(row + k), v128.load(centre + k)), scales);
      const exact1 = f32x4.mul(f32x4.sub(v128.load(row + k, 16), v128.load(centre + k, 16)), scales);
      const whole0 = f32x4.nearest(exact0);
      const whole1 = f32x4.nearest(exact1);
      const error0 = f32x4.sub(exact0, whole0);
      const error1 = f32x4.sub(exact1, whole1);
      errors = f32x4.add(errors, f32x4.add(f32x4.mul(error0, error0), f32x4.mul(error1, error1)));
      const values = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(whole0), i32x4.trunc_sat_f32x4_s(whole1));
      norms = i32x4.add(norms, i32x4.dot_i16x8_s(values, values));
      if (k < packingBytes) v128.store32_lane(out, values, 0);
      if (k + 8 < packingBytes) v128.store32_lane(out, values, 1, SLICE_BYTES);
      if (k + 16 < packingBytes) v128.store32_lane(out, values, 2, 2 * SLICE_BYTES);
      if (k + 24 < packingBytes) v128.store32_lane(out, values, 3, 3 * SLICE_BYTES);
    }
    norm = integerSum(norms);
    error = <f64> laneSum(errors);
    for (let high: usize = 0; k < bytes; k += 4, high ^= 2) {
      const exact = (load<f32>(row + k) - load<f32>(centre + k)) * <f32> scale;
      const whole = nearest(exact);
      error += <f64> ((exact - whole) * (exact - whole));
      norm += <i32> whole * <i32> whole;
      if (k < packingBytes) store<i16>(out + high, <i16> whole);
      if (high) out += SLICE_BYTES;
    }
    store<i32>(halves + (<usize> m << 2), norm >> 1);
    largestError = max<f64>(largestError, error);
  }
  return sqrt(largestError);
}

/**
 * The threshold of a squared distance: an A below it proves that two patches are farther apart. `errors` is e of README.md,
 * in steps. `relative` is `roundingOf` the channels: the distance itself was rounded.
 */
// @ts-ignore: decorator
@inline
export function threshold(squared: f32, scale: f64, errors: f64, relative: f64): i32 {
  const bound = scale * sqrt<f64>(<f64> squared * relative) + errors;
  return <i32> max<f64>(-2147483648, floor(bound * bound * -0.5));
}

/**
 * Of four squared distances the largest A that proves patches farther: one less than the threshold. Of a distance of 0,
 * which nothing can be nearer than, it is the largest integer; of a distance beyond `reach` steps the lowest.
 */
// @ts-ignore: decorator
@inline
export function thresholdsOf(squares: v128, relative: f64, scale: f64, errors: f64, reach: f64): v128 {
  const others = i8x16.shuffle(squares, squares, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  const first = twoThresholds(squares, relative, scale, errors, reach);
  const last = twoThresholds(others, relative, scale, errors, reach);
  const all = i8x16.shuffle(first, last, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  return v128.bitselect(i32x4.splat(i32.MAX_VALUE), all, f32x4.eq(squares, f32x4.splat(0)));
}

/** The same of the first two of four, without the case of 0. */
// @ts-ignore: decorator
@inline
function twoThresholds(squares: v128, relative: f64, scale: f64, errors: f64, reach: f64): v128 {
  const distances = f64x2.mul(
    f64x2.sqrt(f64x2.mul(f64x2.promote_low_f32x4(squares), f64x2.splat(relative))),
    f64x2.splat(scale),
  );
  const bound = f64x2.add(distances, f64x2.splat(errors));
  const least = f64x2.sub(f64x2.floor(f64x2.mul(f64x2.mul(bound, bound), f64x2.splat(-0.5))), f64x2.splat(1));
  const isWithin = f64x2.le(distances, f64x2.splat(reach));
  return i32x4.trunc_sat_f64x2_s_zero(v128.bitselect(least, f64x2.splat(-2147483648), isWithin));
}

/** The A from which on two patches are proved no farther apart than a squared distance: 1 − (s·r − e)² / 2. */
// @ts-ignore: decorator
@inline
export function nearThreshold(squared: f32, scale: f64, errors: f64, relative: f64): i32 {
  const bound = scale * sqrt<f64>(<f64> squared / relative) - errors;
  if (bound <= 0) return i32.MAX_VALUE;
  return <i32> min<f64>(2147483647, max<f64>(-2147483647, ceil(1 - bound * bound * 0.5)));
}

/** A factor that a squared distance of so many channels is wrong by at most, for its rounding in float32. */
// @ts-ignore: decorator
@inline
export function roundingOf(channels: i32): f64 {
  return 1 + <f64> channels * 2.5e-7;
}
