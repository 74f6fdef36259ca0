// Patch minima of a pair of images, both ways from one product of integers (see quantise.ts and quads.ts).
//
// A strip of a's patches at a time is multiplied with all of b's. Keys tell where its table has the largest A of each patch,
// of its likeliest nearest one; with the distance to that, A proves nearly all others farther; candidates.ts sees to what is
// left.

import { measureListed, propose, thinOut } from "./survivors";
import { roundingOf, thresholdsOf } from "./quantise";
import { KEY_BITS, PairMinima, PairSearch, PANEL, SLICE_BYTES, productBytesOf, QuantisedImage } from "./structures";
import { edgeTile, halved, Keys, NoKeys, Own, Shared, tile } from "./tile";

const LOWEST: i32 = i32.MIN_VALUE;
const HIGHEST: i32 = i32.MAX_VALUE;

// The pair at hand.
let search: PairSearch = changetype<PairSearch>(0);
let left: QuantisedImage = changetype<QuantisedImage>(0), right: QuantisedImage = changetype<QuantisedImage>(0);
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

/** Products of the images' blocks of four patches in channels that the four share. */
function multiplyBlocks(): void {
  const blocks = search.patches / 4;
  const panelBytes = <usize> search.sharedSlices * SLICE_BYTES;
  const zeros = search.zeros, bytes = productBytes;
  const whole = wholePanels(blocks);
  for (let m = 0; m < blocks; m += PANEL) {
    const x = left.shared + <usize> (m / PANEL) * panelBytes;
    const groups = min(4, (blocks - m + 2) / 3);
    let out = search.products + <usize> m * bytes;
    let y = right.shared;
    for (let n = 0; n < whole; n++, out += SLICE_BYTES, y += panelBytes) {
      for (let r = 0; r < groups; r++) {
        tile<i16, i32, Own, NoKeys>(x + <usize> r * 12, zeros, y, y + panelBytes, zeros, out + <usize> (3 * r) * bytes, bytes);
      }
    }
    if (whole * PANEL < blocks) edgeTile<i16, i32, Own, NoKeys>(x, zeros, y, y + panelBytes, zeros, out, bytes);
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
function fill<T, C, S>(from: i32, end: i32): void {
  const patches = search.patches, panelShift = search.panelShift;
  const whole = wholePanels(patches);
  const isEdge = whole * PANEL < patches;
  const panelBytes = <usize> search.slices * SLICE_BYTES;
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
      const at = <usize> n * SLICE_BYTES, cells = <usize> n * PANEL * sizeof<C>();
      const b = products + <usize> n * 12;
      for (let r = 0; r < groups; r++) {
        const first = 3 * r;
        const b0 = b + <usize> (first >> 2) * productStride;
        const b1 = b + <usize> (first + 1 >> 2) * productStride;
        const b2 = b + <usize> (first + 2 >> 2) * productStride;
        tile<T, C, S, Keys>(
          x + <usize> r * 12, halves + <usize> r * 12, y, y + panelBytes, columnHalves + at,
          row + <usize> first * stride + cells, stride, b0, b1, b2,
          keys + <usize> r * SLICE_BYTES, columnKeys + at, (m - from) / 3 + r, n >> panelShift,
        );
      }
    }
    if (!isEdge) continue;
    const at = <usize> whole * SLICE_BYTES, cells = <usize> whole * PANEL * sizeof<C>();
    edgeTile<T, C, S, Keys>(
      x, halves, y, y + panelBytes, columnHalves + at, row + cells, stride, products + <usize> whole * 12, productStride,
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
function cellOf<C>(m: i32, n: i32): usize {
  return search.table + <usize> m * rowBytes + <usize> n * sizeof<C>();
}

// @ts-ignore: decorator
@inline
function thresholdsAt(squared: usize): v128 {
  return thresholdsOf(v128.load(squared), relative, search.scale, errors, search.reach);
}

/** By their squared minima so far, the lowest cells that any nearer patches of `count` patches may have. */
function setThresholds<C>(squared: usize, count: i32, thresholds: usize): void {
  const end = squared + (<usize> count << 2);
  for (; squared < end; squared += 64 / sizeof<C>(), thresholds += 16) {
    const first = thresholdsAt(squared);
    if (sizeof<C>() == 2) v128.store(thresholds, halved(first, thresholdsAt(squared + 16)));
    else v128.store(thresholds, i32x4.sub(first, i32x4.gt_s(i32x4.splat(HIGHEST), first)));
  }
}

/** What A of fine integers exceed where patches may be nearer. */
function setFineThresholds(squared: usize, count: i32, thresholds: usize): void {
  const scale = search.scale * <f64> (1 << search.finerBits);
  for (let at: usize = 0; at < <usize> count << 2; at += 16) {
    v128.store(thresholds + at, thresholdsOf(v128.load(squared + at), relative, scale, fineErrors, Infinity));
  }
}

/** Which of three cells, `stride` bytes apart, is the largest. */
// @ts-ignore: decorator
@inline
function largestOf<C>(cell: usize, stride: usize): i32 {
  const a0 = load<C>(cell), a1 = load<C>(cell + stride), a2 = load<C>(cell + 2 * stride);
  return select(2, <i32> (a1 > a0), a2 > max(a0, a1));
}

/** Which panel has the largest cell of a lane of a row, whose key tells some panels from `panel` on. */
function panelOf<C>(row: usize, panel: i32, lane: i32): i32 {
  const end = min(panel + (1 << search.panelShift), (search.patches + PANEL - 1) / PANEL);
  const vector = 4 * sizeof<C>();
  let largest = LOWEST;
  for (let each = panel; each < end; each++) {
    const cell = row + <usize> (each * PANEL + lane) * sizeof<C>();
    const a = <i32> load<C>(cell + <usize> largestOf<C>(cell, vector) * vector);
    panel = select(each, panel, a > largest);
    largest = max(largest, a);
  }
  return panel;
}

/** Measures the likeliest nearest patch of each one of the strip, and of each one of b. */
// @ts-ignore: decorator
@inline
function measureLikeliest<C>(from: i32, end: i32): void {
  const patches = search.patches, panelShift = search.panelShift;
  const places = (1 << KEY_BITS) - 1;
  const measured: i32 = sizeof<C>() == 2 ? i16.MIN_VALUE : LOWEST;
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
    if (panelShift) panel = panelOf<C>(cellOf<C>(m - from, 0), panel, lane);
    const first = panel * PANEL + lane;
    const n = min(first + largestOf<C>(cellOf<C>(m - from, first), 4 * sizeof<C>()) * 4, patches - 1);
    wait(m, n, true, false, from);
    store<C>(cellOf<C>(m - from, n), <C> measured);
  }
  measureListed(search, left, right, found);
  if (!bothWays) return;
  setThresholds<C>(found.otherSquared, patches, search.columnThresholds);
  for (let n = 0; n < patches; n++) {
    const key = load<i32>(search.columnKeys + (<usize> n << 2));
    const first = (key & places) * 3;
    const m = min(first + largestOf<C>(cellOf<C>(first, n), rowBytes), end - 1 - from);
    const cell = cellOf<C>(m, n);
    const a = <i32> load<C>(cell);
    const really = <i32> (a >= <i32> load<C>(search.columnThresholds + <usize> n * sizeof<C>()));
    wait(from + m, n, really != 0, false, from);
    store<C>(cell, <C> select(measured, a, really));
  }
  measureListed(search, left, right, found);
}

/** Measures all that no threshold excludes. */
function measureLeft<C>(from: i32, end: i32): void {
  // Where cells are of 16 bits, A are of bytes, and fine integers exclude more.
  const thin = sizeof<C>() == 2;
  const patches = search.patches, own = found.squared + (<usize> from << 2);
  setThresholds<C>(own, end - from, search.rowThresholds);
  if (bothWays) setThresholds<C>(found.otherSquared, patches, search.columnThresholds);
  if (thin) {
    setFineThresholds(own, end - from, search.fineRowThresholds);
    if (bothWays) setFineThresholds(found.otherSquared, patches, search.fineColumnThresholds);
  }
  const stride = rowBytes, columnThresholds = search.columnThresholds;
  const lanes: i32 = 16 / sizeof<C>(), all = (1 << 3 * lanes) - 1;
  for (let m = from; m < end; m++) {
    const least = v128.load_splat<C>(search.rowThresholds + <usize> (m - from) * sizeof<C>());
    const row = search.table + <usize> (m - from) * stride;
    for (let at: usize = 0; at < stride; at += SLICE_BYTES) {
      const column = columnThresholds + at;
      const excluded0 = v128.gt<C>(v128.min<C>(least, v128.load(column)), v128.load(row + at));
      const excluded1 = v128.gt<C>(v128.min<C>(least, v128.load(column, 16)), v128.load(row + at, 16));
      const excluded2 = v128.gt<C>(v128.min<C>(least, v128.load(column, 32)), v128.load(row + at, 32));
      // Of a mask the engine makes shorter code than of `all_true`.
      if (i8x16.bitmask(v128.and(excluded0, v128.and(excluded1, excluded2))) == 0xffff) continue;
      let open = all ^ (v128.bitmask<C>(excluded0) | v128.bitmask<C>(excluded1) << lanes |
        v128.bitmask<C>(excluded2) << 2 * lanes);
      do {
        const n = <i32> (at / sizeof<C>()) + ctz(open);
        wait(m, n, n < patches, thin, from);
        open &= open - 1;
      } while (open);
    }
  }
  measureAll(thin, from);
}

// @ts-ignore: decorator
@inline
function minima<T, C>(): void {
  const patches = search.patches, strip = search.strip;
  const panels = (patches + PANEL - 1) / PANEL;
  rowBytes = (<usize> (panels * PANEL) * sizeof<C>() + SLICE_BYTES - 1) / SLICE_BYTES * SLICE_BYTES;
  const highest = sizeof<C>() == 2 ? i16x8.splat(i16.MAX_VALUE) : i32x4.splat(HIGHEST);
  for (let at: usize = 0; at < rowBytes; at += 16) v128.store(search.columnThresholds + at, highest);
  if (search.sharedSlices) multiplyBlocks();
  for (let from = 0; from < patches; from += strip) {
    const end = min(patches, from + strip);
    const lowest = i32x4.splat(LOWEST);
    for (let at: usize = 0; at < <usize> panels * SLICE_BYTES; at += 16) v128.store(search.columnKeys + at, lowest);
    for (let at: usize = 0; at < <usize> strip << 4; at += 16) v128.store(search.rowKeys + at, lowest);
    if (search.sharedSlices) fill<T, C, Shared>(from, end);
    else fill<T, C, Own>(from, end);
    measureLikeliest<C>(from, end);
    measureLeft<C>(from, end);
  }
}

/** The squared minima of a's patches in b, and of b's in a where `twoWays`. */
export function pairMinima(pairs: PairSearch, a: QuantisedImage, b: QuantisedImage, twoWays: bool, into: PairMinima): void {
  search = pairs;
  left = a;
  right = b;
  errors = a.error + b.error + pairs.rounding;
  fineErrors = a.fineError + b.fineError + pairs.rounding;
  bothWays = twoWays;
  found = into;
  relative = roundingOf(pairs.channels);
  productBytes = productBytesOf(pairs.patches);
  // What is not asked for is known to be 0.
  const unknown: f32 = twoWays ? Infinity : 0;
  const bytes = <usize> ((pairs.patches + PANEL - 1) / PANEL) * SLICE_BYTES;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(found.squared + at, f32x4.splat(Infinity));
    v128.store(found.places + at, i32x4.splat(-1));
    v128.store(found.otherSquared + at, f32x4.splat(unknown));
    v128.store(found.otherPlaces + at, i32x4.splat(-1));
    if (pairs.isBytes) v128.store(pairs.fineColumnThresholds + at, i32x4.splat(HIGHEST));
  }
  if (ASC_FEATURE_RELAXED_SIMD && pairs.isBytes) minima<i8, i16>();
  else minima<i16, i32>();
}
