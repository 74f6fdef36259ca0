// The minima of a pair of images, both ways from one table: the upper drawing in README.md is this file.
//
// Functions have the type parameters of tile.ts.

import { roundingOf, thresholdsOf } from "./quantise";
import { KEY_BITS, PairMinima, PairSearch, PANEL, SLICE_BYTES, productBytesOf, QuantisedImage } from "./structures";
import { enlist, measureListed, thinOut } from "./survivors";
import { edgeTile, halved, Keys, NoKeys, Own, Shared, tile } from "./tile";

const LOWEST: i32 = i32.MIN_VALUE;
const HIGHEST: i32 = i32.MAX_VALUE;

// The pair at hand: what `pairMinima` is given, and what it makes of that.
let search: PairSearch = changetype<PairSearch>(0);
let left: QuantisedImage = changetype<QuantisedImage>(0), right: QuantisedImage = changetype<QuantisedImage>(0);
let found: PairMinima = changetype<PairMinima>(0);
let errors: f64 = 0, fineErrors: f64 = 0, relative: f64 = 0;
let bothWays: bool = false;
/** Bytes of a line of the table, and of a line of the quartets' products. */
let rowBytes: usize = 0, productBytes: usize = 0;

/** How many of an image's panels tiles take. A last panel of up to four patches is left to edge tiles. */
// @ts-ignore: decorator
@inline
function wholePanels(patches: i32): i32 {
  return patches / PANEL + <i32> (patches % PANEL > 4);
}

/** Multiplies the shared channels of each quartet of a with those of each quartet of b. */
function multiplyQuartets(): void {
  const quartets = search.patches / 4;
  const panelBytes = <usize> search.sharedSlices * SLICE_BYTES;
  const zeros = search.zeros, bytes = productBytes;
  const whole = wholePanels(quartets);
  for (let quartet = 0; quartet < quartets; quartet += PANEL) {
    const x = left.shared + <usize> (quartet / PANEL) * panelBytes;
    const threes = min(4, (quartets - quartet + 2) / 3);
    let out = search.products + <usize> quartet * bytes;
    let y = right.shared;
    for (let panel = 0; panel < whole; panel++, out += SLICE_BYTES, y += panelBytes) {
      for (let three = 0; three < threes; three++) {
        tile<i16, i32, Own, NoKeys>(x + <usize> three * 12, zeros, y, y + panelBytes, zeros, out + <usize> (3 * three) * bytes, bytes);
      }
    }
    if (whole * PANEL < quartets) edgeTile<i16, i32, Own, NoKeys>(x, zeros, y, y + panelBytes, zeros, out, bytes);
  }
  const shift = search.finerBits << 1;
  const end = <usize> ((quartets + 2) / 3 * 3) * bytes;
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(search.coarseProducts + at, i32x4.shr_s(v128.load(search.products + at), shift));
  }
}

/** Computes the table and the keys of the strip from row `from` to `end`. */
// @ts-ignore: decorator
@inline
function fill<Integer, Cell, Products>(from: i32, end: i32): void {
  const patches = search.patches, panelShift = search.panelShift;
  const whole = wholePanels(patches);
  const isEdge = whole * PANEL < patches;
  const panelBytes = <usize> search.slices * SLICE_BYTES;
  // Fields are read here once: in the loop the compiler would have to read them for each tile, as stores might change them.
  const stride = rowBytes, productStride = productBytes;
  const columns = right.columns, columnHalves = right.columnHalves;
  const columnKeys = search.columnKeys, coarseProducts = search.coarseProducts;
  for (let m = from; m < end; m += PANEL) {
    const x = left.rows + <usize> (m / PANEL) * panelBytes;
    const halves = left.rowHalves + (<usize> m << 2);
    const row = search.table + <usize> (m - from) * stride;
    const keys = search.rowKeys + (<usize> (m - from) << 4);
    const products = coarseProducts + <usize> (m >> 2) * productStride;
    const threes = min(4, (patches - m + 2) / 3);
    let y = columns;
    for (let panel = 0; panel < whole; panel++, y += panelBytes) {
      const at = <usize> panel * SLICE_BYTES, cells = <usize> panel * PANEL * sizeof<Cell>();
      const fromPanel = products + <usize> panel * 12;
      for (let three = 0; three < threes; three++) {
        const first = 3 * three;
        const products0 = fromPanel + <usize> (first >> 2) * productStride;
        const products1 = fromPanel + <usize> (first + 1 >> 2) * productStride;
        const products2 = fromPanel + <usize> (first + 2 >> 2) * productStride;
        tile<Integer, Cell, Products, Keys>(
          x + <usize> three * 12, halves + <usize> three * 12, y, y + panelBytes, columnHalves + at,
          row + <usize> first * stride + cells, stride, products0, products1, products2,
          keys + <usize> three * SLICE_BYTES, columnKeys + at, (m - from) / 3 + three, panel >> panelShift,
        );
      }
    }
    if (!isEdge) continue;
    const at = <usize> whole * SLICE_BYTES, cells = <usize> whole * PANEL * sizeof<Cell>();
    edgeTile<Integer, Cell, Products, Keys>(
      x, halves, y, y + panelBytes, columnHalves + at, row + cells, stride, products + <usize> whole * 12, productStride,
      keys, columnKeys + at, (m - from) / 3, whole >> panelShift,
    );
  }
}

