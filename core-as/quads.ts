// Quads: 8-bit integers whose products are added by fours, in 32 bits. One instruction multiplies sixteen of them. Some
// processors do that in one step; on others quantise.ts and bytes.ts are faster (see `multipliesBytes`).
//
// A is as in README.md, of integers within ±127. A panel's slice has four channels of its 12 patches:
//   panel[four channels][patch 0 … 11][channel of the four]
// The instruction wants the integers of one side without a sign. So columns are stored with 128 added to each; a row's half
// norm also takes away what that adds to a product, 128 times the sum of the row's integers.
//
// Patches are rotated first, so that all channels vary alike: the largest channel sets the step, and then none is much
// larger than the others. Numbers beyond ±127 are cut off. Where that, or chance, makes a patch's error larger than the
// usual one, its A are raised.
//
// Shared channels are multiplied once for a quartet, so 16 bits cost little there. Their steps are finer: 2^f in one of the
// others. A takes their products and half norms without the last 2f bits. That loses less than 1, and thresholds are whole
// numbers: no more is proved than before.
//
// Beside the panels there are fine integers of the packed channels, patch by patch, with which survivors are thinned out.

import { boundOf, raisedBy } from "./bytes";
import { integerSum, laneSum } from "./distance";
import { fineBytes } from "./fine";
import { PANEL, SLICE_BYTES, QuadQuantisation, QuantisedImage } from "./structures";

/**
 * Whether this processor has the one instruction that quads need. WebAssembly leaves to the engine what becomes of unsigned
 * integers above 127, but it is the same in each run. Where they are taken as they are, and sums of two products are not cut
 * off at 16 bits, the engine uses that instruction.
 */
export function multipliesBytes(): bool {
  if (!ASC_FEATURE_RELAXED_SIMD) return false;
  const ones = i8x16.splat(-1), most = i8x16.splat(127);
  const sum = i32x4.extract_lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(most, ones, i32x4.splat(0)), 0);
  return sum == 4 * 127 * 255;
}

/** The Walsh–Hadamard transform, in place, of `fours` × 4 floats. `fours` is a power of two from 2 on. */
function transform(values: usize, fours: i32): void {
  const end = values + (<usize> fours << 4);
  // Each stage makes vectors longer by √2. The last stages undo that: lengths stay what they were.
  const length = f32x4.splat(<f32> Math.sqrt(1 / <f64> fours));
  // Two stages at part0 time: floats are loaded and stored half as often.
  let whole = <usize> fours << 4;
  for (; whole >= 64; whole >>= 2) {
    const quarter = whole >> 2;
    const factor = whole < 128 ? length : f32x4.splat(1);
    for (let from = values; from < end; from += whole) {
      for (let at = from; at < from + quarter; at += 16) {
        const other = at + quarter, third = other + quarter, last = third + quarter;
        const part0 = f32x4.mul(v128.load(at), factor), part1 = f32x4.mul(v128.load(other), factor);
        const part2 = f32x4.mul(v128.load(third), factor), part3 = f32x4.mul(v128.load(last), factor);
        const sum = f32x4.add(part0, part2), difference = f32x4.sub(part0, part2);
        const otherSum = f32x4.add(part1, part3), otherDifference = f32x4.sub(part1, part3);
        v128.store(at, f32x4.add(sum, otherSum));
        v128.store(other, f32x4.sub(sum, otherSum));
        v128.store(third, f32x4.add(difference, otherDifference));
        v128.store(last, f32x4.sub(difference, otherDifference));
      }
    }
  }
  if (whole != 32) return;
  for (let at = values; at < end; at += 32) {
    const part0 = f32x4.mul(v128.load(at), length), part1 = f32x4.mul(v128.load(at, 16), length);
    v128.store(at, f32x4.add(part0, part1));
    v128.store(at, f32x4.sub(part0, part1), 16);
  }
}

/**
 * Rotates a vector of `channels` floats, unless it has fewer than 8. Transforms take powers of two: the first channels are
 * transformed, then the last ones, as many each time as a power of two allows. Together these are all channels.
 */
function rotate(values: usize, channels: i32): void {
  if (channels < 8) return;
  const fours = 1 << 31 - clz(channels >> 2);
  transform(values, fours);
  if (fours << 2 < channels) transform(values + (<usize> channels << 2) - (<usize> fours << 4), fours);
}

/** Writes (x − c)·s, rotated, of a patch x. */
// @ts-ignore: decorator
@inline
function rotated(source: usize, channels: i32, centre: usize, scale: f32, into: usize): void {
  const scales = f32x4.splat(scale);
  const bytes = <usize> channels << 2;
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    v128.store(into + k, f32x4.mul(f32x4.sub(v128.load(source + k), v128.load(centre + k)), scales));
  }
  for (; k < bytes; k += 4) store<f32>(into + k, (load<f32>(source + k) - load<f32>(centre + k)) * scale);
  rotate(into, channels);
}

/** Rotates the first `packing` channels of `patches` patches in place. */
export function rotatePatches(source: usize, patches: i32, channels: i32, packing: i32): void {
  for (let m = 0; m < patches; m++, source += <usize> channels << 2) rotate(source, packing);
}

/**
 * Of the patch that was rounded last: the squared norm of its integers, their sum, and the squared error; and the squared
 * norm and error of its fine integers.
 */
let square: i32 = 0, sum: i32 = 0, fineSquare: i32 = 0;
let squaredError: f64 = 0, fineSquaredError: f64 = 0;

