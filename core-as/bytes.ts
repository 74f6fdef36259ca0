// Patches as 8-bit integers: one instruction multiplies sixteen of them, half of what quantise.ts needs. They are
// coarser, and so leave more candidates: good where a patch has one nearest among very many, to which a distance is known.
//
// A row patch x becomes a = round(2s·(x − centre)), within ±127, a column patch y becomes b = round(s·(y −
// centre)), within ±63: a's steps are half as long. With â = a / 2 the integers' distance is, in steps,
//   ‖â − b‖² = ‖a‖²/4 + ‖b‖² − a·b,
// and as the errors e_x = ‖â − s(x − centre)‖ and e_y are known, it is within e_x + e_y of s‖x − y‖.
//
// Products are summed in 16 bits that wrap around, a group of channels at a time: no matter what wraps on
// the way, a group's sum is exact when it fits, and it does by Cauchy and Schwarz, as a group's norm is kept
// within 128 (of a within 256). Sums of groups are cut by `shift` bits, and norms subtracted with saturation:
//   A = Σ_groups ⌊a·b / 2^shift⌋ − ⌊‖a‖²/4 / 2^shift⌋ − ⌊‖b‖² / 2^shift⌋,
// so that A + groups > −‖â − b‖² / 2^shift > A − 2, or A is the least that there is.
//
// Patches that do not fit are shortened: their e is large. Of most, e stays below a bound, and thresholds
// reckon with that; for the others an adjustment of A makes up (see `settle`).
//
// Rows lie by threes, columns in panels of 24 (three 8-lane vectors), two channels side by side:
//   rows[three][pair of channels][patch 0 … 2][channel of the pair]
//   panel[pair of channels][patch 0 … 23][channel of the pair]
// The instruction wants one side within 0 … 127: columns are stored with 64 added, which each row takes away
// again as the sum that it begins with (`starts`, one for each group). Places past the last patch hold zeros
// and a norm that no patch has.

import { integerSum } from "./distance";
import { roundingOf } from "./quantise";
import { BYTE_PANEL, ByteQuantisation, ByteSide, SLICE_BYTES } from "./structures";


/** Bytes of a pair of channels of three rows. */
const ROW_SLICE_BYTES: usize = 6;

/** The least A. */
export const LOWEST: i32 = -32768;
/** And the highest. */
export const HIGHEST: i32 = 32767;

/** Norms of a group of channels that a product's 16 bits hold, in the columns' steps. */
const GROUP_NORM: f64 = 127.4;
/** Squared norms that A holds, once they are shifted. */
const LARGEST_SQUARE: f64 = 15200;

/** Squared norm of the last patch's integers, and the squared error of what they stand for, in its own steps. */
let square: f64 = 0, error: f64 = 0;

/**
 * Rounds one patch's `channels`, times `factor`, to integers within ±`limit`, `room` of them with zeros behind the last.
 * Returns whether the norm of a group exceeds `groupNorm`.
 */
