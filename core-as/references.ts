// The nearest of all patches of many reference images: eq. 6's scores against labelled normals. Each
// patch's best so far proves most of what follows farther, from a few numbers in place of all channels.
//
// These few numbers are a patch's products with orthonormal axes, and the norm of what the axes leave. For
// any x and y, ‖x − y‖² = ‖W(x − y)‖² + ‖rest of x − y‖² ≥ ‖Wx − Wy‖² + (‖rest of x‖ − ‖rest of y‖)²:
// distances between the short vectors never exceed those between patches. Where a few axes leave much, the
// patches themselves take the short vectors' place. Integers of these are those of bytes.ts, or of quads.ts where the processor
// is fast at them (quad_references.ts).

import { byteThreshold, HIGHEST, layOut, LOWEST, TILE, tileOf } from "./bytes";
import { squaredDistance } from "./distance";
import { STEP } from "./quantise";
import { BYTE_PANEL, ByteQuantisation, ByteSide } from "./structures";

/** Tiles of three patches and a panel compared by their short vectors: a count. */
export let referenceTiles: i32 = 0;
/** Patches that these could not prove farther, and that were measured: a count. */
export let referenceDistances: i32 = 0;

// For quad_references.ts: only its own file can change a count.
// @ts-ignore: decorator
@inline
export function countTile(): void {
  referenceTiles++;
}

// @ts-ignore: decorator
@inline
export function countDistance(): void {
  referenceDistances++;
}

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Patches that are projected at once. */
const TOGETHER: i32 = 4;
/** Of each of them, products with four axes. */
const PRODUCTS: usize = memory.data(128, 16);
/** Of each, the square of what no axis has yet. */
const LEFT: usize = memory.data(32, 16);

/** Products of four patches, their channels side by side, with the four axes from `columns` on, at `PRODUCTS`. */
function projectFour(centred: usize, channels: i32, columns: usize): void {
  let s00 = f64x2.splat(0), s01 = s00;
  let s10 = f64x2.splat(0), s11 = s10;
  let s20 = f64x2.splat(0), s21 = s20;
  let s30 = f64x2.splat(0), s31 = s30;
  const end = centred + (<usize> channels << 5);
  for (; centred < end; centred += 32, columns += 32) {
    const axes01 = v128.load(columns), axes23 = v128.load(columns, 16);
    let value = v128.load64_splat(centred);
    s00 = multiplyAdd(value, axes01, s00);
    s01 = multiplyAdd(value, axes23, s01);
    value = v128.load64_splat(centred, 8);
    s10 = multiplyAdd(value, axes01, s10);
    s11 = multiplyAdd(value, axes23, s11);
    value = v128.load64_splat(centred, 16);
    s20 = multiplyAdd(value, axes01, s20);
    s21 = multiplyAdd(value, axes23, s21);
    value = v128.load64_splat(centred, 24);
    s30 = multiplyAdd(value, axes01, s30);
    s31 = multiplyAdd(value, axes23, s31);
  }
  v128.store(PRODUCTS, s00), v128.store(PRODUCTS, s01, 16);
  v128.store(PRODUCTS, s10, 32), v128.store(PRODUCTS, s11, 48);
  v128.store(PRODUCTS, s20, 64), v128.store(PRODUCTS, s21, 80);
  v128.store(PRODUCTS, s30, 96), v128.store(PRODUCTS, s31, 112);
}

/**
 * Short vectors of one image's patches, `axes` + 1 floats each, at `output`, with room behind them for four times
 * `channels` doubles. `basis`: for each four axes `channels` × 4 doubles; the columns are orthonormal, and
 * those past the last axis zero.
 */
export function projectPatches(
  source: usize,
  patches: i32,
  channels: i32,
  centre: usize,
  basis: usize,
  axes: i32,
  output: usize,
): void {
  const bytes = <usize> channels << 2;
  const shortBytes = <usize> (axes + 1) << 2;
  const centred = output + <usize> patches * shortBytes + 15 & ~15;
  for (let m = 0; m < patches; m += TOGETHER) {
    const count = min(TOGETHER, patches - m);
    for (let p = 0; p < TOGETHER; p++) {
      const from = source + <usize> (m + min(p, count - 1)) * bytes;
      let square: f64 = 0;
      for (let k: usize = 0; k < bytes; k += 4) {
        const value = <f64> load<f32>(from + k) - <f64> load<f32>(centre + k);
        store<f64>(centred + (k << 3) + (<usize> p << 3), value);
        square += value * value;
      }
      store<f64>(LEFT + (<usize> p << 3), square);
    }
    for (let axis = 0; axis < axes; axis += 4) {
      projectFour(centred, channels, basis + <usize> axis * (<usize> channels << 3));
      for (let p = 0; p < count; p++) {
        const to = output + <usize> (m + p) * shortBytes + (<usize> axis << 2);
        let left = load<f64>(LEFT + (<usize> p << 3));
        for (let at = 0; at < min(4, axes - axis); at++) {
          const product = load<f64>(PRODUCTS + (<usize> p << 5) + (<usize> at << 3));
          store<f32>(to + (<usize> at << 2), <f32> product);
          left -= product * product;
        }
        store<f64>(LEFT + (<usize> p << 3), left);
      }
    }
    for (let p = 0; p < count; p++) {
      const left = load<f64>(LEFT + (<usize> p << 3));
      store<f32>(output + <usize> (m + p + 1) * shortBytes - 4, <f32> sqrt(max<f64>(left, 0)));
    }
  }
}