/**
 * The bounds of the integers, and 1.5 · 2^23: when a much smaller float is added to that, the last bits of the sum are the
 * nearest whole number. They are in memory, as V8 would make vectors of constants anew each time.
 */
const NUMBERS: usize = memory.data<f32>([-127, 127, 12582912]);

/**
 * Rounds `eights` × 8 floats to 8-bit integers within ±127, at `into`. Unless `fine` is 0, it also rounds them, times
 * `finer`, to fine integers there, whose norm has to be below 2^15.
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

/** Stores four patches' part of up to four slices of a panel, as many as are `left`. */
// @ts-ignore: decorator
@inline
function storeSlices(out: usize, left: i32, slice0: v128, slice1: v128, slice2: v128, slice3: v128): void {
  v128.store(out, slice0);
  if (left > 1) v128.store(out + SLICE_BYTES, slice1);
  if (left > 2) v128.store(out + 2 * SLICE_BYTES, slice2);
  if (left > 3) v128.store(out + 3 * SLICE_BYTES, slice3);
}

/**
 * Stores four patches, from number m on, in the panels that the image has, as rows, columns or both. Their integers lie
 * `bytes` apart from `integers` on.
 */
// @ts-ignore: decorator
@inline
function storeSides(image: QuantisedImage, m: i32, slices: i32, integers: usize, bytes: usize): void {
  const to = <usize> (m / PANEL * slices) * SLICE_BYTES + (<usize> (m % PANEL) << 2);
  const offset = i8x16.splat(-128);
  for (let slice = 0; slice < slices; slice += 4, integers += 16) {
    const patch0 = v128.load(integers), patch1 = v128.load(integers + bytes);
    const patch2 = v128.load(integers + 2 * bytes), patch3 = v128.load(integers + 3 * bytes);
    const low01 = i8x16.shuffle(patch0, patch1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const low23 = i8x16.shuffle(patch2, patch3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const high01 = i8x16.shuffle(patch0, patch1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    const high23 = i8x16.shuffle(patch2, patch3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    const slice0 = i8x16.shuffle(low01, low23, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    const slice1 = i8x16.shuffle(low01, low23, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    const slice2 = i8x16.shuffle(high01, high23, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    const slice3 = i8x16.shuffle(high01, high23, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    const at = to + <usize> slice * SLICE_BYTES, left = slices - slice;
    if (image.rows) storeSlices(image.rows + at, left, slice0, slice1, slice2, slice3);
    if (!image.columns) continue;
    const columns = image.columns + at;
    storeSlices(columns, left, v128.xor(slice0, offset), v128.xor(slice1, offset), v128.xor(slice2, offset), v128.xor(slice3, offset));
  }
}

/**
 * Quantises the `count` patches at `patches`, and sets the image's errors. Of their `channels` the first `packing` are packed
 * into rows and columns. The others are shared: `quantisePatches` has made the quartets' half norms at `sharedHalves`, and
 * found `sharedError`, both in their finer steps. Without shared channels the error is 0.
 *
 * `room`: 8 bytes for each channel, and 96 more.
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
  const eights = packing + 7 >> 3, slices = packing + 3 >> 2;
  const bytes = <usize> (packing + 15 & ~15), fineBytesOf = fineBytes(packing);
  const integers = room + (<usize> eights << 5);
  const ownError = finer * finer * sharedError * sharedError;
  let largest: f64 = 0, fineLargest: f64 = 0;
  // Channels are rounded by eights: those behind the last are 0.
  memory.fill(room + (<usize> packing << 2), 0, (<usize> eights << 5) - (<usize> packing << 2));
  const padded = (count + PANEL - 1) / PANEL * PANEL;
  for (let m = 0; m < padded; m++) {
    const place = <usize> m << 2, own = integers + <usize> (m & 3) * bytes;
    let half = <i32> quantisation.most;
    if (m < count) {
      rotated(patches + place * <usize> channels, packing, centre, <f32> quantisation.scale, room);
      roundBoth(room, eights, finerSteps, own, image.fine ? image.fine + <usize> m * fineBytesOf : 0);
      const sharedHalf = isShared ? load<i32>(sharedHalves + (place & ~15) / 4) : 0;
      if (image.fine) {
        store<i32>(image.fineHalves + place, (fineSquare >> 1) + sharedHalf);
        fineLargest = max<f64>(fineLargest, fineSquaredError + sharedError * sharedError);
      }
      const error = squaredError + ownError;
      largest = max<f64>(largest, error);
      // Why by so much, `settle` in bytes.ts says.
      const raised = ceil(raisedBy(boundOf(error) - quantisation.error, quantisation.reach, 2 * quantisation.error));
      const norm = <f64> square / 2 + finer * finer * <f64> sharedHalf;
      half = <i32> floor(norm) - <i32> min<f64>(quantisation.most, raised);
    } else {
      memory.fill(own, 0, bytes);
      sum = 0;
    }
    // A row's half norm also takes away what the 128 adds.
    if (image.rows) store<i32>(image.rowHalves + place, half + 128 * sum);
    if (image.columns) store<i32>(image.columnHalves + place, half);
    if ((m & 3) == 3) storeSides(image, m - 3, slices, integers, bytes);
  }
  image.error = min<f64>(quantisation.error, boundOf(largest));
  image.fineError = boundOf(fineLargest);
}
