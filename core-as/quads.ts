// Patches as 8-bit integers, for pairs of images and for references. One instruction multiplies sixteen of them and adds
// fours of the products in 32 bits, which some processors do in one step; elsewhere quantise.ts and bytes.ts are faster
// (see `multipliesBytes`).
//
// As in quantise.ts a patch x becomes q = round((x − centre) · scale), within ±127, and A is the same of these. The
// instruction wants one side without a sign: columns are stored with 128 added.
// Panels are those of quantise.ts, of four channels side by side in place of two:
//   panel[four channels][patch 0 … 11][channel of the four]
// Halves of rows also take away what the 128 added.
//
// Before that patches are turned, which no distance minds, so that all channels vary alike: steps are then as fine as the
// largest channel allows. Numbers beyond the bounds are cut off; where that or chance makes a
// patch's error large, its A are raised, so that they prove no more than they may.
//
// What four patches share is multiplied once for the four, and so costs little in 16 bits: it is rounded to finer steps,
// of which it has 2^k times as many, as quantise.ts does it. A takes their products and norms without the last 2k bits:
// thresholds are whole numbers, and so to lose less than 1 proves no more.
//
// What is packed has such fine integers too, patch by patch: they are looked at where A proves nothing (see candidates.ts).

import { boundOf, raisedBy } from "./bytes";
import { integerSum, laneSum } from "./distance";
import { fineBytes } from "./fine";
import { PANEL, SLICE_BYTES, QuadQuantisation, QuantisedImage } from "./structures";

/**
 * Whether this processor multiplies fours of bytes at once. What the instruction does beyond 127 is up to the engine, but
 * always the same: only where it takes bytes as they are, and does not cut sums off at 16 bits, is it that one step.
 */
export function multipliesBytes(): bool {
  if (!ASC_FEATURE_RELAXED_SIMD) return false;
  const ones = i8x16.splat(-1), most = i8x16.splat(127);
  const sum = i32x4.extract_lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(most, ones, i32x4.splat(0)), 0);
  return sum == 4 * 127 * 255;
}

/** The Walsh–Hadamard transform of fours of floats, as many as a power of two from two on: two stages at a time. */
function transform(values: usize, fours: i32): void {
  const end = values + (<usize> fours << 4);
  // The last stages bring all back to their length.
  const length = f32x4.splat(<f32> Math.sqrt(1 / <f64> fours));
  let whole = <usize> fours << 4;
  for (; whole >= 64; whole >>= 2) {
    const quarter = whole >> 2;
    const factor = whole < 128 ? length : f32x4.splat(1);
    for (let from = values; from < end; from += whole) {
      for (let at = from; at < from + quarter; at += 16) {
        const other = at + quarter, third = other + quarter, last = third + quarter;
        const a = f32x4.mul(v128.load(at), factor), b = f32x4.mul(v128.load(other), factor);
        const c = f32x4.mul(v128.load(third), factor), d = f32x4.mul(v128.load(last), factor);
        const sum = f32x4.add(a, c), difference = f32x4.sub(a, c);
        const otherSum = f32x4.add(b, d), otherDifference = f32x4.sub(b, d);
        v128.store(at, f32x4.add(sum, otherSum));
        v128.store(other, f32x4.sub(sum, otherSum));
        v128.store(third, f32x4.add(difference, otherDifference));
        v128.store(last, f32x4.sub(difference, otherDifference));
      }
    }
  }
  if (whole != 32) return;
  for (let at = values; at < end; at += 32) {
    const a = f32x4.mul(v128.load(at), length), b = f32x4.mul(v128.load(at, 16), length);
    v128.store(at, f32x4.add(a, b));
    v128.store(at, f32x4.sub(a, b), 16);
  }
}

/** Turns `channels` floats: all of them are mixed, the first and the last ones as far as a power of two reaches. */
function turn(values: usize, channels: i32): void {
  if (channels < 8) return;
  const fours = 1 << 31 - clz(channels >> 2);
  transform(values, fours);
  if (fours << 2 < channels) transform(values + (<usize> channels << 2) - (<usize> fours << 4), fours);
}

/** A patch's steps from the centre, turned. */
// @ts-ignore: decorator
@inline
function turned(source: usize, channels: i32, centre: usize, scale: f32, into: usize): void {
  const scales = f32x4.splat(scale);
  const bytes = <usize> channels << 2;
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    v128.store(into + k, f32x4.mul(f32x4.sub(v128.load(source + k), v128.load(centre + k)), scales));
  }
  for (; k < bytes; k += 4) store<f32>(into + k, (load<f32>(source + k) - load<f32>(centre + k)) * scale);
  turn(into, channels);
}

