// The directed Hausdorff distance max_m min_n ‖x_m − y_n‖ with early break: a patch is done as soon as
// anything proves it no farther from the other image than the largest minimum found so far. Patches should
// come farthest from the centre first, so that the largest minima are found early.

import { squaredDistance } from "./distance";
import { nearThreshold, roundingOf, threshold } from "./quantise";
import { PairSearch, PANEL, SLICE_BYTES, QuantisedImage, TILE_BYTES } from "./structures";
import { NoKeys, Own, rowsFrom, tile } from "./tile";

/** Tiles of 3 × 12 patches computed: a count. */
export let hausdorffTiles: i32 = 0;

/**
 * The exact squared distance of `x` to the nearest of `count` others, from its A in all tiles. `row`: its
 * part of the first tile.
 */
function nearestByTiles(
  x: usize,
  others: usize,
  count: i32,
  channels: i32,
  row: usize,
  scale: f64,
  errors: f64,
  relative: f64,
): f32 {
  const bytes = <usize> channels << 2;
  const panels = (count + PANEL - 1) / PANEL;
  let most = i32x4.splat(i32.MIN_VALUE);
  for (let panel = 0; panel < panels; panel++) {
    const at = row + <usize> panel * TILE_BYTES;
    most = i32x4.max_s(most, i32x4.max_s(v128.load(at), i32x4.max_s(v128.load(at, 16), v128.load(at, 32))));
  }
  most = i32x4.max_s(most, i8x16.shuffle(most, most, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  most = i32x4.max_s(most, i8x16.shuffle(most, most, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
  const nearest = min(count - 1, nextReaching(row, 0, panels, most));
  let best = squaredDistance(x, others + <usize> nearest * bytes, channels, Infinity);
  const least = i32x4.splat(threshold(best, scale, errors, relative));
  for (let n = nextReaching(row, 0, panels, least); n < count; n = nextReaching(row, n + 1, panels, least)) {
    if (n != nearest) best = min<f32>(best, squaredDistance(x, others + <usize> n * bytes, channels, best));
  }
  return best;
}

/** The first place from `from` on whose A, in a row of all tiles, reaches `least`; beyond them where none does. */
// @ts-ignore: decorator
@inline
function nextReaching(row: usize, from: i32, panels: i32, least: v128): i32 {
  let n = from & ~3;
  for (; n < panels * PANEL; n += 4) {
    const at = row + <usize> (n / PANEL) * TILE_BYTES + (<usize> (n % PANEL) << 2);
    let reached = i32x4.bitmask(i32x4.ge_s(v128.load(at), least));
    if (n < from) reached &= -1 << (from - n);
    if (reached) return n + ctz(reached);
  }
  return n;
}

/**
 * The larger of `known` and the squared directed Hausdorff distance from a to b. `tiles`: room for one of 144 bytes for each
 * panel of b. `done`, unless 0: patches of a that are left out, 32 bits each; `mark`, unless 0, receives which of b are no
 * farther from a than the result.
 */
export function directedHausdorff(
  pairs: PairSearch,
  a: QuantisedImage,
  b: QuantisedImage,
  known: f32,
  tiles: usize,
  done: usize,
  mark: usize,
): f32 {
  const errors = a.error + b.error + pairs.rounding;
  const aCount = pairs.patches, bCount = pairs.patches, channels = pairs.channels, scale = pairs.scale;
  const panelBytes = <usize> pairs.slices * SLICE_BYTES;
  const relative = roundingOf(channels);
  const bPanels = (bCount + PANEL - 1) / PANEL;
  let least = nearThreshold(known, scale, errors, relative);
  if (mark) memory.fill(mark, 0, <usize> bPanels * SLICE_BYTES);
  for (let m = 0; m < aCount; m += 3) {
    const x = rowsFrom(m, a.rows, panelBytes);
    const rows = min(3, aCount - m);
    let open = (1 << rows) - 1;
    for (let r = 0; done && r < rows; r++) if (load<i32>(done + (<usize> (m + r) << 2))) open &= ~(1 << r);
    // Patches of similar distance from the centre are likelier near: begin at the same rank.
    let panel = min(m / PANEL, bPanels - 1);
    for (let tried = 0; tried < bPanels && open; tried++) {
      const y = b.columns + <usize> panel * panelBytes;
      const out = tiles + <usize> panel * TILE_BYTES;
      const halves = b.columnHalves + <usize> panel * SLICE_BYTES;
      const own = a.rowHalves + (<usize> m << 2);
      if (ASC_FEATURE_RELAXED_SIMD && pairs.isBytes) tile<i8, i32, Own, NoKeys>(x, own, y, y + panelBytes, halves, out, SLICE_BYTES);
      else tile<i16, i32, Own, NoKeys>(x, own, y, y + panelBytes, halves, out, SLICE_BYTES);
      hausdorffTiles++;
      const wanted = i32x4.splat(least);
      let columns0 = i32x4.splat(0), columns1 = columns0, columns2 = columns0;
      for (let r = 0; r < rows; r++) {
        const row = tiles + <usize> panel * TILE_BYTES + <usize> r * 48;
        const reached0 = i32x4.ge_s(v128.load(row), wanted);
        const reached1 = i32x4.ge_s(v128.load(row, 16), wanted);
        const reached2 = i32x4.ge_s(v128.load(row, 32), wanted);
        if (v128.any_true(v128.or(reached0, v128.or(reached1, reached2)))) open &= ~(1 << r);
        columns0 = v128.or(columns0, reached0);
        columns1 = v128.or(columns1, reached1);
        columns2 = v128.or(columns2, reached2);
      }
      if (mark) {
        const at = mark + <usize> panel * SLICE_BYTES;
        v128.store(at, v128.or(v128.load(at), columns0));
        v128.store(at, v128.or(v128.load(at, 16), columns1), 16);
        v128.store(at, v128.or(v128.load(at, 32), columns2), 32);
      }
      panel = panel + 1 == bPanels ? 0 : panel + 1;
    }
    for (let r = 0; r < rows; r++) {
      if (!(open & (1 << r))) continue;
      const patch = a.patches + <usize> (m + r) * (<usize> channels << 2);
      const row = tiles + <usize> r * 48;
      const exact = nearestByTiles(patch, b.patches, bCount, channels, row, scale, errors, relative);
      if (exact > known) {
        known = exact;
        least = nearThreshold(known, scale, errors, relative);
      }
    }
  }
  return known;
}
