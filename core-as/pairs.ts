// Patch minima of a pair of images, both ways from one product of integers (see quantise.ts and quads.ts).
//
// A strip of a's patches at a time is multiplied with all of b's. Its table of A also tells each patch's likeliest
// nearest one; with the distance to that, A proves nearly all others farther; candidates.ts sees to what is left.

import { measureListed, propose, thinOut } from "./candidates";
import { Own, PANEL, roundingOf, rowsFrom, Shared, STEP, thresholdsOf, tile } from "./quantise";

const LOWEST: i32 = i32.MIN_VALUE;
const HIGHEST: i32 = i32.MAX_VALUE;

/** An image of a pair, as the host lays it out. */
@unmanaged
export class PairedImage {
  /** Bounds of the integers' errors, and of the fine ones', each in their own steps. */
  error: f64;
  fineError: f64;
  /** Floats: of each patch its own channels, and of each four patches the channels that are stored once for them. */
  patches: usize;
  sharedPatches: usize;
  /** Panels, and halves of norms, as the left image of a pair; 0 where it never is one, and so with the others. */
  rows: usize;
  rowHalves: usize;
  /** And as the right one; of 16-bit integers the same. */
  columns: usize;
  columnHalves: usize;
  /** Panels of what four patches share, of 16-bit integers. */
  shared: usize;
  /** Beside 8-bit integers, packed channels as 16-bit ones, patch by patch, and halves of whole patches' norms. */
  fine: usize;
  fineHalves: usize;
}

/** What a set's pairs have in common, as the host lays it out. */
@unmanaged
export class PairSearch {
  /** The integers' steps in one unit of the patches. */
  scale: f64;
  /** Distances up to which A can prove anything, in steps. */
  reach: f64;
  /** What float32 adds to the errors. */
  rounding: f64;
  /** Patches of an image, and their channels. */
  patches: i32;
  channels: i32;
  /** How many channels' floats each patch has to itself: all, or a multiple of 16. */
  ownChannels: i32;
  /** Panels' steps of the channels that are packed, and of those that four patches share; 0 where none are. */
  steps: i32;
  sharedSteps: i32;
  /** Bits by which these are finer, and the fine integers of 8-bit ones. */
  finerBits: i32;
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
  /** The same without the bits by which they are finer. */
  coarseProducts: usize;
  /** Room for a strip's A, a row of panels for each of its patches. */
  table: usize;
  /** Room for the best keys and for thresholds: of a strip's patches 16 bytes each, of b's 4. */
  rowKeys: usize;
  columnKeys: usize;
  rowThresholds: usize;
  columnThresholds: usize;
  /** The same of fine integers. */
  fineRowThresholds: usize;
  fineColumnThresholds: usize;
}

/** What is found of a pair, as the host lays it out: squared minima of each side's patches, and of which patch. */
@unmanaged
export class PairMinima {
  squared: usize;
  places: usize;
  otherSquared: usize;
  otherPlaces: usize;
}

// The pair at hand.
let search: PairSearch = changetype<PairSearch>(0);
let left: PairedImage = changetype<PairedImage>(0), right: PairedImage = changetype<PairedImage>(0);
let found: PairMinima = changetype<PairMinima>(0);
let errors: f64 = 0, fineErrors: f64 = 0, relative: f64 = 0;
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
function keyOf<T>(a: v128, bits: i32, mask: v128): v128 {
  return sizeof<T>() == 1 ? i32x4.shl(a, bits) : v128.and(a, mask);
}

/** Bytes of a row of the blocks' products. */
// @ts-ignore: decorator
@inline
export function productBytesOf(patches: i32): usize {
  return <usize> ((patches / 4 + PANEL - 1) / PANEL) * STEP;
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
      tile<i16, Own>(x, zeros, y, y + panelBytes, zeros, out, productBytes);
    }
  }
  const shift = search.finerBits << 1;
  const bytes = <usize> ((blocks + 2) / 3 * 3) * productBytes;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(search.coarseProducts + at, i32x4.shr_s(v128.load(search.products + at), shift));
  }
}

/**
 * Fills the table with A of a's patches from `from` on, and the keys: for each of them the best of four classes of b's
 * patches (n mod 4; a key holds n / 4), for each patch of b the best (which holds m − `from`).
 */