/** Turns the first `packing` channels of `patches` patches in place. */
export function rotatePatches(source: usize, patches: i32, channels: i32, packing: i32): void {
  for (let m = 0; m < patches; m++, source += <usize> channels << 2) turn(source, packing);
}

/** Squared norm of the last patch's integers, their sum, the squared error of what they stand for; and so of fine ones. */
let square: i32 = 0, sum: i32 = 0, fineSquare: i32 = 0;
let squaredError: f64 = 0, fineSquaredError: f64 = 0;

/**
 * The bounds of bytes, and what leaves the nearest whole number in the last bits of a float far smaller that is added. In
 * memory: of numbers in the code the engine makes vectors each time anew.
 */
const NUMBERS: usize = memory.data<f32>([-127, 127, 12582912]);

/**
 * Rounds `eights` times eight floats to bytes within ±127, at `into`, and, times `finer`, to integers of 16 bits, at `fine`
 * unless that is 0. The norm of these must stay below 2^15.
 */
// @ts-ignore: decorator
@inline
function roundBoth(source: usize, eights: i32, finer: f32, into: usize, fine: usize): void {
  const low = v128.load32_splat(NUMBERS), high = v128.load32_splat(NUMBERS, 4);
  const rounder = v128.load32_splat(NUMBERS, 8), factors = f32x4.splat(finer);
  let squares = i32x4.splat(0), sums = squares, fineSquares = squares;
  let errors = f32x4.splat(0), fineErrors = errors;
  for (const end = source + (<usize> eights << 5); source < end; source += 32, into += 8) {
    const exact0 = v128.load(source), exact1 = v128.load(source, 16);
    const moved0 = f32x4.add(f32x4.pmin(f32x4.pmax(exact0, low), high), rounder);
    const moved1 = f32x4.add(f32x4.pmin(f32x4.pmax(exact1, low), high), rounder);
    const error0 = f32x4.sub(exact0, f32x4.sub(moved0, rounder)), error1 = f32x4.sub(exact1, f32x4.sub(moved1, rounder));
    errors = f32x4.add(errors, f32x4.add(f32x4.mul(error0, error0), f32x4.mul(error1, error1)));
    const values = i16x8.narrow_i32x4_s(i32x4.sub(moved0, rounder), i32x4.sub(moved1, rounder));
    squares = i32x4.add(squares, i32x4.dot_i16x8_s(values, values));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(values));
    v128.store64_lane(into, i8x16.narrow_i16x8_s(values, values), 0);
    if (!fine) continue;
    const fine0 = f32x4.mul(exact0, factors), fine1 = f32x4.mul(exact1, factors);
    const finely0 = f32x4.add(fine0, rounder), finely1 = f32x4.add(fine1, rounder);
    const fineError0 = f32x4.sub(fine0, f32x4.sub(finely0, rounder));
    const fineError1 = f32x4.sub(fine1, f32x4.sub(finely1, rounder));
    fineErrors = f32x4.add(fineErrors, f32x4.add(f32x4.mul(fineError0, fineError0), f32x4.mul(fineError1, fineError1)));
    const fineValues = i16x8.narrow_i32x4_s(i32x4.sub(finely0, rounder), i32x4.sub(finely1, rounder));
    fineSquares = i32x4.add(fineSquares, i32x4.dot_i16x8_s(fineValues, fineValues));
    v128.store(fine, fineValues);
    fine += 16;
  }
  square = integerSum(squares);
  sum = integerSum(sums);
  squaredError = <f64> laneSum(errors);
  fineSquare = integerSum(fineSquares);
  fineSquaredError = <f64> laneSum(fineErrors);
}

/** Stores vectors of four patches as steps of a panel, as many as are `left` of them. */
// @ts-ignore: decorator
@inline
function storeTurned(out: usize, left: i32, v0: v128, v1: v128, v2: v128, v3: v128): void {
  v128.store(out, v0);
  if (left > 1) v128.store(out + SLICE_BYTES, v1);
  if (left > 2) v128.store(out + 2 * SLICE_BYTES, v2);
  if (left > 3) v128.store(out + 3 * SLICE_BYTES, v3);
}

