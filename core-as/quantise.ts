// Patches as 16-bit integers: one instruction multiplies eight of them, and sums are exact. Integers only
// find candidates and prove the rest to be farther; distances come from distance.ts.
//
// A patch x becomes q = round((x − centre) · scale), with ‖q‖ below 32,700. Its error e = ‖q − (x − centre)
// · scale‖ is known, so ‖q_x − q_y‖ / scale is within (e_x + e_y) / scale of ‖x − y‖.
//
// Patches lie in panels of 12 (three 4-lane vectors), two channels side by side:
//   panel[pair of channels][patch 0 … 11][channel of the pair]
// A panel serves both sides of a product: as columns it is read three vectors at a time, as rows it is
// read as splatted pairs. Places past the last patch hold zeros and half a norm that no patch has.

import { integerSum, laneSum } from "./distance";
import { PANEL, PANEL_STEP } from "./structures";

/** Half a squared norm above any patch's, yet too small for a sum of two to overflow. */
const FAR: i32 = 1 << 30;

/**
 * Quantises one image's patches into `panels` panels; `halves` receives half the squared norm of each place,
 * rounded down. Patches lie `stride` bytes apart; of their `channels`, the first `packing`, an even number or
 * all, go into panels. Returns the largest error e, for products in float32.
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
  const panelBytes = <usize> ((packing + 1) >> 1) * PANEL_STEP;
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
    for (; k + 32 <= bytes; k += 32, out += 4 * PANEL_STEP) {
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
      if (k + 8 < packingBytes) v128.store32_lane(out, values, 1, PANEL_STEP);
      if (k + 16 < packingBytes) v128.store32_lane(out, values, 2, 2 * PANEL_STEP);
      if (k + 24 < packingBytes) v128.store32_lane(out, values, 3, 3 * PANEL_STEP);
    }
    norm = integerSum(norms);
    error = <f64> laneSum(errors);
    for (let high: usize = 0; k < bytes; k += 4, high ^= 2) {
      const exact = (load<f32>(row + k) - load<f32>(centre + k)) * <f32> scale;
      const whole = nearest(exact);
      error += <f64> ((exact - whole) * (exact - whole));
      norm += <i32> whole * <i32> whole;
      if (k < packingBytes) store<i16>(out + high, <i16> whole);
      if (high) out += PANEL_STEP;
    }
    store<i32>(halves + (<usize> m << 2), norm >> 1);
    largestError = max<f64>(largestError, error);
  }
  return sqrt(largestError);
}

/**
 * The integer below which A = q_x·q_y − ⌊|q_x|²/2⌋ − ⌊|q_y|²/2⌋ proves that two patches are farther apart
 * than `squared`. As −2A ≤ ‖q_x − q_y‖², it is −(scale · distance + e_x + e_y)² / 2; `relative` covers the
 * rounding of the distance itself.
 */
// @ts-ignore: decorator
@inline
export function threshold(squared: f32, scale: f64, errors: f64, relative: f64): i32 {
  const reach = scale * sqrt<f64>(<f64> squared * relative) + errors;
  return <i32> max<f64>(-2147483648, floor(reach * reach * -0.5));
}

/**
 * Of four squared distances the A that must be exceeded by two patches that may be as near: one less than `threshold`, the
 * highest of a distance of 0, which nothing is nearer than, and the lowest of one beyond `most` steps.
 */
// @ts-ignore: decorator
@inline
export function thresholdsOf(squares: v128, relative: f64, scale: f64, errors: f64, most: f64): v128 {
  const others = i8x16.shuffle(squares, squares, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  const first = twoThresholds(squares, relative, scale, errors, most);
  const last = twoThresholds(others, relative, scale, errors, most);
  const all = i8x16.shuffle(first, last, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  return v128.bitselect(i32x4.splat(i32.MAX_VALUE), all, f32x4.eq(squares, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function twoThresholds(squares: v128, relative: f64, scale: f64, errors: f64, most: f64): v128 {
  const distances = f64x2.mul(
    f64x2.sqrt(f64x2.mul(f64x2.promote_low_f32x4(squares), f64x2.splat(relative))),
    f64x2.splat(scale),
  );
  const reach = f64x2.add(distances, f64x2.splat(errors));
  const least = f64x2.sub(f64x2.floor(f64x2.mul(f64x2.mul(reach, reach), f64x2.splat(-0.5))), f64x2.splat(1));
  const isWithin = f64x2.le(distances, f64x2.splat(most));
  return i32x4.trunc_sat_f64x2_s_zero(v128.bitselect(least, f64x2.splat(-2147483648), isWithin));
}

/**
 * The integer from which on A proves that two patches are no farther apart than `squared`: as
 * ‖q_x − q_y‖² ≤ −2A + 2, it is 1 − (scale · distance − e_x − e_y)² / 2.
 */
// @ts-ignore: decorator
@inline
export function nearThreshold(squared: f32, scale: f64, errors: f64, relative: f64): i32 {
  const reach = scale * sqrt<f64>(<f64> squared / relative) - errors;
  if (reach <= 0) return i32.MAX_VALUE;
  return <i32> min<f64>(2147483647, max<f64>(-2147483647, ceil(1 - reach * reach * 0.5)));
}

/** A factor above the relative rounding of a squared distance. */
// @ts-ignore: decorator
@inline
export function roundingOf(channels: i32): f64 {
  return 1 + <f64> channels * 2.5e-7;
}