/** Lists a pair of patches, if `really`. A full list is measured; `thin`: after fine integers have thinned it out. */
// @ts-ignore: decorator
@inline
function measureLater(m: i32, n: i32, really: bool, thin: bool, from: i32): void {
  if (enlist(m, n, really)) measureAll(thin, from);
}

/** Measures what is listed, and empties the list. */
function measureAll(thin: bool, from: i32): void {
  if (thin) thinOut(search, left, right, from);
  measureListed(search, left, right, found);
}

/** Address of the cell of the strip's row m and column n. */
// @ts-ignore: decorator
@inline
function cellOf<Cell>(m: i32, n: i32): usize {
  return search.table + <usize> m * rowBytes + <usize> n * sizeof<Cell>();
}

/** `thresholdsOf` four squared distances at an address. */
// @ts-ignore: decorator
@inline
function thresholdsAt(squared: usize): v128 {
  return thresholdsOf(v128.load(squared), relative, search.scale, errors, search.reach);
}

/** Thresholds of `count` patches, from their squared minima so far: a cell below the threshold excludes. */
function setThresholds<Cell>(squared: usize, count: i32, thresholds: usize): void {
  const end = squared + (<usize> count << 2);
  for (; squared < end; squared += 64 / sizeof<Cell>(), thresholds += 16) {
    const first = thresholdsAt(squared);
    if (sizeof<Cell>() == 2) v128.store(thresholds, halved(first, thresholdsAt(squared + 16)));
    else v128.store(thresholds, i32x4.sub(first, i32x4.gt_s(i32x4.splat(HIGHEST), first)));
  }
}

/** The same for fine integers: an A that is not above excludes. */
function setFineThresholds(squared: usize, count: i32, thresholds: usize): void {
  const scale = search.scale * <f64> (1 << search.finerBits);
  for (let at: usize = 0; at < <usize> count << 2; at += 16) {
    v128.store(thresholds + at, thresholdsOf(v128.load(squared + at), relative, scale, fineErrors, Infinity));
  }
}

/** Which of three cells, `stride` bytes apart, is the largest. */
// @ts-ignore: decorator
@inline
function largestOf<Cell>(cell: usize, stride: usize): i32 {
  const a0 = load<Cell>(cell), a1 = load<Cell>(cell + stride), a2 = load<Cell>(cell + 2 * stride);
  return select(2, <i32> (a1 > a0), a2 > max(a0, a1));
}

/** The panel with a lane's largest cell in a table's line, among the panels that a key cannot tell apart from `panel`. */
function panelOf<Cell>(row: usize, panel: i32, lane: i32): i32 {
  const end = min(panel + (1 << search.panelShift), (search.patches + PANEL - 1) / PANEL);
  const vector = 4 * sizeof<Cell>();
  let largest = LOWEST;
  for (let each = panel; each < end; each++) {
    const cell = row + <usize> (each * PANEL + lane) * sizeof<Cell>();
    const a = <i32> load<Cell>(cell + <usize> largestOf<Cell>(cell, vector) * vector);
    panel = select(each, panel, a > largest);
    largest = max(largest, a);
  }
  return panel;
}

/**
 * Measures the likeliest column of each row of the strip, then the likeliest row of each column, unless it is excluded.
 * Their cells become the lowest, so that thresholds exclude them from then on: they are not measured again.
 */
