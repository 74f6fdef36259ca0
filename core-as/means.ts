// Means over squares of pixels: along columns and, of the transposed plane, along rows.

/**
 * Writes, for each number of a plane of `rows` × `cols` f32, the mean of itself and up to `radius` neighbours on each side in
 * its column: fewer at the edges. The sums of all columns slide down row by row, in the order of memory.
 *
 * @param scratch `cols` f64, then a row of `cols` f32
 */
export function columnMeans(
  plane: usize,
  output: usize,
  rows: i32,
  cols: i32,
  radius: i32,
  scratch: usize,
): void {
  const bytes = <usize> cols << 2;
  const nothing = scratch + (bytes << 1); // A row of zeros, in place of rows beyond the edges.
  memory.fill(scratch, 0, bytes * 3);
  for (let row = 0; row < min(radius, rows); row++) {
    slide(scratch, plane + <usize> row * bytes, nothing, output, bytes, 0);
  }
  for (let y = 0; y < rows; y++) {
    const enters = y + radius < rows ? plane + <usize> (y + radius) * bytes : nothing;
    const leaves = y > radius ? plane + <usize> (y - radius - 1) * bytes : nothing;
    const taken = min(rows - 1, y + radius) - max(0, y - radius) + 1;
    slide(scratch, enters, leaves, output + <usize> y * bytes, bytes, 1 / <f64> taken);
  }
}

/** Adds a row to the sums (f64), takes another off, and writes the sums times `share` as f32. */
function slide(sums: usize, enters: usize, leaves: usize, output: usize, bytes: usize, share: f64): void {
  const shares = f64x2.splat(share);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const enter = v128.load(enters + at), leave = v128.load(leaves + at);
    const low = slid(sums + (at << 1), enter, leave);
    const high = slid(sums + (at << 1) + 16, upper(enter), upper(leave));
    const first = f32x4.demote_f64x2_zero(f64x2.mul(low, shares));
    const second = f32x4.demote_f64x2_zero(f64x2.mul(high, shares));
    v128.store(output + at, v128.shuffle<i64>(first, second, 0, 2));
  }
  for (; at < bytes; at += 4) {
    const sum = load<f64>(sums + (at << 1)) + (<f64> load<f32>(enters + at) - <f64> load<f32>(leaves + at));
    store<f64>(sums + (at << 1), sum);
    store<f32>(output + at, <f32> (sum * share));
  }
}

/** Changes two sums by the first two numbers of either vector, and returns them. */
// @ts-ignore: decorator
@inline
function slid(at: usize, enter: v128, leave: v128): v128 {
  const change = f64x2.sub(f64x2.promote_low_f32x4(enter), f64x2.promote_low_f32x4(leave));
  const sums = f64x2.add(v128.load(at), change);
  v128.store(at, sums);
  return sums;
}

// @ts-ignore: decorator
@inline
function upper(vector: v128): v128 {
  return v128.shuffle<i64>(vector, vector, 1, 1);
}

/** Pixels a side of the blocks that are transposed at a time: both stay in the cache. */
const BLOCK = 16;

/** Transposes a plane of `rows` × `cols` f32. */
export function transpose(plane: usize, output: usize, rows: i32, cols: i32): void {
  for (let top = 0; top < rows; top += BLOCK) {
    const bottom = min(rows, top + BLOCK);
    for (let left = 0; left < cols; left += BLOCK) {
      const right = min(cols, left + BLOCK);
      for (let y = top; y < bottom; y++) {
        let from = plane + (<usize> (y * cols + left) << 2);
        let to = output + (<usize> (left * rows + y) << 2);
        for (let x = left; x < right; x++) {
          store<f32>(to, load<f32>(from));
          from += 4;
          to += <usize> rows << 2;
        }
      }
    }
  }
}
