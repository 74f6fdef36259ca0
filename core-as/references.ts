// The nearest of all patches of many reference images: eq. 6's scores against labelled normals. Each
// patch's best so far proves most of what follows farther, from a few numbers in place of all channels.
//
// These few numbers are a patch's products with orthonormal axes, and the norm of what the axes leave. For
// any x and y, ‖x − y‖² = ‖W(x − y)‖² + ‖rest of x − y‖² ≥ ‖Wx − Wy‖² + (‖rest of x‖ − ‖rest of y‖)²:
// distances between the short vectors never exceed those between patches.

import { squaredDistance } from "./distance";
import { PANEL, roundingOf, rowsFrom, STEP, threshold, tile } from "./quantise";

const scratch = memory.data(144, 16);

/** Tiles of 3 × 12 patches compared by their short vectors: a count. */
export let referenceTiles: i32 = 0;
/** Patches that these could not prove farther, and that were measured: a count. */
export let referenceDistances: i32 = 0;

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/**
 * Short vectors of one image's patches, `axes` + 1 floats each, at `output`, with room behind them for
 * `channels` doubles. `basis`: for each four axes `channels` × 4 doubles; the columns are orthonormal, and
 * those past the last axis zero.
 */
export function projectPatches(
  source: usize,
  patches: i32,
  channels: i32,
  centre: usize,
  basis: usize,
  axes: i32,
  output: usize,
): void {
  const row = output + <usize> patches * (<usize> (axes + 1) << 2) + 15 & ~15;
  const end = row + (<usize> channels << 3);
  for (let m = 0; m < patches; m++) {
    let left: f64 = 0;
    for (let k: usize = 0; k < <usize> channels << 2; k += 4) {
      const value = <f64> load<f32>(source + k) - <f64> load<f32>(centre + k);
      store<f64>(row + (k << 1), value);
      left += value * value;
    }
    let columns = basis;
    for (let axis = 0; axis < axes; axis += 4) {
      let sum0 = f64x2.splat(0), sum1 = sum0;
      for (let at = row; at < end; at += 8, columns += 32) {
        const value = v128.load64_splat(at);
        sum0 = multiplyAdd(value, v128.load(columns), sum0);
        sum1 = multiplyAdd(value, v128.load(columns, 16), sum1);
      }
      const squares = f64x2.add(f64x2.mul(sum0, sum0), f64x2.mul(sum1, sum1));
      left -= f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
      store<f32>(output, <f32> f64x2.extract_lane(sum0, 0));
      store<f32>(output, <f32> f64x2.extract_lane(sum0, 1), 4);
      if (axis + 2 < axes) {
        store<f32>(output, <f32> f64x2.extract_lane(sum1, 0), 8);
        store<f32>(output, <f32> f64x2.extract_lane(sum1, 1), 12);
      }
      output += <usize> min(4, axes - axis) << 2;
    }
    store<f32>(output, <f32> sqrt(max<f64>(left, 0)));
    output += 4;
    source += <usize> channels << 2;
  }
}

// @ts-ignore: decorator
@inline
function reaches(row: usize, least: usize): v128 {
  const wanted = v128.load32_splat(least);
  return v128.or(
    i32x4.ge_s(v128.load(row), wanted),
    v128.or(i32x4.ge_s(v128.load(row, 16), wanted), i32x4.ge_s(v128.load(row, 32), wanted)),
  );
}

/**
 * Lowers `nearest`, the squared distances of a's patches to the nearest reference so far, and with it
 * `least`, the A from which on a reference may be nearer. `places` receives their numbers, b's first being `first`. Packed are the short vectors, of `short` numbers.
 */
export function nearerReferences(
  a: usize,
  aCount: i32,
  aPacked: usize,
  aHalves: usize,
  b: usize,
  bCount: i32,
  bPacked: usize,
  bHalves: usize,
  channels: i32,
  short: i32,
  scale: f64,
  errors: f64,
  nearest: usize,
  least: usize,
  first: i32,
  places: usize,
): void {
  const panelBytes = <usize> ((short + 1) >> 1) * STEP;
  const rowBytes = <usize> channels << 2;
  const relative = roundingOf(channels);
  for (let n = 0; n < bCount; n += PANEL) {
    const y = bPacked + <usize> (n / PANEL) * panelBytes;
    for (let m = 0; m < aCount; m += 3) {
      const x = rowsFrom(m, aPacked, panelBytes);
      tile(x, aHalves + (<usize> m << 2), y, y + panelBytes, bHalves + (<usize> n << 2), scratch);
      referenceTiles++;
      const rows = min(3, aCount - m);
      const reached = v128.or(reaches(scratch, least + (<usize> m << 2)), v128.or(
        reaches(scratch + 48, least + (<usize> min(m + 1, aCount - 1) << 2)),
        reaches(scratch + 96, least + (<usize> min(m + 2, aCount - 1) << 2)),
      ));
      if (!v128.any_true(reached)) continue;
      for (let r = 0; r < rows; r++) {
        const place = <usize> (m + r) << 2;
        const row = scratch + <usize> r * 48;
        const wanted = v128.load32_splat(least + place);
        let open = i32x4.bitmask(i32x4.ge_s(v128.load(row), wanted)) |
          i32x4.bitmask(i32x4.ge_s(v128.load(row, 16), wanted)) << 4 |
          i32x4.bitmask(i32x4.ge_s(v128.load(row, 32), wanted)) << 8;
        if (n + PANEL > bCount) open &= (1 << (bCount - n)) - 1;
        let best = load<f32>(nearest + place);
        const before = best;
        while (open && best > 0) {
          const lane = ctz(open);
          open &= open - 1;
          referenceDistances++;
          const other = b + <usize> (n + lane) * rowBytes;
          const distance = squaredDistance(a + <usize> (m + r) * rowBytes, other, channels, best);
          if (distance >= best) continue;
          best = distance;
          store<i32>(places + place, first + n + lane);
        }
        if (best == before) continue;
        store<f32>(nearest + place, best);
        store<i32>(least + place, threshold(best, scale, errors, relative, 0));
      }
    }
  }
}
