// The directed Hausdorff distance max_m min_n ‖x_m − y_n‖ with early break: a patch is done as soon as
// anything proves it no farther from the other image than the largest minimum found so far. Patches should
// come farthest from the centre first, so that the largest minima are found early.

import { squaredDistance } from "./distance";
import { nearThreshold, PANEL, roundingOf, rowsFrom, STEP, threshold, tile } from "./quantise";

/** Bytes of a tile. */
const TILE: usize = 144;

/** Tiles of 3 × 12 patches computed: a count. */
export let hausdorffTiles: i32 = 0;

// @ts-ignore: decorator
@inline
function anyReaches(row: usize, least: v128): bool {
  const reached0 = i32x4.ge_s(v128.load(row), least);
  const reached1 = i32x4.ge_s(v128.load(row, 16), least);
  const reached2 = i32x4.ge_s(v128.load(row, 32), least);
  return v128.any_true(v128.or(reached0, v128.or(reached1, reached2)));
}

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
  let most = i32.MIN_VALUE;
  let nearest = 0;
  for (let n = 0; n < count; n++) {
    const value = load<i32>(row + <usize> (n / PANEL) * TILE + (<usize> (n % PANEL) << 2));
    nearest = select(n, nearest, value > most);
    most = max(most, value);
  }
  let best = squaredDistance(x, others + <usize> nearest * bytes, channels, Infinity);
  const least = threshold(best, scale, errors, relative, 0);
  for (let n = 0; n < count; n++) {
    const value = load<i32>(row + <usize> (n / PANEL) * TILE + (<usize> (n % PANEL) << 2));
    if (value < least || n == nearest) continue;
    best = min<f32>(best, squaredDistance(x, others + <usize> n * bytes, channels, best));
  }
  return best;
}

/**
 * The larger of `known` and the squared directed Hausdorff distance from a to b. `tiles`: room for one of
 * 144 bytes for each panel of b; the other arguments as of `rowMinima` and `quantisePatches`.
 */
export function directedHausdorff(
  a: usize,
  aCount: i32,
  aPacked: usize,
  aHalves: usize,
  b: usize,
  bCount: i32,
  bPacked: usize,
  bHalves: usize,
  channels: i32,
  scale: f64,
  errors: f64,
  known: f32,
  tiles: usize,
): f32 {
  const panelBytes = <usize> ((channels + 1) >> 1) * STEP;
  const relative = roundingOf(channels);
  const bPanels = (bCount + PANEL - 1) / PANEL;
  let least = nearThreshold(known, scale, errors, relative);
  for (let m = 0; m < aCount; m += 3) {
    const x = rowsFrom(m, aPacked, panelBytes);
    const rows = min(3, aCount - m);
    let open = (1 << rows) - 1;
    // Patches of similar distance from the centre are likelier near: begin at the same rank.
    let panel = min(m / PANEL, bPanels - 1);
    for (let tried = 0; tried < bPanels && open; tried++) {
      const y = bPacked + <usize> panel * panelBytes;
      tile(x, aHalves + (<usize> m << 2), y, y + panelBytes, bHalves + <usize> panel * STEP, tiles + <usize> panel * TILE);
      hausdorffTiles++;
      const wanted = i32x4.splat(least);
      for (let r = 0; r < rows; r++) if (anyReaches(tiles + <usize> panel * TILE + <usize> r * 48, wanted)) open &= ~(1 << r);
      panel = panel + 1 == bPanels ? 0 : panel + 1;
    }
    for (let r = 0; r < rows; r++) {
      if (!(open & (1 << r))) continue;
      const patch = a + <usize> (m + r) * (<usize> channels << 2);
      const row = tiles + <usize> r * 48;
      const exact = nearestByTiles(patch, b, bCount, channels, row, scale, errors, relative);
      if (exact > known) {
        known = exact;
        least = nearThreshold(known, scale, errors, relative);
      }
    }
  }
  return known;
}
