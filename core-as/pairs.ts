// Patch minima of a pair of images, both ways from one product of integers (see quantise.ts and quads.ts).
//
// A strip of a's patches at a time is multiplied with all of b's. Its table of A also tells each patch's likeliest
// nearest one; with the distance to that, A proves nearly all others farther, and what is left is measured.

import { DISTANCES, squaredDistances } from "./distance";
import { PANEL, roundingOf, rowsFrom, STEP, threshold, tile } from "./quantise";

const LOWEST: i32 = i32.MIN_VALUE;
const HIGHEST: i32 = i32.MAX_VALUE;

/** An image of a pair, as the host lays it out. */
@unmanaged
export class PairedImage {
  /** Floats. */
  patches: usize;
  /** Panels, and halves of norms, as the left image of a pair. */
  rows: usize;
  rowHalves: usize;
  /** And as the right one; of 16-bit integers the same. */
  columns: usize;
  columnHalves: usize;
  /** Panels of what four patches share, of 16-bit integers. */
  shared: usize;
}

/** What a set's pairs have in common, as the host lays it out. */
@unmanaged
export class PairSearch {
  /** The integers' steps in one unit of the patches. */
  scale: f64;
  /** Distances up to which A can prove anything, in steps. */
  reach: f64;
  /** Patches of an image, and their channels. */
  patches: i32;
  channels: i32;
  /** Panels' steps of the channels that are packed, and of those that four patches share; 0 where none are. */
  steps: i32;
  sharedSteps: i32;
  /** Bits by which products of these are finer. */
  sharedShift: i32;
  /** Whether patches are 8-bit integers. */
  isBytes: i32;
  /** Patches of a strip, a multiple of 12. */
  strip: i32;
  /** Bits of a key that tell a patch. */
  bits: i32;
  /** Zeros: 48 bytes. */
  zeros: usize;
  /** Room for blocks' products: three rows more than there are blocks, each padded to panels. */
  products: usize;
  /** Room for a strip's A, a row of panels for each of its patches. */
  table: usize;
  /** Room for the best keys and for thresholds: of a strip's patches 16 bytes each, of b's 4. */
  rowKeys: usize;
  columnKeys: usize;
  rowThresholds: usize;
  columnThresholds: usize;
}

/** What is found of a pair, as the host lays it out: squared minima of each side's patches, and of which patch. */
@unmanaged
export class PairMinima {
  squared: usize;
  places: usize;
  otherSquared: usize;
  otherPlaces: usize;
}

/** Distances measured: a count. */
export let measuredDistances: i32 = 0;

// The pair at hand.
let search: PairSearch = changetype<PairSearch>(0);
let left: PairedImage = changetype<PairedImage>(0), right: PairedImage = changetype<PairedImage>(0);
let found: PairMinima = changetype<PairMinima>(0);
let errors: f64 = 0, relative: f64 = 0;
let bothWays: bool = false;
/** Bytes of a row of the table, and of one of the blocks' products. */
let rowBytes: usize = 0, productBytes: usize = 0;

/** The larger of a vector and three others, lane by lane. */
// @ts-ignore: decorator
@inline
function keep(at: usize, k0: v128, k1: v128, k2: v128): void {
  v128.store(at, i32x4.max_s(i32x4.max_s(v128.load(at), k0), i32x4.max_s(k1, k2)));
}

/** A as a key: its lowest bits replaced by where it was found, or, small as A of bytes is, moved up to leave room. */
// @ts-ignore: decorator
@inline
function keyOf(a: v128, bits: i32, mask: v128, isBytes: bool): v128 {
  return isBytes ? i32x4.shl(a, bits) : v128.and(a, mask);
}

/** Products of the images' blocks of four patches in channels that the four share. */
// @ts-ignore: decorator
@inline
function multiplyBlocks(): void {
  const blocks = search.patches / 4;
  const panelBytes = <usize> search.sharedSteps * STEP;
  const zeros = search.zeros;
  for (let m = 0; m < blocks; m += 3) {
    const x = rowsFrom(m, left.shared, panelBytes);
    for (let n = 0; n < blocks; n += PANEL) {
      const y = right.shared + <usize> (n / PANEL) * panelBytes;
      const out = search.products + <usize> m * productBytes + (<usize> n << 2);
      tile(x, zeros, y, y + panelBytes, zeros, out, productBytes, false);
    }
  }
  if (!search.sharedShift) return;
  const end = search.products + <usize> blocks * productBytes;
  for (let at = search.products; at < end; at += 16) v128.store(at, i32x4.shr_s(v128.load(at), search.sharedShift));
}

