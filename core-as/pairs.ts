// Patch minima of a pair of images, both ways from one product of integers (see quantise.ts).

import { squaredDistance } from "./distance";
import { PANEL, roundingOf, rowsFrom, STEP, threshold, tile } from "./quantise";

const LOWEST: i32 = i32.MIN_VALUE;
const scratch = memory.data(144, 16);

/** Keeps the two largest keys of each lane: at `at` the largest, 16 bytes on the second. */
// @ts-ignore: decorator
@inline
function keepTwo(at: usize, k0: v128, k1: v128, k2: v128): void {
  let best = v128.load(at);
  let second = v128.load(at, 16);
  second = i32x4.max_s(second, i32x4.min_s(best, k0));
  best = i32x4.max_s(best, k0);
  second = i32x4.max_s(second, i32x4.min_s(best, k1));
  best = i32x4.max_s(best, k1);
  second = i32x4.max_s(second, i32x4.min_s(best, k2));
  best = i32x4.max_s(best, k2);
  v128.store(at, best);
  v128.store(at, second, 16);
}

/**
 * Products of two images' blocks of four patches in channels that the four share: `products` receives
 * `blocks` rows of `stride` integers, for the blocks of b and zeros or more beyond them. Packed as patches are.
 */
export function blockProducts(
  a: usize,
  b: usize,
  blocks: i32,
  steps: i32,
  zeros: usize,
  products: usize,
  stride: i32,
): void {
  const panelBytes = <usize> steps * STEP;
  for (let m = 0; m < blocks; m += 3) {
    const x = rowsFrom(m, a, panelBytes);
    for (let n = 0; n < blocks; n += PANEL) {
      const y = b + <usize> (n / PANEL) * panelBytes;
      tile(x, zeros, y, y + panelBytes, zeros, scratch);
      for (let r = 0; r < 3; r++) {
        memory.copy(products + (<usize> ((m + r) * stride + n) << 2), scratch + <usize> r * 48, 48);
      }
    }
  }
}

/** The nine products of a tile's three rows from patch m on with the three blocks of panel pb, added to it. */
// @ts-ignore: decorator
@inline
function addBlocks(products: usize, stride: i32, m: i32, pb: i32): void {
  for (let r = 0; r < 3; r++) {
    const row = products + (<usize> (((m + r) >> 2) * stride + pb * 3) << 2);
    const at = scratch + <usize> r * 48;
    v128.store(at, i32x4.add(v128.load(at), v128.load32_splat(row)));
    v128.store(at, i32x4.add(v128.load(at, 16), v128.load32_splat(row, 4)), 16);
    v128.store(at, i32x4.add(v128.load(at, 32), v128.load32_splat(row, 8)), 32);
  }
}

/**
 * For each patch of a and of b the nearest candidates in the other image, as keys: A (quantise.ts) with
 * its lowest `bits` replaced by where it was found.
 * `rows`: for each patch of a the best and second key of each of four classes of b's patches (n mod 4);
 * a key holds n / 4. `columns`: for each of four classes of a's patches (m / 3 mod 4) and each vector of b's
 * the best and second keys; a key holds m.
 * `products`: of `blockProducts`, with its `stride`; 0 where all channels are packed.
 */
