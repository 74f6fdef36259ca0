// The directed Hausdorff distance from image a to image b, max_m min_n ‖x − y‖, with early break: a row is done as soon as an
// A proves it no farther from b than the largest minimum found so far. What is left open after all panels is measured.
// The host puts the patches farthest from the centre first: the largest minima are found early then, and most rows are done
// after few tiles.

import { squaredDistance } from "./distance";
import { nearThreshold, roundingOf, threshold } from "./quantise";
import { PairSearch, PANEL, SLICE_BYTES, QuantisedImage, TILE_BYTES } from "./structures";
import { NoKeys, Own, rowsFrom, tile } from "./tile";

/** A count: tiles that were computed. */
export let hausdorffTiles: i32 = 0;

/**
 * The squared minimum of a patch `x` over all `count` columns, measured: first the column with the largest A, then those
 * that this one's threshold does not exclude. `row`: the patch's line in the first tile; the tiles of all panels follow.
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

/** The first column from `from` on whose A, in a row's lines of all tiles, is `least` or more; beyond them where none is. */
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
 * The larger of `known` and the squared directed Hausdorff distance from a to b. `tiles`: room for a tile for each panel
 * of b.
 *
 * `mark`, unless 0, gets 32 bits for each patch of b: not 0 where it is proved no farther from a than the result. `done`,
 * unless 0, has such marks for the patches of a, which are passed over: of a pair of images, the second direction uses what
 * the first has marked.
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
    for (let each = 0; done && each < rows; each++) if (load<i32>(done + (<usize> (m + each) << 2))) open &= ~(1 << each);
    // Patches about as far from the centre are likelier near each other: begin at the panel of the same rank.
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
      // Places behind the last patch may look nearer than patches at opposite ends of a set: they prove nothing.
      const patches = i32x4.splat(bCount - panel * PANEL);
      const is0 = i32x4.lt_s(i32x4(0, 1, 2, 3), patches);
      const is1 = i32x4.lt_s(i32x4(4, 5, 6, 7), patches);
      const is2 = i32x4.lt_s(i32x4(8, 9, 10, 11), patches);
      let columns0 = i32x4.splat(0), columns1 = columns0, columns2 = columns0;
      for (let each = 0; each < rows; each++) {
        const row = tiles + <usize> panel * TILE_BYTES + <usize> each * 48;
        const reached0 = v128.and(is0, i32x4.ge_s(v128.load(row), wanted));
        const reached1 = v128.and(is1, i32x4.ge_s(v128.load(row, 16), wanted));
        const reached2 = v128.and(is2, i32x4.ge_s(v128.load(row, 32), wanted));
        if (v128.any_true(v128.or(reached0, v128.or(reached1, reached2)))) open &= ~(1 << each);
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
    for (let each = 0; each < rows; each++) {
      if (!(open & (1 << each))) continue;
      const patch = a.patches + <usize> (m + each) * (<usize> channels << 2);
      const row = tiles + <usize> each * 48;
      const exact = nearestByTiles(patch, b.patches, bCount, channels, row, scale, errors, relative);
      if (exact > known) {
        known = exact;
        least = nearThreshold(known, scale, errors, relative);
      }
    }
  }
  return known;
}