/** Adds the nine products of a tile's three rows from patch m on with the three blocks of panel pb. */
// @ts-ignore: decorator
@inline
function addBlocks(out: usize, m: i32, pb: usize): void {
  for (let r = 0; r < 3; r++) {
    const row = search.products + <usize> ((m + r) >> 2) * productBytes + pb * 12;
    const at = out + <usize> r * rowBytes;
    v128.store(at, i32x4.add(v128.load(at), v128.load32_splat(row)));
    v128.store(at, i32x4.add(v128.load(at, 16), v128.load32_splat(row, 4)), 16);
    v128.store(at, i32x4.add(v128.load(at, 32), v128.load32_splat(row, 8)), 32);
  }
}

/**
 * Fills the table with A of a's patches from `from` on, and the keys: for each of them the best of four classes of b's
 * patches (n mod 4; a key holds n / 4), for each patch of b the best (which holds m − `from`).
 */
// @ts-ignore: decorator
@inline
function fill(from: i32, end: i32, isBytes: bool): void {
  const patches = search.patches, bits = search.bits;
  const panels = (patches + PANEL - 1) / PANEL;
  const panelBytes = <usize> search.steps * STEP;
  const mask = i32x4.splat(-1 << bits);
  for (let pa = from / PANEL; pa * PANEL < end; pa++) {
    const aPanel = left.rows + <usize> pa * panelBytes;
    const groups = min(4, (patches - pa * PANEL + 2) / 3);
    for (let pb: usize = 0; pb < <usize> panels; pb++) {
      const bPanel = right.columns + pb * panelBytes;
      const column = search.columnKeys + pb * STEP;
      const n0 = i32x4.splat(<i32> pb * 3), n1 = i32x4.splat(<i32> pb * 3 + 1), n2 = i32x4.splat(<i32> pb * 3 + 2);
      for (let r = 0; r < groups; r++) {
        const m = pa * PANEL + r * 3;
        const out = search.table + <usize> (m - from) * rowBytes + pb * STEP;
        const halves = left.rowHalves + (<usize> m << 2);
        tile(aPanel + <usize> r * 12, halves, bPanel, bPanel + panelBytes, right.columnHalves + pb * STEP, out, rowBytes, isBytes);
        if (search.sharedSteps) addBlocks(out, m, pb);
        const row = search.rowKeys + (<usize> (m - from) << 4);
        let c0 = v128.load(column), c1 = v128.load(column, 16), c2 = v128.load(column, 32);
        for (let k = 0; k < 3; k++) {
          const at = out + <usize> k * rowBytes;
          const s0 = keyOf(v128.load(at), bits, mask, isBytes);
          const s1 = keyOf(v128.load(at, 16), bits, mask, isBytes);
          const s2 = keyOf(v128.load(at, 32), bits, mask, isBytes);
          keep(row + (<usize> k << 4), v128.or(s0, n0), v128.or(s1, n1), v128.or(s2, n2));
          const found = i32x4.splat(m - from + k);
          c0 = i32x4.max_s(c0, v128.or(s0, found));
          c1 = i32x4.max_s(c1, v128.or(s1, found));
          c2 = i32x4.max_s(c2, v128.or(s2, found));
        }
        v128.store(column, c0), v128.store(column, c1, 16), v128.store(column, c2, 32);
      }
    }
  }
}

/** The distance of patch m of a and n of b counts for both; of equal ones the first patch counts. */
// @ts-ignore: decorator
@inline
function count(m: i32, n: i32, distance: f32): void {
  const own = found.squared + (<usize> m << 2), ownPlace = found.places + (<usize> m << 2);
  const other = found.otherSquared + (<usize> n << 2), otherPlace = found.otherPlaces + (<usize> n << 2);
  const best = load<f32>(own), otherBest = load<f32>(other);
  // What is nearer cannot be foretold: no branches.
  const place = load<i32>(ownPlace), there = load<i32>(otherPlace);
  store<i32>(ownPlace, select(n, place, <i32> (distance < best) | <i32> (distance == best) & <i32> (n < place)));
  store<i32>(otherPlace, select(m, there, <i32> (distance < otherBest) | <i32> (distance == otherBest) & <i32> (m < there)));
  store<f32>(own, min<f32>(best, distance));
  store<f32>(other, min<f32>(otherBest, distance));
}