export function pairCandidates(
  a: usize,
  aHalves: usize,
  aCount: i32,
  b: usize,
  bHalves: usize,
  bCount: i32,
  steps: i32,
  bits: i32,
  rows: usize,
  columns: usize,
  products: usize,
  stride: i32,
): void {
  const panelBytes = <usize> steps * STEP;
  const aPanels = (aCount + PANEL - 1) / PANEL;
  const bPanels = (bCount + PANEL - 1) / PANEL;
  const columnsOfClass = <usize> bPanels * 96;
  const lowest = i32x4.splat(LOWEST);
  for (let at = columns; at < columns + (columnsOfClass << 2); at += 16) v128.store(at, lowest);
  for (let at = rows; at < rows + <usize> aPanels * 384; at += 16) v128.store(at, lowest);
  const keep = i32x4.splat(-1 << bits);

  for (let pa: usize = 0; pa < <usize> aPanels; pa++) {
    const aPanel = a + pa * panelBytes;
    const groups = <usize> min(4, (aCount - <i32> pa * PANEL + 2) / 3);
    for (let pb: usize = 0; pb < <usize> bPanels; pb++) {
      const bPanel = b + pb * panelBytes;
      const end = bPanel + panelBytes;
      for (let r: usize = 0; r < groups; r++) {
        tile(aPanel + r * 12, aHalves + pa * STEP + r * 12, bPanel, end, bHalves + pb * STEP, scratch);
        if (products) addBlocks(products, stride, <i32> pa * PANEL + <i32> r * 3, <i32> pb);
        const s00 = v128.and(v128.load(scratch), keep);
        const s01 = v128.and(v128.load(scratch, 16), keep);
        const s02 = v128.and(v128.load(scratch, 32), keep);
        const s10 = v128.and(v128.load(scratch, 48), keep);
        const s11 = v128.and(v128.load(scratch, 64), keep);
        const s12 = v128.and(v128.load(scratch, 80), keep);
        const s20 = v128.and(v128.load(scratch, 96), keep);
        const s21 = v128.and(v128.load(scratch, 112), keep);
        const s22 = v128.and(v128.load(scratch, 128), keep);
        const m = <i32> pa * PANEL + <i32> r * 3;
        let found = i32x4.splat(m);
        const found1 = i32x4.splat(m + 1), found2 = i32x4.splat(m + 2);
        const column = columns + r * columnsOfClass + pb * 96;
        keepTwo(column, v128.or(s00, found), v128.or(s10, found1), v128.or(s20, found2));
        keepTwo(column + 32, v128.or(s01, found), v128.or(s11, found1), v128.or(s21, found2));
        keepTwo(column + 64, v128.or(s02, found), v128.or(s12, found1), v128.or(s22, found2));
        found = i32x4.splat(<i32> pb * 3);
        const next = i32x4.splat(<i32> pb * 3 + 1), last = i32x4.splat(<i32> pb * 3 + 2);
        const row = rows + (<usize> m << 5);
        keepTwo(row, v128.or(s00, found), v128.or(s01, next), v128.or(s02, last));
        keepTwo(row + 32, v128.or(s10, found), v128.or(s11, next), v128.or(s12, last));
        keepTwo(row + 64, v128.or(s20, found), v128.or(s21, next), v128.or(s22, last));
      }
    }
  }
}

/** Patches for which a class of candidates may hide a third one, so that all were looked at: a count. */
export let rescannedPatches: i32 = 0;
/** Distances measured: a count. */
export let measuredDistances: i32 = 0;

/** Number of the patch that the last smaller distance was to. */
let nearestPlace: i32 = 0;

/** Squared distance of `x` to patch `n` of `others`, or `best` where that is smaller. */
// @ts-ignore: decorator
@inline
function measured(x: usize, others: usize, n: i32, channels: i32, best: f32): f32 {
  measuredDistances++;
  const distance = squaredDistance(x, others + <usize> n * (<usize> channels << 2), channels, best);
  nearestPlace = select(n, nearestPlace, distance < best);
  return min<f32>(best, distance);
}

/**
 * The nearest squared distance of patch m of an image to another one's, where the keys leave more than
 * their two candidates: all A are computed again, and each patch that A does not prove farther is measured.
 */
function rescanned(
  x: usize,
  m: i32,
  packed: usize,
  halves: usize,
  others: usize,
  count: i32,
  othersPacked: usize,
  othersHalves: usize,
  channels: i32,
  steps: i32,
  products: usize,
  rowStride: i32,
  columnStride: i32,
  least: i32,
  best: f32,
): f32 {
  rescannedPatches++;
  const panelBytes = <usize> steps * STEP;
  const first = m - m % 3;
  const from = rowsFrom(first, packed, panelBytes);
  const half = halves + (<usize> first << 2);
  const own = scratch + <usize> (m % 3) * 48;
  for (let n = 0; n < count; n += PANEL) {
    const panel = othersPacked + <usize> (n / PANEL) * panelBytes;
    tile(from, half, panel, panel + panelBytes, othersHalves + (<usize> n << 2), scratch);
    for (let lane = 0; lane < min(PANEL, count - n); lane++) {
      let value = load<i32>(own + (<usize> lane << 2));
      if (products) value += load<i32>(products + (<usize> ((m >> 2) * rowStride + (n + lane >> 2) * columnStride) << 2));
      if (value >= least) best = measured(x, others, n + lane, channels, best);
    }
  }
  return best;
}