function roundPatch(
  source: usize,
  channels: i32,
  centre: usize,
  scale: f64,
  factor: f64,
  limit: f32,
  groupChannels: i32,
  groupNorm: f64,
  into: usize,
  room: i32,
): bool {
  const scales = f32x4.splat(<f32> scale), factors = f32x4.splat(<f32> factor);
  const high = f32x4.splat(limit), low = f32x4.splat(-limit);
  let exceeds = false;
  square = 0;
  error = 0;
  for (let from = 0; from < channels; from += groupChannels) {
    const end = min(from + groupChannels, channels);
    let norms = i32x4.splat(0);
    let k = from;
    let errors = f32x4.splat(0);
    for (; k + 8 <= end; k += 8) {
      const at = <usize> k << 2;
      const exact0 = f32x4.mul(f32x4.sub(v128.load(source + at), v128.load(centre + at)), scales);
      const exact1 = f32x4.mul(f32x4.sub(v128.load(source + at, 16), v128.load(centre + at, 16)), scales);
      const whole0 = f32x4.nearest(f32x4.mul(f32x4.max(low, f32x4.min(high, exact0)), factors));
      const whole1 = f32x4.nearest(f32x4.mul(f32x4.max(low, f32x4.min(high, exact1)), factors));
      const error0 = f32x4.sub(exact0, whole0);
      const error1 = f32x4.sub(exact1, whole1);
      errors = f32x4.add(errors, f32x4.add(f32x4.mul(error0, error0), f32x4.mul(error1, error1)));
      const values = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(whole0), i32x4.trunc_sat_f32x4_s(whole1));
      norms = i32x4.add(norms, i32x4.dot_i16x8_s(values, values));
      v128.store64_lane(into + <usize> k, i8x16.narrow_i16x8_s(values, values), 0);
    }
    if (k + 4 <= end) {
      const at = <usize> k << 2;
      const exact = f32x4.mul(f32x4.sub(v128.load(source + at), v128.load(centre + at)), scales);
      const whole = f32x4.nearest(f32x4.mul(f32x4.max(low, f32x4.min(high, exact)), factors));
      const error0 = f32x4.sub(exact, whole);
      errors = f32x4.add(errors, f32x4.mul(error0, error0));
      const values = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(0));
      norms = i32x4.add(norms, i32x4.dot_i16x8_s(values, values));
      v128.store32_lane(into + <usize> k, i8x16.narrow_i16x8_s(values, values), 0);
      k += 4;
    }
    let norm = <f64> integerSum(norms);
    error += <f64> f32x4.extract_lane(errors, 0) + <f64> f32x4.extract_lane(errors, 1) +
      <f64> f32x4.extract_lane(errors, 2) + <f64> f32x4.extract_lane(errors, 3);
    for (; k < end; k++) {
      const at = <usize> k << 2;
      const exact = (load<f32>(source + at) - load<f32>(centre + at)) * <f32> scale;
      const whole = nearest<f32>(max<f32>(-limit, min<f32>(limit, exact)) * <f32> factor);
      error += <f64> ((exact - whole) * (exact - whole));
      norm += <f64> (whole * whole);
      store<i8>(into + <usize> k, <i8> whole);
    }
    square += norm;
    exceeds = exceeds || norm > groupNorm * groupNorm;
  }
  for (let k = channels; k < room; k++) store<i8>(into + <usize> k, 0);
  return exceeds;
}

/**
 * Quantises a side's patches, the `count` ones of `channels` channels at `source`, as rows (its `starts` is not 0) or as
 * columns. `integers`: room for a patch of bytes, and 16 more.
 */
export function quantiseBytes(
  source: usize,
  channels: i32,
  centre: usize,
  quantisation: ByteQuantisation,
  side: ByteSide,
  integers: usize,
): void {
  const pairs = channels + 1 >> 1;
  const groupPairs = <i32> quantisation.groupPairs;
  const groups = (pairs + groupPairs - 1) / groupPairs;
  const asRows = side.starts != 0;
  const places = asRows ? (side.count + 2) / 3 * 3 : (side.count + BYTE_PANEL - 1) / BYTE_PANEL * BYTE_PANEL;
  const steps: f64 = asRows ? 2 : 1;
  const limit: f32 = asRows ? 127 : 63;
  const largest = LARGEST_SQUARE * <f64> (1 << <i32> quantisation.shift) * steps * steps;
  for (let m = 0; m < places; m++) {
    if (m < side.count) {
      let factor: f64 = 1;
      while (true) {
        const exceeds = roundPatch(
          source, channels, centre, quantisation.scale * steps, factor, limit, groupPairs << 1, GROUP_NORM * steps,
          integers, pairs << 1,
        );
        if (!exceeds && square <= largest) break;
        factor *= 0.8;
      }
      settle(side, m, square / (steps * steps), error / (steps * steps), asRows, quantisation);
      source += <usize> channels << 2;
    } else {
      memory.fill(integers, 0, <usize> pairs << 1);
      store<i16>(side.norms + (<usize> m << 1), <i16> HIGHEST);
      store<i16>(side.adjustments + (<usize> m << 1), 0);
    }
    if (asRows) {
      let out = side.packed + <usize> (m / 3 * pairs) * ROW_SLICE_BYTES + (<usize> (m % 3) << 1);
      const start = side.starts + <usize> (m / 3 * groups) * ROW_SLICE_BYTES + (<usize> (m % 3) << 1);
      for (let group = 0; group < groups; group++) {
        let sum = 0;
        for (let pair = group * groupPairs; pair < min(pairs, (group + 1) * groupPairs); pair++, out += ROW_SLICE_BYTES) {
          const from = integers + (<usize> pair << 1);
          sum += <i32> load<i8>(from) + <i32> load<i8>(from, 1);
          store<u16>(out, load<u16>(from));
        }
        store<i16>(start + <usize> group * ROW_SLICE_BYTES, <i16> (-64 * sum));
      }
    } else {
      for (let at: usize = 0; at < <usize> pairs << 1; at += 16) {
        v128.store(integers + at, i8x16.add(v128.load(integers + at), i8x16.splat(64)));
      }
      let out = side.packed + <usize> (m / BYTE_PANEL * pairs) * SLICE_BYTES + (<usize> (m % BYTE_PANEL) << 1);
      for (let from = integers; from < integers + (<usize> pairs << 1); from += 2, out += SLICE_BYTES) {
        store<u16>(out, load<u16>(from));
      }
    }
  }
}

