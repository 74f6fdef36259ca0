// Patch minima of a pair of images, both ways from one product of integers (see quantise.ts and quads.ts).
//
// A strip of a's patches at a time is multiplied with all of b's. Keys tell where its table has the largest A of each patch,
// of its likeliest nearest one; with the distance to that, A proves nearly all others farther; candidates.ts sees to what is
// left.

import { measureListed, propose, thinOut } from "./candidates";
import { PANEL, roundingOf, STEP, thresholdsOf } from "./quantise";
import { edgeTile, KEY_BITS, Keys, NoKeys, Own, Shared, tile } from "./tile";

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
  /** A key of a row tells a panel's number without these last bits. */
  panelShift: i32;
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

/** Panels that a tile takes whole; of one of up to four patches edge tiles take these alone. */
// @ts-ignore: decorator
@inline
function wholePanels(patches: i32): i32 {
  return patches / PANEL + <i32> (patches % PANEL > 4);
}

/** Bytes of a row of the blocks' products. */
// @ts-ignore: decorator
@inline
export function productBytesOf(patches: i32): usize {
  return <usize> ((patches / 4 + PANEL - 1) / PANEL) * STEP;
}

/** Products of the images' blocks of four patches in channels that the four share. */
function multiplyBlocks(): void {
  const blocks = search.patches / 4;
  const panelBytes = <usize> search.sharedSteps * STEP;
  const zeros = search.zeros, bytes = productBytes;
  const whole = wholePanels(blocks);
  for (let m = 0; m < blocks; m += PANEL) {
    const x = left.shared + <usize> (m / PANEL) * panelBytes;
    const groups = min(4, (blocks - m + 2) / 3);
    let out = search.products + <usize> m * bytes;
    let y = right.shared;
    for (let n = 0; n < whole; n++, out += STEP, y += panelBytes) {
      for (let r = 0; r < groups; r++) {
        tile<i16, Own, NoKeys>(x + <usize> r * 12, zeros, y, y + panelBytes, zeros, out + <usize> (3 * r) * bytes, bytes);
      }
    }
    if (whole * PANEL < blocks) edgeTile<i16, Own, NoKeys>(x, zeros, y, y + panelBytes, zeros, out, bytes);
  }
  const shift = search.finerBits << 1;
  const end = <usize> ((blocks + 2) / 3 * 3) * bytes;
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(search.coarseProducts + at, i32x4.shr_s(v128.load(search.products + at), shift));
  }
}