/**
 * Squared minima of an image's patches in another one, from the keys of `pairCandidates`: each candidate
 * whose key does not prove it farther is measured. `places` receives which patches are nearest.
 * `patchKeys`, `vectorKeys`: bytes from one patch's keys to the next within and between vectors of four;
 * `classKeys`: bytes to the next class. The low bits k of a key of class c stand for patch
 * (k << `shift`) + c · `plus`.
 */
// @ts-ignore: decorator
@inline
function minima(
  keys: usize,
  patchKeys: usize,
  vectorKeys: usize,
  classKeys: usize,
  shift: i32,
  plus: i32,
  patches: usize,
  patchCount: i32,
  packed: usize,
  halves: usize,
  others: usize,
  count: i32,
  othersPacked: usize,
  othersHalves: usize,
  channels: i32,
  steps: i32,
  products: usize,
  rowStride: i32,
  columnStride: i32,
  bits: i32,
  scale: f64,
  errors: f64,
  squared: usize,
  places: usize,
): void {
  const mask = (1 << bits) - 1;
  const relative = roundingOf(channels);
  for (let m = 0; m < patchCount; m++) {
    const x = patches + <usize> m * (<usize> channels << 2);
    const at = keys + <usize> (m >> 2) * vectorKeys + <usize> (m & 3) * patchKeys;
    let bestKey = LOWEST;
    let bestClass = 0;
    for (let c = 0; c < 4; c++) {
      const key = load<i32>(at + <usize> c * classKeys);
      bestClass = select(c, bestClass, key > bestKey);
      bestKey = max(bestKey, key);
    }
    const first = min(((bestKey & mask) << shift) + bestClass * plus, count - 1);
    let best = measured(x, others, first, channels, Infinity);
    if (best > 0) {
      const least = threshold(best, scale, errors, relative, <f64> mask + 1);
      let hidden = false;
      for (let c = 0; c < 4; c++) hidden = hidden | (load<i32>(at + <usize> c * classKeys, 16) >= least);
      if (hidden) {
        best = rescanned(
          x, m, packed, halves, others, count, othersPacked, othersHalves, channels, steps, products, rowStride, columnStride,
          least, best,
        );
      } else {
        for (let c = 0; c < 4; c++) {
          const key = load<i32>(at + <usize> c * classKeys);
          if (key < least || c == bestClass) continue;
          best = measured(x, others, min(((key & mask) << shift) + c * plus, count - 1), channels, best);
        }
      }
    }
    store<f32>(squared + (<usize> m << 2), best);
    store<i32>(places + (<usize> m << 2), nearestPlace);
  }
}

/** Squared minima of a's patches in b and the `places` that they are at, from the rows of `pairCandidates`. */
export function rowMinima(
  rows: usize,
  a: usize,
  aCount: i32,
  aPacked: usize,
  aHalves: usize,
  b: usize,
  bCount: i32,
  bPacked: usize,
  bHalves: usize,
  channels: i32,
  steps: i32,
  products: usize,
  stride: i32,
  bits: i32,
  scale: f64,
  errors: f64,
  squared: usize,
  places: usize,
): void {
  minima(
    rows, 32, 128, 4, 2, 1,
    a, aCount, aPacked, aHalves, b, bCount, bPacked, bHalves, channels, steps, products, stride, 1,
    bits, scale, errors, squared, places,
  );
}

/** The same of b's patches in a, from the columns of `pairCandidates`. */
export function columnMinima(
  columns: usize,
  a: usize,
  aCount: i32,
  aPacked: usize,
  aHalves: usize,
  b: usize,
  bCount: i32,
  bPacked: usize,
  bHalves: usize,
  channels: i32,
  steps: i32,
  products: usize,
  stride: i32,
  bits: i32,
  scale: f64,
  errors: f64,
  squared: usize,
  places: usize,
): void {
  const classKeys = <usize> ((bCount + PANEL - 1) / PANEL) * 96;
  minima(
    columns, 4, 32, classKeys, 0, 0,
    b, bCount, bPacked, bHalves, a, aCount, aPacked, aHalves, channels, steps, products, 1, stride,
    bits, scale, errors, squared, places,
  );
}
