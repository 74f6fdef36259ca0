// The nearest of all patches of the references, by quads. references.ts does the same by bytes.

import { squaredDistance } from "./distance";
import { roundingOf, thresholdsOf } from "./quantise";
import { countDistance, countTile } from "./references";
import { NearestReferences, PANEL, SLICE_BYTES, QuantisedImage, ReferenceSearch, SearchedPatches } from "./structures";
import { NoKeys, Own, rowsFrom, tile } from "./tile";

/** The tile at hand. */
const TILE: usize = memory.data(144, 16);

/** Which of a row's twelve A are above its threshold: a bit for each. */
// @ts-ignore: decorator
@inline
function exceeding(row: usize, threshold: v128): i32 {
  return i32x4.bitmask(i32x4.gt_s(v128.load(row), threshold)) |
    i32x4.bitmask(i32x4.gt_s(v128.load(row, 16), threshold)) << 4 |
    i32x4.bitmask(i32x4.gt_s(v128.load(row, 32), threshold)) << 8;
}

/** Not 0 where any of them is. */
// @ts-ignore: decorator
@inline
function anyExceeding(row: usize, threshold: v128): v128 {
  const first = i32x4.gt_s(v128.load(row), threshold), second = i32x4.gt_s(v128.load(row, 16), threshold);
  return v128.or(v128.or(first, second), i32x4.gt_s(v128.load(row, 32), threshold));
}

/** Looks among the references b for ones nearer to a's patches than those that `nearest` has. */
export function nearerByQuads(search: ReferenceSearch, a: SearchedPatches, b: SearchedPatches, nearest: NearestReferences): void {
  const own = changetype<QuantisedImage>(a.image), others = changetype<QuantisedImage>(b.image);
  const errors = own.error + others.error + search.rounding;
  const panelBytes = <usize> search.slices * SLICE_BYTES;
  for (let n = 0; n < b.count; n += PANEL) {
    const panel = others.columns + <usize> (n / PANEL) * panelBytes;
    const halves = others.columnHalves + (<usize> n << 2);
    const inside = n + PANEL > b.count ? (1 << (b.count - n)) - 1 : -1;
    for (let m = 0; m < a.count; m += 3) {
      const place = <usize> m << 2;
      tile<i8, i32, Own, NoKeys>(rowsFrom(m, own.rows, panelBytes), own.rowHalves + place, panel, panel + panelBytes, halves, TILE, SLICE_BYTES);
      countTile();
      const thresholds = nearest.thresholds + place;
      const any0 = anyExceeding(TILE, v128.load32_splat(thresholds));
      const any1 = anyExceeding(TILE + SLICE_BYTES, v128.load32_splat(thresholds, 4));
      const any2 = anyExceeding(TILE + 2 * SLICE_BYTES, v128.load32_splat(thresholds, 8));
      if (!v128.any_true(v128.or(any0, v128.or(any1, any2)))) continue;
      for (let each = 0; each < min(3, a.count - m); each++) {
        const threshold = v128.load32_splat(thresholds + (<usize> each << 2));
        for (let open = exceeding(TILE + <usize> each * SLICE_BYTES, threshold) & inside; open; open &= open - 1) {
          measure(search, a, m + each, b, n + ctz(open), errors, nearest);
        }
      }
    }
  }
}

/** Measures a's patch m and b's patch n; where that is nearer, keeps it and its threshold. */
// @ts-ignore: decorator
@inline
function measure(
  search: ReferenceSearch,
  a: SearchedPatches,
  m: i32,
  b: SearchedPatches,
  n: i32,
  errors: f64,
  nearest: NearestReferences,
): void {
  const at = <usize> m << 2, bytes = <usize> search.channels << 2;
  const before = load<f32>(nearest.squared + at);
  countDistance();
  const squared = squaredDistance(a.patches + <usize> m * bytes, b.patches + <usize> n * bytes, search.channels, before);
  // Of equally near references the first counts.
  if (squared >= before) return;
  store<f32>(nearest.squared + at, squared);
  store<i32>(nearest.places + at, b.first + n);
  const relative = roundingOf(search.channels);
  const thresholds = thresholdsOf(f32x4.splat(squared), relative, search.scale, errors, search.reach);
  v128.store32_lane(nearest.thresholds + at, thresholds, 0);
}
