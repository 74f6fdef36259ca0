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

import { boundOf, error, raisedBy, roundPatch, square } from "./bytes";
import { fineBytes, fineHalf, fineSquaredError, roundFinely } from "./fine";
import { PairedImage } from "./pairs";
import { PANEL, STEP } from "./quantise";

/** How patches become integers, as the host lays it out: all doubles. */
@unmanaged
export class QuadQuantisation {
  /** Steps in one unit of the patches. */
  scale: f64;
  /** Error of most patches, in steps; where it is infinite, nothing is raised, and the errors bound what A proves. */
  error: f64;
  /** Distances up to which A can prove anything, in steps. */
  reach: f64;
  /** Above twice any squared norm: A is within ± twice this. */
  most: f64;
  /** Fine integers, and those that four patches share, have 2 to this power times as many steps. */
  finerBits: f64;
}

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

/** The Walsh–Hadamard transform of fours of floats, as many as a power of two. */
function transform(values: usize, fours: i32): void {
  let factor: f32 = 1;
  for (let half = <usize> fours << 3; half >= 16; half >>= 1) {
    factor *= <f32> Math.SQRT1_2;
    // The last stage brings all back to their length.
    const factors = f32x4.splat(half == 16 ? factor : 1);
    for (let from = values; from < values + (<usize> fours << 4); from += half << 1) {
      for (let at = from; at < from + half; at += 16) {
        const a = v128.load(at), b = v128.load(at + half);
        v128.store(at, f32x4.mul(f32x4.add(a, b), factors));
        v128.store(at + half, f32x4.mul(f32x4.sub(a, b), factors));
      }
    }
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
export function turnPatches(source: usize, patches: i32, channels: i32, packing: i32): void {
  for (let m = 0; m < patches; m++, source += <usize> channels << 2) turn(source, packing);
}

/** Scatters a patch's bytes into panels, by fours. */
// @ts-ignore: decorator
@inline
function store4(integers: usize, channels: i32, steps: i32, panels: usize, m: i32): void {
  let out = panels + <usize> (m / PANEL * steps) * STEP + (<usize> (m % PANEL) << 2);
  for (let at = integers; at < integers + <usize> channels; at += 4, out += STEP) store<u32>(out, load<u32>(at));
}

// @ts-ignore: decorator
@inline
function sumOf(integers: usize, channels: i32): i32 {
  let sums = i32x4.splat(0);
  for (let at = integers; at < integers + <usize> channels; at += 16) {
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v128.load(at))));
  }
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3);
}

/** Scatters patch m's bytes into the image's rows and columns, where it has them, with half its norm; moves them by 128. */
// @ts-ignore: decorator
@inline
function storeSides(image: PairedImage, m: i32, channels: i32, integers: usize, half: i32): void {
  const steps = channels + 3 >> 2;
  const place = <usize> m << 2;
  if (image.rows) {
    store4(integers, channels, steps, image.rows, m);
    store<i32>(image.rowHalves + place, half + 128 * sumOf(integers, channels));
  }
  if (!image.columns) return;
  for (let at: usize = 0; at < <usize> channels; at += 16) {
    v128.store(integers + at, v128.xor(v128.load(integers + at), i8x16.splat(-128)));
  }
  store4(integers, channels, steps, image.columns, m);
  store<i32>(image.columnHalves + place, half);
}

/**
 * Quantises an image's `count` patches, at `patches`: of their `channels` the first `packing` go into its rows and columns.
 * Of the others, where there are any, each four patches' common half of the squared norm, in their own steps, is at
 * `sharedHalves`, and `sharedError` bounds their error, 0 where there are none. `room`: for a patch of floats, as many
 * zeros but at least eight, and a patch of bytes and 32 more. Sets the image's errors.
 */
export function quantiseQuads(
  image: PairedImage,
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
  const finer: f64 = 1 / <f64> (1 << <i32> quantisation.finerBits);
  const zeros = room + (<usize> packing << 2), zeroBytes = <usize> max(packing, 8) << 2, integers = zeros + zeroBytes;
  memory.fill(zeros, 0, zeroBytes);
  const bytes = <usize> packing + 31 & ~15, fine = fineBytes(packing);
  let largest: f64 = 0, fineLargest: f64 = 0;
  const padded = (count + PANEL - 1) / PANEL * PANEL;
  for (let m = 0; m < padded; m++) {
    if (m >= count) {
      memory.fill(integers, 0, bytes);
      storeSides(image, m, packing, integers, <i32> quantisation.most);
      continue;
    }
    const source = patches + <usize> m * (<usize> channels << 2);
    turned(source, packing, centre, <f32> quantisation.scale, room);
    roundPatch(room, packing, zeros, 1, 1, 127, packing, Infinity, integers, <i32> bytes);
    const sharedHalf = isShared ? load<i32>(sharedHalves + (<usize> (m >> 2) << 2)) : 0;
    if (image.fine) {
      roundFinely(room, packing, <f32> (1 << <i32> quantisation.finerBits), image.fine + <usize> m * fine);
      store<i32>(image.fineHalves + (<usize> m << 2), fineHalf + sharedHalf);
      fineLargest = max<f64>(fineLargest, fineSquaredError + sharedError * sharedError);
    }
    const norm = square / 2 + finer * finer * <f64> sharedHalf;
    const squaredError = error + finer * finer * sharedError * sharedError;
    largest = max<f64>(largest, squaredError);
    // See `settle` in bytes.ts.
    const bound = boundOf(squaredError);
    const raised = ceil(raisedBy(bound - quantisation.error, quantisation.reach, 2 * quantisation.error));
    storeSides(image, m, packing, integers, <i32> floor(norm) - <i32> min<f64>(quantisation.most, raised));
  }
  image.error = min<f64>(quantisation.error, boundOf(largest));
  image.fineError = boundOf(fineLargest);
}