/** Pairs of patches that are to be measured, and room for them: m and n, 16 bits each. */
const MOST_WAITING: i32 = 2048;
const waiting = memory.data(4 * 2048 + 64, 16);
let waitingPairs: i32 = 0;

/** Has a pair of patches measured, if so, once there are many. */
// @ts-ignore: decorator
@inline
function wait(m: i32, n: i32, really: bool): void {
  store<u32>(waiting + (<usize> waitingPairs << 2), m << 16 | n);
  waitingPairs += <i32> really;
  if (waitingPairs == MOST_WAITING) measureWaiting();
}

function measureWaiting(): void {
  if (!waitingPairs) return;
  const bytes = <usize> search.channels << 2;
  // Of an odd number the last one is measured twice.
  store<u32>(waiting + (<usize> waitingPairs << 2), load<u32>(waiting + (<usize> (waitingPairs - 1) << 2)));
  const end = waiting + (<usize> waitingPairs << 2);
  for (let at = waiting; at < end; at += 8) {
    const n0 = <usize> load<u16>(at), m0 = <usize> load<u16>(at, 2);
    const n1 = <usize> load<u16>(at, 4), m1 = <usize> load<u16>(at, 6);
    squaredDistances(
      left.patches + m0 * bytes, right.patches + n0 * bytes, left.patches + m1 * bytes, right.patches + n1 * bytes,
      search.channels,
    );
    count(<i32> m0, <i32> n0, load<f32>(DISTANCES));
    count(<i32> m1, <i32> n1, load<f32>(DISTANCES, 4));
  }
  measuredDistances += waitingPairs;
  waitingPairs = 0;
}

/** Where the table has A of patch m of the strip and n. */
// @ts-ignore: decorator
@inline
function cellOf(m: i32, n: i32): usize {
  return search.table + <usize> m * rowBytes + (<usize> n << 2);
}

/** The A up to which it proves that two patches are farther apart than these squares: see `threshold` in quantise.ts. */
// @ts-ignore: decorator
@inline
function provesFarther(squares: v128): v128 {
  const distances = f64x2.mul(f64x2.sqrt(f64x2.mul(f64x2.promote_low_f32x4(squares), f64x2.splat(relative))), f64x2.splat(search.scale));
  const reach = f64x2.add(distances, f64x2.splat(errors));
  const proving = f64x2.sub(f64x2.floor(f64x2.mul(f64x2.mul(reach, reach), f64x2.splat(-0.5))), f64x2.splat(1));
  const within = f64x2.le(distances, f64x2.splat(search.reach));
  return v128.bitselect(proving, f64x2.splat(-2147483648), within);
}

/** Thresholds of `count` patches, rounded up to fours, by their squared minima so far. */
function setThresholds(squared: usize, count: i32, thresholds: usize): void {
  const end = thresholds + (<usize> count << 2);
  for (; thresholds < end; thresholds += 16, squared += 16) {
    const squares = v128.load(squared);
    const low = i32x4.trunc_sat_f64x2_s_zero(provesFarther(squares));
    const high = i32x4.trunc_sat_f64x2_s_zero(provesFarther(i8x16.shuffle(squares, squares, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)));
    const both = i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    // Nothing is nearer than 0.
    v128.store(thresholds, v128.bitselect(i32x4.splat(HIGHEST), both, f32x4.eq(squares, f32x4.splat(0))));
  }
}

