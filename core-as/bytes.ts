// 8-bit integers whose products are added in 16 bits, for references. One instruction multiplies sixteen of them, on any
// processor. These integers are coarse and leave more survivors than 16 bits. That is good where a row has one nearest column
// among very many, to which a distance is known already.
//
// Here A is not quite that of README.md. A row x becomes a = round(2s·(x − c)), within ±127. A column y becomes
// b = round(s·(y − c)), within ±63. So a row's steps are half as long. In steps of columns, with â = a / 2,
//   ‖â − b‖² = ‖a‖²/4 + ‖b‖² − a·b
// lies within e = e_x + e_y of s·d, with the errors e_x = ‖â − s(x − c)‖ and e_y = ‖b − s(y − c)‖.
//
// Products are added in 16 bits that wrap around, a group of channels at a time. It does not matter what wraps on the way: a
// group's sum is exact if it fits. It fits by the Cauchy–Schwarz inequality, as a group's norm is kept within 128 for columns
// and 256 for rows. Each group's sum loses its last `shift` bits; then sums and norms come together, with saturation:
//   A = Σ_groups ⌊a·b / 2^shift⌋ − ⌊‖a‖²/4 / 2^shift⌋ − ⌊‖b‖² / 2^shift⌋
// So A + groups > −‖â − b‖² / 2^shift > A − 2, or A is the lowest of 16 bits.
//
// A patch whose norm does not fit is shortened, which makes its error large. Patches whose error is above the usual one are
// raised (see `settle`).
//
// Rows lie by threes, columns in panels of 24, which are three vectors of eight lanes:
//   rows[three][two channels][patch 0 … 2][channel of the two]
//   panel[two channels][patch 0 … 23][channel of the two]
// The instruction wants the integers of one side from 0 to 127. So columns are stored with 64 added to each. A row's sum
// begins with what takes that away again, −64 times the sum of its integers (`starts`, one for each group). Places behind the
// last patch hold zeros, and a norm above any patch's.

import { integerSum } from "./distance";
import { roundingOf } from "./quantise";
import { BYTE_PANEL, ByteQuantisation, ByteSide, SLICE_BYTES } from "./structures";


/** Bytes of two channels of three rows. */
const ROW_SLICE_BYTES: usize = 6;

/** The lowest A and the highest. */
export const LOWEST: i32 = -32768;
export const HIGHEST: i32 = 32767;

/** The largest norm of a group of channels, in steps of columns: then a sum of products fits into 16 bits. */
const GROUP_NORM: f64 = 127.4;
/** The largest squared norm of a patch, without its last `shift` bits, that A has room for. */
const LARGEST_SQUARE: f64 = 15200;

/** Of the patch that was rounded last: the squared norm of its integers and the squared error, in its own steps. */
let square: f64 = 0, error: f64 = 0;

/**
 * Rounds the `channels` of a patch to integers at `into`, with zeros behind the last up to `room` of them. Numbers beyond
 * ±`limit` are cut off, then all are multiplied by `factor`, 1 or less. Returns whether a group's norm is above `groupNorm`.
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
 * Quantises the `count` patches of a side. Their vectors of `channels` floats are at `source`. A side whose `starts` is not 0
 * has rows, another one columns. `integers`: room for the integers of a patch, and 16 bytes more.
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
 * Keeps the norm of patch m, and by how much it is raised, for its squared norm and squared error in steps of columns.
 *
 * Thresholds are made with the usual errors, E = E_x + E_y: an A below proves s·r + E < ‖â − b‖. What has to be proved is
 * s·r + e_x + e_y < ‖â − b‖. Where e_x is above E_x by Δ_x, the row is raised by Δ_x·(2·reach + 2E + 2Δ_x) / 2^shift; columns
 * likewise. With h = s·r, (h + E + Δ_x + Δ_y)² − (h + E)² is no more than these two together (without the division) for any h
 * up to `reach`. So a raised A that is below the threshold proves what it has to.
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
 * A bound of an error, from its square as it was added up in float32. What rounding changes there is far below a hundredth
 * of a step, or below a part in 10,000 of an error that is large itself. This holds for short and rotated vectors too.
 */
export function boundOf(squared: f64): f64 {
  return sqrt(squared) * 1.0001 + 0.01;
}

/** By how much half a squared distance is raised for an error that is `above` the usual one; `both`: E of `settle`. */
export function raisedBy(above: f64, reach: f64, both: f64): f64 {
  return above <= 0 ? 0 : above * (reach + both + above);
}

/** The threshold of a squared distance: a raised A below it proves that two patches are farther apart. */
export function byteThreshold(squared: f32, channels: i32, quantisation: ByteQuantisation): i32 {
  const distance = quantisation.scale * sqrt<f64>(<f64> squared * roundingOf(channels));
  if (!(distance <= quantisation.reach)) return LOWEST;
  const farther = distance + quantisation.rowError + quantisation.columnError;
  const unit = <f64> (1 << <i32> quantisation.shift);
  // Each group's sum has lost less than 1. Short vectors have one number more than the patches at most.
  const groups = ceil(<f64> (channels + 2 >> 1) / quantisation.groupPairs);
  return <i32> max<f64>(LOWEST, floor(farther * farther / -unit - groups));
}

/** Adds products of a row x and columns y to `sums`, two in each lane. y is from 0 to 127. */
// @ts-ignore: decorator
@inline
function multiplyAdd(x: v128, y: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.add(sums, i16x8.relaxed_dot_i8x16_i7x16_s(x, y));
  const even = i16x8.mul(i16x8.shr_s(i16x8.shl(x, 8), 8), i16x8.shr_s(i16x8.shl(y, 8), 8));
  const odd = i16x8.mul(i16x8.shr_s(x, 8), i16x8.shr_s(y, 8));
  return i16x8.add(sums, i16x8.add(even, odd));
}

/** Where `tile` leaves its sums: three rows of three vectors. At a constant address loads and stores need no bounds checks. */
export const TILE: usize = memory.data(144, 16);

/**
 * Sums of products of three rows, at `x`, and the 24 columns of the panel from `y` to `end`, to `TILE`. Each group's sum
 * begins with its `starts` and loses its last `shift` bits before it is added to the others.
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

/** Bytes of three rows, of their starts, of a panel, and of a group's part of a panel; and the bits that sums lose. */
let threeBytes: usize = 0, startBytes: usize = 0, panelBytes: usize = 0, groupBytes: usize = 0;
let shiftBits: i32 = 0;

/** Says how the patches lie that `tileOf` takes: with `pairs` pairs of channels. */
export function layOut(pairs: i32, quantisation: ByteQuantisation): void {
  const groupPairs = <i32> quantisation.groupPairs;
  threeBytes = <usize> pairs * ROW_SLICE_BYTES;
  startBytes = <usize> ((pairs + groupPairs - 1) / groupPairs) * ROW_SLICE_BYTES;
  panelBytes = <usize> pairs * SLICE_BYTES;
  groupBytes = <usize> groupPairs * SLICE_BYTES;
  shiftBits = <i32> quantisation.shift;
}

/** The `tile` of the three rows from m on and the panel of columns from n on. `layOut` has to be called before. */
// @ts-ignore: decorator
@inline
export function tileOf(a: ByteSide, m: i32, b: ByteSide, n: i32): void {
  const three = <usize> m / 3;
  const y = b.packed + <usize> n / BYTE_PANEL * panelBytes;
  tile(a.packed + three * threeBytes, a.starts + three * startBytes, y, y + panelBytes, groupBytes, shiftBits);
}