// @ts-ignore: decorator
@inline
function fill<T, S>(from: i32, end: i32): void {
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
        const bHalves = right.columnHalves + pb * STEP;
        const blocks = search.coarseProducts + pb * 12;
        const b0 = blocks + <usize> (m >> 2) * productBytes;
        const b1 = blocks + <usize> (m + 1 >> 2) * productBytes;
        const b2 = blocks + <usize> (m + 2 >> 2) * productBytes;
        tile<T, S>(aPanel + <usize> r * 12, halves, bPanel, bPanel + panelBytes, bHalves, out, rowBytes, b0, b1, b2);
        const row = search.rowKeys + (<usize> (m - from) << 4);
        let c0 = v128.load(column), c1 = v128.load(column, 16), c2 = v128.load(column, 32);
        for (let k = 0; k < 3; k++) {
          const at = out + <usize> k * rowBytes;
          const s0 = keyOf<T>(v128.load(at), bits, mask);
          const s1 = keyOf<T>(v128.load(at, 16), bits, mask);
          const s2 = keyOf<T>(v128.load(at, 32), bits, mask);
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

/** Has a pair of patches measured, if so, once there are many; `thin`: of them those that fine integers leave. */
// @ts-ignore: decorator
@inline
function wait(m: i32, n: i32, really: bool, thin: bool, from: i32): void {
  if (propose(m, n, really)) measureAll(thin, from);
}

function measureAll(thin: bool, from: i32): void {
  if (thin) thinOut(search, left, right, from);
  measureListed(search, left, right, found);
}

/** Where the table has A of patch m of the strip and n. */
// @ts-ignore: decorator
@inline
function cellOf(m: i32, n: i32): usize {
  return search.table + <usize> m * rowBytes + (<usize> n << 2);
}

/** Thresholds of `count` patches by their squared minima so far, of A or, `fine`, of that of fine integers. */
function setThresholds(squared: usize, count: i32, thresholds: usize, fine: bool): void {
  const scale = search.scale * (fine ? <f64> (1 << search.finerBits) : 1);
  const error = fine ? fineErrors : errors;
  const most = fine ? Infinity : search.reach;
  for (let at: usize = 0; at < <usize> count << 2; at += 16) {
    v128.store(thresholds + at, thresholdsOf(v128.load(squared + at), relative, scale, error, most));
  }
}

/** Measures the likeliest nearest patch of each one of the strip, and of each one of b. */
// @ts-ignore: decorator
@inline
function measureLikeliest<T>(from: i32, end: i32): void {
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
    wait(m, n, true, false, from);
    store<i32>(cellOf(m - from, n), LOWEST);
  }
  measureListed(search, left, right, found);
  if (!bothWays) return;
  setThresholds(found.otherSquared, patches, search.columnThresholds, false);
  for (let n = 0; n < patches; n++) {
    const at = <usize> n << 2;
    const key = load<i32>(search.columnKeys + at);
    const m = min(from + (key & mask), end - 1);
    const cell = cellOf(m - from, n);
    const known = load<i32>(cell);
    // What a key has lost of A is at most its mask.
    const a = sizeof<T>() == 1 ? key >> bits : key | mask;
    const really = <i32> (known != LOWEST) & <i32> (a > load<i32>(search.columnThresholds + at));
    wait(m, n, really != 0, false, from);
    store<i32>(cell, select(LOWEST, known, really));
  }
  measureListed(search, left, right, found);
}

/** Measures all that no threshold excludes. */
function measureLeft(from: i32, end: i32, thin: bool): void {
  setThresholds(found.squared + (<usize> from << 2), end - from, search.rowThresholds, false);
  if (bothWays) setThresholds(found.otherSquared, search.patches, search.columnThresholds, false);
  if (thin) {
    setThresholds(found.squared + (<usize> from << 2), end - from, search.fineRowThresholds, true);
    if (bothWays) setThresholds(found.otherSquared, search.patches, search.fineColumnThresholds, true);
  }
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
        wait(m, n, n < search.patches, thin, from);
        reached &= reached - 1;
      } while (reached);
    }
  }
  measureAll(thin, from);
}

// @ts-ignore: decorator
@inline
function minima<T>(): void {
  const patches = search.patches, strip = search.strip;
  if (search.sharedSteps) multiplyBlocks();
  for (let from = 0; from < patches; from += strip) {
    const end = min(patches, from + strip);
    const lowest = i32x4.splat(LOWEST);
    for (let at: usize = 0; at < rowBytes; at += 16) v128.store(search.columnKeys + at, lowest);
    for (let at: usize = 0; at < <usize> strip << 4; at += 16) v128.store(search.rowKeys + at, lowest);
    if (search.sharedSteps) fill<T, Shared>(from, end);
    else fill<T, Own>(from, end);
    measureLikeliest<T>(from, end);
    measureLeft(from, end, sizeof<T>() == 1);
  }
}

/** The squared minima of a's patches in b, and of b's in a where `twoWays`. */
export function pairMinima(pairs: PairSearch, a: PairedImage, b: PairedImage, twoWays: bool, into: PairMinima): void {
  search = pairs;
  left = a;
  right = b;
  errors = a.error + b.error + pairs.rounding;
  fineErrors = a.fineError + b.fineError + pairs.rounding;
  bothWays = twoWays;
  found = into;
  const patches = search.patches;
  relative = roundingOf(search.channels);
  rowBytes = <usize> ((patches + PANEL - 1) / PANEL) * STEP;
  productBytes = productBytesOf(patches);
  // What is not asked for is known to be 0.
  const unknown: f32 = twoWays ? Infinity : 0;
  for (let at: usize = 0; at < rowBytes; at += 16) {
    v128.store(found.squared + at, f32x4.splat(Infinity));
    v128.store(found.places + at, i32x4.splat(-1));
    v128.store(found.otherSquared + at, f32x4.splat(unknown));
    v128.store(found.otherPlaces + at, i32x4.splat(-1));
    v128.store(search.columnThresholds + at, i32x4.splat(HIGHEST));
    if (search.isBytes) v128.store(search.fineColumnThresholds + at, i32x4.splat(HIGHEST));
  }
  if (search.isBytes) minima<i8>();
  else minima<i16>();
}