/** Measures the likeliest nearest patch of each one of the strip, and of each one of b. */
// @ts-ignore: decorator
@inline
function measureLikeliest(from: i32, end: i32, isBytes: bool): void {
  const patches = search.patches, bits = search.bits;
  const mask = (1 << bits) - 1;
  for (let m = from; m < end; m++) {
    const keys = search.rowKeys + (<usize> (m - from) << 4);
    let best = LOWEST;
    let lane = 0;
    for (let each = 0; each < 4; each++) {
      const key = load<i32>(keys + (<usize> each << 2));
      lane = select(each, lane, key > best);
      best = max(best, key);
    }
    const n = min((best & mask) * 4 + lane, patches - 1);
    wait(m, n, true);
    store<i32>(cellOf(m - from, n), LOWEST);
  }
  measureWaiting();
  if (!bothWays) return;
  setThresholds(found.otherSquared, patches, search.columnThresholds);
  for (let n = 0; n < patches; n++) {
    const at = <usize> n << 2;
    const key = load<i32>(search.columnKeys + at);
    const m = min(from + (key & mask), end - 1);
    const cell = cellOf(m - from, n);
    const known = load<i32>(cell);
    // What a key has lost of A is at most its mask.
    const a = isBytes ? key >> bits : key | mask;
    const really = <i32> (known != LOWEST) & <i32> (a > load<i32>(search.columnThresholds + at));
    wait(m, n, really != 0);
    store<i32>(cell, select(LOWEST, known, really));
  }
  measureWaiting();
}

/** Measures all that no threshold excludes. */
function measureLeft(from: i32, end: i32): void {
  setThresholds(found.squared + (<usize> from << 2), end - from, search.rowThresholds);
  if (bothWays) setThresholds(found.otherSquared, search.patches, search.columnThresholds);
  for (let m = from; m < end; m++) {
    const least = v128.load32_splat(search.rowThresholds + (<usize> (m - from) << 2));
    const row = search.table + <usize> (m - from) * rowBytes;
    for (let at: usize = 0; at < rowBytes; at += STEP) {
      const a0 = v128.load(row + at), a1 = v128.load(row + at, 16), a2 = v128.load(row + at, 32);
      const column = search.columnThresholds + at;
      const reached0 = v128.or(i32x4.gt_s(a0, least), i32x4.gt_s(a0, v128.load(column)));
      const reached1 = v128.or(i32x4.gt_s(a1, least), i32x4.gt_s(a1, v128.load(column, 16)));
      const reached2 = v128.or(i32x4.gt_s(a2, least), i32x4.gt_s(a2, v128.load(column, 32)));
      if (!v128.any_true(v128.or(reached0, v128.or(reached1, reached2)))) continue;
      let reached = i32x4.bitmask(reached0) | i32x4.bitmask(reached1) << 4 | i32x4.bitmask(reached2) << 8;
      do {
        const n = <i32> (at >> 2) + ctz(reached);
        wait(m, n, n < search.patches);
        reached &= reached - 1;
      } while (reached);
    }
  }
  measureWaiting();
}

// @ts-ignore: decorator
@inline
function minima(isBytes: bool): void {
  const patches = search.patches, strip = search.strip;
  if (search.sharedSteps) multiplyBlocks();
  for (let from = 0; from < patches; from += strip) {
    const end = min(patches, from + strip);
    const lowest = i32x4.splat(LOWEST);
    for (let at: usize = 0; at < rowBytes; at += 16) v128.store(search.columnKeys + at, lowest);
    for (let at: usize = 0; at < <usize> strip << 4; at += 16) v128.store(search.rowKeys + at, lowest);
    fill(from, end, isBytes);
    measureLikeliest(from, end, isBytes);
    measureLeft(from, end);
  }
}

/**
 * The squared minima of a's patches in b, and of b's in a where `twoWays`. `error`: bound of the integers' errors of the
 * two together.
 */
export function pairMinima(pairs: PairSearch, a: PairedImage, b: PairedImage, error: f64, twoWays: bool, into: PairMinima): void {
  search = pairs;
  left = a;
  right = b;
  errors = error;
  bothWays = twoWays;
  found = into;
  const patches = search.patches;
  relative = roundingOf(search.channels);
  rowBytes = <usize> ((patches + PANEL - 1) / PANEL) * STEP;
  productBytes = <usize> ((patches / 4 + PANEL - 1) / PANEL) * STEP;
  // What is not asked for is known to be 0.
  const unknown: f32 = twoWays ? Infinity : 0;
  for (let at: usize = 0; at < <usize> patches << 2; at += 4) {
    store<f32>(found.squared + at, Infinity);
    store<i32>(found.places + at, -1);
    store<f32>(found.otherSquared + at, unknown);
    store<i32>(found.otherPlaces + at, -1);
  }
  for (let at: usize = 0; at < rowBytes; at += 4) store<i32>(search.columnThresholds + at, HIGHEST);
  if (search.isBytes) minima(true);
  else minima(false);
}