/**
 * Norm and adjustment of a place whose integers have this squared norm, and this squared error.
 *
 * With E = E_x + E_y the errors of most, A must prove s·distance + e_x + e_y < ‖â − b‖ by the threshold of s·distance + E.
 * For errors above these by Δ_x and Δ_y, A is raised by Δ(2·reach + 2E + 2Δ) / 2^shift for each of the two:
 * as (r + E + Δ_x + Δ_y)² − (r + E)² is at most the sum of these, it proves as much for any r up to `reach`.
 */
function settle(side: ByteSide, m: i32, square: f64, error: f64, asRows: bool, quantisation: ByteQuantisation): void {
  const at = <usize> m << 1;
  const unit = <f64> (1 << <i32> quantisation.shift);
  store<i16>(side.norms + at, <i16> floor(square / unit));
  const both = quantisation.rowError + quantisation.columnError;
  const above = boundOf(error) - (asRows ? quantisation.rowError : quantisation.columnError);
  store<i16>(side.adjustments + at, <i16> min<f64>(HIGHEST, ceil(2 * raisedBy(above, quantisation.reach, both) / unit)));
}

/**
 * A bound of an error whose square was added up in float32: its rounding is far below a hundredth of a step, of short or
 * turned vectors too, unless the error is large itself.
 */
export function boundOf(squared: f64): f64 {
  return sqrt(squared) * 1.0001 + 0.01;
}

/** What half a squared distance is raised by where an error is `above` those of most; `both`: these of rows and columns. */
export function raisedBy(above: f64, reach: f64, both: f64): f64 {
  return above <= 0 ? 0 : above * (reach + both + above);
}

/** The A below which, adjusted, it proves that two patches are farther apart than `squared`. */
export function byteThreshold(squared: f32, channels: i32, quantisation: ByteQuantisation): i32 {
  const distance = quantisation.scale * sqrt<f64>(<f64> squared * roundingOf(channels));
  if (!(distance <= quantisation.reach)) return LOWEST;
  const farther = distance + quantisation.rowError + quantisation.columnError;
  const unit = <f64> (1 << <i32> quantisation.shift);
  // Each group's sum has lost less than 1; short vectors have one channel more at most.
  const groups = ceil(<f64> (channels + 2 >> 1) / quantisation.groupPairs);
  return <i32> max<f64>(LOWEST, floor(farther * farther / -unit - groups));
}

/** Sums of products of signed bytes x with bytes y within 0 … 127, two by two, added to c. */
// @ts-ignore: decorator
@inline
function multiplyAdd(x: v128, y: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.add(c, i16x8.relaxed_dot_i8x16_i7x16_s(x, y));
  const even = i16x8.mul(i16x8.shr_s(i16x8.shl(x, 8), 8), i16x8.shr_s(i16x8.shl(y, 8), 8));
  const odd = i16x8.mul(i16x8.shr_s(x, 8), i16x8.shr_s(y, 8));
  return i16x8.add(c, i16x8.add(even, odd));
}

/** Where a tile's sums are: three rows of three vectors. At a constant address accesses need no bounds checks. */
export const TILE: usize = memory.data(144, 16);

/**
 * Sums of products of three rows, from `x`, and the 24 columns of the panel `y` … `end`, a group's cut by `shift`
 * bits before they are added, at `TILE`.
 */