/** Fills the table with A of a's patches from `from` on, and the keys of these and of b's patches. */
// @ts-ignore: decorator
@inline
function fill<T, S>(from: i32, end: i32): void {
  const patches = search.patches, panelShift = search.panelShift;
  const whole = wholePanels(patches);
  const isEdge = whole * PANEL < patches;
  const panelBytes = <usize> search.steps * STEP;
  // What is read again for each tile, as memory might have changed, takes as long as some of its products.
  const stride = rowBytes, productStride = productBytes;
  const columns = right.columns, columnHalves = right.columnHalves;
  const columnKeys = search.columnKeys, coarseProducts = search.coarseProducts;
  for (let m = from; m < end; m += PANEL) {
    const x = left.rows + <usize> (m / PANEL) * panelBytes;
    const halves = left.rowHalves + (<usize> m << 2);
    const row = search.table + <usize> (m - from) * stride;
    const keys = search.rowKeys + (<usize> (m - from) << 4);
    const products = coarseProducts + <usize> (m >> 2) * productStride;
    const groups = min(4, (patches - m + 2) / 3);
    let y = columns;
    for (let n = 0; n < whole; n++, y += panelBytes) {
      const at = <usize> n * STEP;
      const b = products + <usize> n * 12;
      for (let r = 0; r < groups; r++) {
        const first = 3 * r;
        const b0 = b + <usize> (first >> 2) * productStride;
        const b1 = b + <usize> (first + 1 >> 2) * productStride;
        const b2 = b + <usize> (first + 2 >> 2) * productStride;
        tile<T, S, Keys>(
          x + <usize> r * 12, halves + <usize> r * 12, y, y + panelBytes, columnHalves + at,
          row + <usize> first * stride + at, stride, b0, b1, b2,
          keys + <usize> r * STEP, columnKeys + at, (m - from) / 3 + r, n >> panelShift,
        );
      }
    }
    if (!isEdge) continue;
    const at = <usize> whole * STEP;
    edgeTile<T, S, Keys>(
      x, halves, y, y + panelBytes, columnHalves + at, row + at, stride, products + <usize> whole * 12, productStride,
      keys, columnKeys + at, (m - from) / 3, whole >> panelShift,
    );
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

/** Which of three A, `stride` bytes apart, is the largest. */
// @ts-ignore: decorator
@inline
function largestOf(cell: usize, stride: usize): i32 {
  const a0 = load<i32>(cell), a1 = load<i32>(cell + stride), a2 = load<i32>(cell + 2 * stride);
  return select(2, <i32> (a1 > a0), a2 > max(a0, a1));
}

/** Which panel has the largest A of a lane of a row, whose key tells some panels from `panel` on. */
function panelOf(row: usize, panel: i32, lane: i32): i32 {
  const end = min(panel + (1 << search.panelShift), (search.patches + PANEL - 1) / PANEL);
  let largest = LOWEST;
  for (let each = panel; each < end; each++) {
    const cell = row + <usize> each * STEP + (<usize> lane << 2);
    const a = load<i32>(cell + (<usize> largestOf(cell, 16) << 4));
    panel = select(each, panel, a > largest);
    largest = max(largest, a);
  }
  return panel;
}

/** Measures the likeliest nearest patch of each one of the strip, and of each one of b. */
// @ts-ignore: decorator
@inline
function measureLikeliest<T>(from: i32, end: i32): void {
  const patches = search.patches, panelShift = search.panelShift;
  const places = (1 << KEY_BITS) - 1;
  for (let m = from; m < end; m++) {
    const keys = search.rowKeys + (<usize> (m - from) << 4);
    let best = LOWEST;
    let lane = 0;
    for (let each = 0; each < 4; each++) {
      const key = load<i32>(keys + (<usize> each << 2));
      lane = select(each, lane, key > best);
      best = max(best, key);
    }
    let panel = (best & places) << panelShift;
    if (panelShift) panel = panelOf(cellOf(m - from, 0), panel, lane);
    const first = panel * PANEL + lane;
    const n = min(first + largestOf(cellOf(m - from, first), 16) * 4, patches - 1);
    wait(m, n, true, false, from);
    store<i32>(cellOf(m - from, n), LOWEST);
  }
  measureListed(search, left, right, found);
  if (!bothWays) return;
  setThresholds(found.otherSquared, patches, search.columnThresholds, false);
  for (let n = 0; n < patches; n++) {
    const at = <usize> n << 2;
    const key = load<i32>(search.columnKeys + at);
    const first = (key & places) * 3;
    const m = min(first + largestOf(cellOf(first, n), rowBytes), end - 1 - from);
    const cell = cellOf(m, n);
    const a = load<i32>(cell);
    const really = <i32> (a > load<i32>(search.columnThresholds + at));
    wait(from + m, n, really != 0, false, from);
    store<i32>(cell, select(LOWEST, a, really));
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
  const stride = rowBytes, columnThresholds = search.columnThresholds, patches = search.patches;
  for (let m = from; m < end; m++) {
    const least = v128.load32_splat(search.rowThresholds + (<usize> (m - from) << 2));
    const row = search.table + <usize> (m - from) * stride;
    for (let at: usize = 0; at < stride; at += STEP) {
      const column = columnThresholds + at;
      const reached0 = i32x4.gt_s(v128.load(row + at), i32x4.min_s(least, v128.load(column)));
      const reached1 = i32x4.gt_s(v128.load(row + at, 16), i32x4.min_s(least, v128.load(column, 16)));
      const reached2 = i32x4.gt_s(v128.load(row + at, 32), i32x4.min_s(least, v128.load(column, 32)));
      // Of a mask the engine makes shorter code than of `any_true`.
      if (!i32x4.bitmask(v128.or(reached0, v128.or(reached1, reached2)))) continue;
      let reached = i32x4.bitmask(reached0) | i32x4.bitmask(reached1) << 4 | i32x4.bitmask(reached2) << 8;
      do {
        const n = <i32> (at >> 2) + ctz(reached);
        wait(m, n, n < patches, thin, from);
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
  if (ASC_FEATURE_RELAXED_SIMD && search.isBytes) minima<i8>();
  else minima<i16>();
}