/** What turns sums of products with a place into A, raised, when taken away. */
// @ts-ignore: decorator
@inline
function ownPart(side: ByteSide, place: usize): v128 {
  return i16x8.sub_sat_s(v128.load(side.norms + place), v128.load(side.adjustments + place));
}

/** Which of eight sums of products, less the columns' part, reach what a row wants. */
// @ts-ignore: decorator
@inline
function reaching(at: usize, part: v128, wanted: v128): v128 {
  return i16x8.ge_s(i16x8.sub_sat_s(v128.load(at), part), wanted);
}

/** Whether any of a row's 24 do. */
// @ts-ignore: decorator
@inline
function anyReaching(row: usize, part0: v128, part1: v128, part2: v128, wanted: v128): v128 {
  const reached = v128.or(reaching(row, part0, wanted), reaching(row + 16, part1, wanted));
  return v128.or(reached, reaching(row + 32, part2, wanted));
}

/**
 * Lowers `nearest`, the squared distances of a's patches to the nearest reference so far, and with it `wanted`, 16 bits
 * each: what sums of products, less the reference's part, reach where it may be nearer. `places` receives their numbers.
 * `short`: how many numbers the packed short vectors have.
 */
export function nearerReferences(
  a: ByteSide,
  b: ByteSide,
  channels: i32,
  short: i32,
  quantisation: ByteQuantisation,
  nearest: usize,
  wanted: usize,
  places: usize,
): void {
  layOut(short + 1 >> 1, quantisation);
  for (let n = 0; n < b.count; n += BYTE_PANEL) {
    const place = <usize> n << 1;
    const part0 = ownPart(b, place), part1 = ownPart(b, place + 16), part2 = ownPart(b, place + 32);
    const inside = n + BYTE_PANEL > b.count ? (1 << (b.count - n)) - 1 : -1;
    for (let m = 0; m < a.count; m += 3) {
      tileOf(a, m, b, n);
      referenceTiles++;
      const least0 = v128.load16_splat(wanted + (<usize> m << 1));
      const least1 = v128.load16_splat(wanted + (<usize> m << 1), 2);
      const least2 = v128.load16_splat(wanted + (<usize> m << 1), 4);
      const any0 = anyReaching(TILE, part0, part1, part2, least0);
      const any1 = anyReaching(TILE + 48, part0, part1, part2, least1);
      const any2 = anyReaching(TILE + 96, part0, part1, part2, least2);
      if (!v128.any_true(v128.or(any0, v128.or(any1, any2)))) continue;
      for (let r = m; r < min(m + 3, a.count); r++) {
        const row = TILE + <usize> (r - m) * STEP;
        const least = v128.load16_splat(wanted + (<usize> r << 1));
        let open = i16x8.bitmask(reaching(row, part0, least)) | i16x8.bitmask(reaching(row + 16, part1, least)) << 8 |
          i16x8.bitmask(reaching(row + 32, part2, least)) << 16;
        for (open &= inside; open; open &= open - 1) {
          measureReference(a, r, b, n + ctz(open), channels, quantisation, nearest, wanted, places);
        }
      }
    }
  }
}

/** Measures a's patch m and b's patch n. */
// @ts-ignore: decorator
@inline
function measureReference(
  a: ByteSide,
  m: i32,
  b: ByteSide,
  n: i32,
  channels: i32,
  quantisation: ByteQuantisation,
  nearest: usize,
  wanted: usize,
  places: usize,
): void {
  const place = <usize> m << 2;
  const before = load<f32>(nearest + place);
  const bytes = <usize> channels << 2;
  const squared = squaredDistance(a.patches + <usize> m * bytes, b.patches + <usize> n * bytes, channels, before);
  referenceDistances++;
  if (squared >= before) return;
  store<f32>(nearest + place, squared);
  store<i32>(places + place, b.first + n);
  const proves = byteThreshold(squared, channels, quantisation);
  const own = <i32> load<i16>(a.norms + (place >> 1)) - <i32> load<i16>(a.adjustments + (place >> 1));
  // Where everything is wanted, it stays so; of equal distances the first counts.
  const least = proves == LOWEST ? LOWEST : max(LOWEST, proves + own);
  store<i16>(wanted + (place >> 1), <i16> (squared > 0 ? least : HIGHEST));
}