// @ts-ignore: decorator
@inline
function measureLikeliest<Cell>(from: i32, end: i32): void {
  const patches = search.patches, panelShift = search.panelShift;
  const places = (1 << KEY_BITS) - 1;
  const measured: i32 = sizeof<Cell>() == 2 ? i16.MIN_VALUE : LOWEST;
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
    if (panelShift) panel = panelOf<Cell>(cellOf<Cell>(m - from, 0), panel, lane);
    const first = panel * PANEL + lane;
    const n = min(first + largestOf<Cell>(cellOf<Cell>(m - from, first), 4 * sizeof<Cell>()) * 4, patches - 1);
    measureLater(m, n, true, false, from);
    store<Cell>(cellOf<Cell>(m - from, n), <Cell> measured);
  }
  measureListed(search, left, right, found);
  if (!bothWays) return;
  setThresholds<Cell>(found.otherSquared, patches, search.columnThresholds);
  for (let n = 0; n < patches; n++) {
    const key = load<i32>(search.columnKeys + (<usize> n << 2));
    const first = (key & places) * 3;
    const m = min(first + largestOf<Cell>(cellOf<Cell>(first, n), rowBytes), end - 1 - from);
    const cell = cellOf<Cell>(m, n);
    const a = <i32> load<Cell>(cell);
    const really = <i32> (a >= <i32> load<Cell>(search.columnThresholds + <usize> n * sizeof<Cell>()));
    measureLater(from + m, n, really != 0, false, from);
    store<Cell>(cell, <Cell> select(measured, a, really));
  }
  measureListed(search, left, right, found);
}

/** Lists and measures the survivors. */
function measureLeft<Cell>(from: i32, end: i32): void {
  // Cells of 16 bits come from 8-bit integers, beside which there are fine ones.
  const thin = sizeof<Cell>() == 2;
  const patches = search.patches, own = found.squared + (<usize> from << 2);
  setThresholds<Cell>(own, end - from, search.rowThresholds);
  if (bothWays) setThresholds<Cell>(found.otherSquared, patches, search.columnThresholds);
  if (thin) {
    setFineThresholds(own, end - from, search.fineRowThresholds);
    if (bothWays) setFineThresholds(found.otherSquared, patches, search.fineColumnThresholds);
  }
  const stride = rowBytes, columnThresholds = search.columnThresholds;
  const lanes: i32 = 16 / sizeof<Cell>(), all = (1 << 3 * lanes) - 1;
  for (let m = from; m < end; m++) {
    const least = v128.load_splat<Cell>(search.rowThresholds + <usize> (m - from) * sizeof<Cell>());
    const row = search.table + <usize> (m - from) * stride;
    for (let at: usize = 0; at < stride; at += SLICE_BYTES) {
      const column = columnThresholds + at;
      const excluded0 = v128.gt<Cell>(v128.min<Cell>(least, v128.load(column)), v128.load(row + at));
      const excluded1 = v128.gt<Cell>(v128.min<Cell>(least, v128.load(column, 16)), v128.load(row + at, 16));
      const excluded2 = v128.gt<Cell>(v128.min<Cell>(least, v128.load(column, 32)), v128.load(row + at, 32));
      // V8 makes shorter code of a comparison with a mask than of `all_true`.
      if (i8x16.bitmask(v128.and(excluded0, v128.and(excluded1, excluded2))) == 0xffff) continue;
      let open = all ^ (v128.bitmask<Cell>(excluded0) | v128.bitmask<Cell>(excluded1) << lanes |
        v128.bitmask<Cell>(excluded2) << 2 * lanes);
      do {
        const n = <i32> (at / sizeof<Cell>()) + ctz(open);
        measureLater(m, n, n < patches, thin, from);
        open &= open - 1;
      } while (open);
    }
  }
  measureAll(thin, from);
}

/** The minima of the pair at hand. */
// @ts-ignore: decorator
@inline
function minima<Integer, Cell>(): void {
  const patches = search.patches, strip = search.strip;
  const panels = (patches + PANEL - 1) / PANEL;
  rowBytes = (<usize> (panels * PANEL) * sizeof<Cell>() + SLICE_BYTES - 1) / SLICE_BYTES * SLICE_BYTES;
  const highest = sizeof<Cell>() == 2 ? i16x8.splat(i16.MAX_VALUE) : i32x4.splat(HIGHEST);
  for (let at: usize = 0; at < rowBytes; at += 16) v128.store(search.columnThresholds + at, highest);
  if (search.sharedSlices) multiplyQuartets();
  for (let from = 0; from < patches; from += strip) {
    const end = min(patches, from + strip);
    const lowest = i32x4.splat(LOWEST);
    for (let at: usize = 0; at < <usize> panels * SLICE_BYTES; at += 16) v128.store(search.columnKeys + at, lowest);
    for (let at: usize = 0; at < <usize> strip << 4; at += 16) v128.store(search.rowKeys + at, lowest);
    if (search.sharedSlices) fill<Integer, Cell, Shared>(from, end);
    else fill<Integer, Cell, Own>(from, end);
    measureLikeliest<Cell>(from, end);
    measureLeft<Cell>(from, end);
  }
}

/** Finds the minima of a's patches in b, and, where `twoWays`, of b's in a. */
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
  // Where b's minima are not wanted, they are taken for 0, and so the columns' thresholds exclude everything.
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