/** Stores four patches' bytes, `bytes` apart at `integers`, in the panels that the image has; columns have 128 more. */
// @ts-ignore: decorator
@inline
function storeSides(image: QuantisedImage, m: i32, steps: i32, integers: usize, bytes: usize): void {
  const to = <usize> (m / PANEL * steps) * SLICE_BYTES + (<usize> (m % PANEL) << 2);
  const offset = i8x16.splat(-128);
  for (let step = 0; step < steps; step += 4, integers += 16) {
    const a = v128.load(integers), b = v128.load(integers + bytes);
    const c = v128.load(integers + 2 * bytes), d = v128.load(integers + 3 * bytes);
    const ab = i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const cd = i8x16.shuffle(c, d, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const ef = i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    const gh = i8x16.shuffle(c, d, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    const v0 = i8x16.shuffle(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    const v1 = i8x16.shuffle(ab, cd, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    const v2 = i8x16.shuffle(ef, gh, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    const v3 = i8x16.shuffle(ef, gh, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    const at = to + <usize> step * SLICE_BYTES, left = steps - step;
    if (image.rows) storeTurned(image.rows + at, left, v0, v1, v2, v3);
    if (!image.columns) continue;
    const columns = image.columns + at;
    storeTurned(columns, left, v128.xor(v0, offset), v128.xor(v1, offset), v128.xor(v2, offset), v128.xor(v3, offset));
  }
}

/**
 * Quantises an image's `count` patches, at `patches`: of their `channels` the first `packing` go into its rows and columns.
 * Of the others, where there are any, each four patches' common half of the squared norm, in their own steps, is at
 * `sharedHalves`, and `sharedError` bounds their error, 0 where there are none. `room`: 8 bytes for each channel, and 96
 * more. Sets the image's errors.
 */
export function quantiseQuads(
  image: QuantisedImage,
  patches: usize,
  count: i32,
  channels: i32,
  packing: i32,
  centre: usize,
  quantisation: QuadQuantisation,
  sharedHalves: usize,
  sharedError: f64,
  room: usize,
): void {
  const isShared = packing < channels;
  const finerSteps = <f32> (1 << <i32> quantisation.finerBits);
  const finer = 1 / <f64> finerSteps;
  const eights = packing + 7 >> 3, steps = packing + 3 >> 2;
  const bytes = <usize> (packing + 15 & ~15), fineBytesOf = fineBytes(packing);
  const integers = room + (<usize> eights << 5);
  const ownError = finer * finer * sharedError * sharedError;
  let largest: f64 = 0, fineLargest: f64 = 0;
  // What fills up eights is 0.
  memory.fill(room + (<usize> packing << 2), 0, (<usize> eights << 5) - (<usize> packing << 2));
  const padded = (count + PANEL - 1) / PANEL * PANEL;
  for (let m = 0; m < padded; m++) {
    const place = <usize> m << 2, own = integers + <usize> (m & 3) * bytes;
    let half = <i32> quantisation.most;
    if (m < count) {
      turned(patches + place * <usize> channels, packing, centre, <f32> quantisation.scale, room);
      roundBoth(room, eights, finerSteps, own, image.fine ? image.fine + <usize> m * fineBytesOf : 0);
      const sharedHalf = isShared ? load<i32>(sharedHalves + (place & ~15) / 4) : 0;
      if (image.fine) {
        store<i32>(image.fineHalves + place, (fineSquare >> 1) + sharedHalf);
        fineLargest = max<f64>(fineLargest, fineSquaredError + sharedError * sharedError);
      }
      const error = squaredError + ownError;
      largest = max<f64>(largest, error);
      // See `settle` in bytes.ts.
      const raised = ceil(raisedBy(boundOf(error) - quantisation.error, quantisation.reach, 2 * quantisation.error));
      const norm = <f64> square / 2 + finer * finer * <f64> sharedHalf;
      half = <i32> floor(norm) - <i32> min<f64>(quantisation.most, raised);
    } else {
      memory.fill(own, 0, bytes);
      sum = 0;
    }
    // Halves of rows also take away what the 128 added.
    if (image.rows) store<i32>(image.rowHalves + place, half + 128 * sum);
    if (image.columns) store<i32>(image.columnHalves + place, half);
    if ((m & 3) == 3) storeSides(image, m - 3, steps, integers, bytes);
  }
  image.error = min<f64>(quantisation.error, boundOf(largest));
  image.fineError = boundOf(fineLargest);
}