function tile(x: usize, starts: usize, y: usize, end: usize, groupBytes: usize, shift: i32): void {
  let first = true;
  do {
    const stop = min(end, y + groupBytes);
    let s00 = v128.load16_splat(starts), s01 = s00, s02 = s00;
    let s10 = v128.load16_splat(starts, 2), s11 = s10, s12 = s10;
    let s20 = v128.load16_splat(starts, 4), s21 = s20, s22 = s20;
    starts += ROW_SLICE_BYTES;
    do {
      const y0 = v128.load(y);
      const y1 = v128.load(y, 16);
      const y2 = v128.load(y, 32);
      let splat = v128.load16_splat(x);
      s00 = multiplyAdd(splat, y0, s00);
      s01 = multiplyAdd(splat, y1, s01);
      s02 = multiplyAdd(splat, y2, s02);
      splat = v128.load16_splat(x, 2);
      s10 = multiplyAdd(splat, y0, s10);
      s11 = multiplyAdd(splat, y1, s11);
      s12 = multiplyAdd(splat, y2, s12);
      splat = v128.load16_splat(x, 4);
      s20 = multiplyAdd(splat, y0, s20);
      s21 = multiplyAdd(splat, y1, s21);
      s22 = multiplyAdd(splat, y2, s22);
      x += ROW_SLICE_BYTES;
      y += SLICE_BYTES;
    } while (y < stop);
    s00 = i16x8.shr_s(s00, shift), s01 = i16x8.shr_s(s01, shift), s02 = i16x8.shr_s(s02, shift);
    s10 = i16x8.shr_s(s10, shift), s11 = i16x8.shr_s(s11, shift), s12 = i16x8.shr_s(s12, shift);
    s20 = i16x8.shr_s(s20, shift), s21 = i16x8.shr_s(s21, shift), s22 = i16x8.shr_s(s22, shift);
    if (!first) {
      s00 = i16x8.add(s00, v128.load(TILE, 0)), s01 = i16x8.add(s01, v128.load(TILE, 16)), s02 = i16x8.add(s02, v128.load(TILE, 32));
      s10 = i16x8.add(s10, v128.load(TILE, 48)), s11 = i16x8.add(s11, v128.load(TILE, 64)), s12 = i16x8.add(s12, v128.load(TILE, 80));
      s20 = i16x8.add(s20, v128.load(TILE, 96)), s21 = i16x8.add(s21, v128.load(TILE, 112)), s22 = i16x8.add(s22, v128.load(TILE, 128));
    }
    v128.store(TILE, s00, 0), v128.store(TILE, s01, 16), v128.store(TILE, s02, 32);
    v128.store(TILE, s10, 48), v128.store(TILE, s11, 64), v128.store(TILE, s12, 80);
    v128.store(TILE, s20, 96), v128.store(TILE, s21, 112), v128.store(TILE, s22, 128);
    first = false;
  } while (y < end);
}

/** Bytes of three rows, of their starts, and of a panel, of `pairs` pairs of channels; and a group's bytes of a panel. */
let threeBytes: usize = 0, startBytes: usize = 0, panelBytes: usize = 0, groupBytes: usize = 0;
let shiftBits: i32 = 0;

/** Before `tileOf`: how packed patches lie. */
export function layOut(pairs: i32, quantisation: ByteQuantisation): void {
  const groupPairs = <i32> quantisation.groupPairs;
  threeBytes = <usize> pairs * ROW_SLICE_BYTES;
  startBytes = <usize> ((pairs + groupPairs - 1) / groupPairs) * ROW_SLICE_BYTES;
  panelBytes = <usize> pairs * SLICE_BYTES;
  groupBytes = <usize> groupPairs * SLICE_BYTES;
  shiftBits = <i32> quantisation.shift;
}

/** The `tile` of three rows, from row m on, and the panel of columns from n on. After `layOut`. */
// @ts-ignore: decorator
@inline
export function tileOf(a: ByteSide, m: i32, b: ByteSide, n: i32): void {
  const three = <usize> m / 3;
  const y = b.packed + <usize> n / BYTE_PANEL * panelBytes;
  tile(a.packed + three * threeBytes, a.starts + three * startBytes, y, y + panelBytes, groupBytes, shiftBits);
}
