// Linkage from a matrix of distances by the nearest-neighbour chain (Murtagh 1983; Müllner 2011). It is exact for the
// linkages below, in time and memory that grow with the square of the points. `Float` is f64, or f32 for half the memory.
//
// A union gets one of its two clusters' rows, and a new column behind the last. To write a column touches a cache line in
// each row. So columns are written a cache line at a time. Until then the newest ones are pending: their distances are only
// in the unions' own rows, and are copied into any other row when that is read.

import { COLUMN_BLOCK } from "./structures";

const COMPLETE: i32 = 1;
const AVERAGE: i32 = 2;
const WARD: i32 = 3;

/**
 * Merges of one call. Engines compile in haste first, and again while the code runs. The better code is used from the next
 * call on: one call for everything would never get it.
 */
const MERGES_OF_A_CALL: i32 = 64;

// What `startChain` is given.
let method: i32 = 0;
let points: i32 = 0;
let stride: usize = 0;
let distances: usize = 0;
let sizes: usize = 0;
let closed: usize = 0;
let rows: usize = 0;
let order: usize = 0;
let merges: usize = 0;

// How far the chain is. A column is named by its offset from the start of a row, in bytes.

/** How many merges are done. */
let merge: i32 = 0;
/** How many columns the chain holds. */
let length: usize = 0;
/** All columns before this one are closed: their clusters are parts of unions. */
let first: usize = 0;
/** All columns before this one are written in all rows. */
let written: usize = 0;
/** Bytes of the pending columns, which follow. */
let pending: usize = 0;
/** Where reading a row ends: the columns so far, up to a whole cache line. */
let width: usize = 0;

/** Address of the row of column `at`. */
// @ts-ignore: decorator
@inline
function rowOf<Float>(at: usize): usize {
  return distances + <usize> load<u32>(rows + at / (sizeof<Float>() >> 2)) * stride;
}

/** The same, after the pending columns were copied into the row. */
// @ts-ignore: decorator
@inline
function wholeRow<Float>(at: usize): usize {
  const row = rowOf<Float>(at);
  if (at < written) {
    for (let column = written; column < written + pending; column += sizeof<Float>()) store<Float>(row + column, load<Float>(rowOf<Float>(column) + at));
  }
  return row;
}

/** The smallest distance of `row` in an open column. `closed` is infinite in the others, 0 in these. */
// @ts-ignore: decorator
@inline
function rowMinimum<Float>(row: usize): Float {
  let least0 = v128.splat<Float>(<Float> Infinity);
  let least1 = least0;
  for (let column: usize = 0; column < width; column += 32) {
    least0 = v128.pmin<Float>(least0, v128.add<Float>(v128.load(row + column), v128.load(closed + column)));
    least1 = v128.pmin<Float>(least1, v128.add<Float>(v128.load(row + column, 16), v128.load(closed + column, 16)));
  }
  least0 = v128.pmin<Float>(least0, least1);
  if (sizeof<Float>() == 8) {
    return <Float> min<f64>(f64x2.extract_lane(least0, 0), f64x2.extract_lane(least0, 1));
  }
  const half0 = min<f32>(f32x4.extract_lane(least0, 0), f32x4.extract_lane(least0, 1));
  return <Float> min<f32>(half0, min<f32>(f32x4.extract_lane(least0, 2), f32x4.extract_lane(least0, 3)));
}

/** The first open column that has `value` in `row`. */
// @ts-ignore: decorator
@inline
function columnOf<Float>(row: usize, value: Float): usize {
  const values = v128.splat<Float>(value);
  let column: usize = 0;
  while (!v128.any_true(v128.eq<Float>(v128.add<Float>(v128.load(row + column), v128.load(closed + column)), values))) column += 16;
  while (load<Float>(row + column) != value || load<Float>(closed + column) != 0) column += sizeof<Float>();
  return column;
}

/** Writes the distances of the union of x and y to all others into y's row (README.md has the formulas). */
// @ts-ignore: decorator
@inline
function mergeRows<Float>(rowX: usize, rowY: usize, sizeX: Float, sizeY: Float, distance: Float): void {
  const x = v128.splat<Float>(sizeX), y = v128.splat<Float>(sizeY), both = v128.splat<Float>(sizeX + sizeY);
  const between = v128.splat<Float>(distance);
  const linkage = method;
  for (let column: usize = 0; column < width; column += 16) {
    const toX = v128.load(rowX + column), toY = v128.load(rowY + column);
    let merged: v128;
    if (linkage == WARD) {
      const size = v128.load(sizes + column);
      const sum = v128.add<Float>(
        v128.mul<Float>(v128.add<Float>(x, size), toX),
        v128.mul<Float>(v128.add<Float>(y, size), toY),
      );
      merged = v128.div<Float>(v128.sub<Float>(sum, v128.mul<Float>(size, between)), v128.add<Float>(both, size));
    } else if (linkage == AVERAGE) {
      merged = v128.div<Float>(v128.add<Float>(v128.mul<Float>(x, toX), v128.mul<Float>(y, toY)), both);
    } else if (linkage == COMPLETE) {
      merged = v128.max<Float>(toX, toY);
    } else {
      merged = v128.min<Float>(toX, toY);
    }
    v128.store(rowY + column, merged);
  }
}

/** Gives the union whose distances are in `row` the next pending column. */
// @ts-ignore: decorator
@inline
function addColumn<Float>(row: usize, size: Float): void {
  const at = written + pending;
  width = written + COLUMN_BLOCK;
  store<u32>(rows + at / (sizeof<Float>() >> 2), <u32> ((row - distances) / stride));
  store<Float>(sizes + at, size);
  store<Float>(closed + at, 0);
  for (let column = written; column < at; column += sizeof<Float>()) store<Float>(rowOf<Float>(column) + at, load<Float>(row + column));
  store<Float>(row + at, <Float> Infinity);
  pending += sizeof<Float>();
}

/** Writes the pending columns, which fill a cache line, into all open rows. */
// @ts-ignore: decorator
@inline
function writeColumns<Float>(): void {
  for (let at: usize = 0; at < written; at += 16) {
    if (!v128.any_true(v128.eq<Float>(v128.load(closed + at), v128.splat<Float>(0)))) continue;
    for (let offset: usize = 0; offset < COLUMN_BLOCK; offset += 16) {
      const into = written + offset;
      if (sizeof<Float>() == 8) {
        const row0 = v128.load(rowOf<Float>(into) + at), row1 = v128.load(rowOf<Float>(into + 8) + at);
        writeLine<Float>(at, into, i64x2.shuffle(row0, row1, 0, 2));
        writeLine<Float>(at + 8, into, i64x2.shuffle(row0, row1, 1, 3));
        continue;
      }
      const row0 = v128.load(rowOf<Float>(into) + at), row1 = v128.load(rowOf<Float>(into + 4) + at);
      const row2 = v128.load(rowOf<Float>(into + 8) + at), row3 = v128.load(rowOf<Float>(into + 12) + at);
      const low01 = i32x4.shuffle(row0, row1, 0, 4, 1, 5), high01 = i32x4.shuffle(row0, row1, 2, 6, 3, 7);
      const low23 = i32x4.shuffle(row2, row3, 0, 4, 1, 5), high23 = i32x4.shuffle(row2, row3, 2, 6, 3, 7);
      writeLine<Float>(at, into, i64x2.shuffle(low01, low23, 0, 2));
      writeLine<Float>(at + 4, into, i64x2.shuffle(low01, low23, 1, 3));
      writeLine<Float>(at + 8, into, i64x2.shuffle(high01, high23, 0, 2));
      writeLine<Float>(at + 12, into, i64x2.shuffle(high01, high23, 1, 3));
    }
  }
  written += COLUMN_BLOCK;
  pending = 0;
}

/** Writes 16 bytes of pending columns, from column `into` on, into the row of column `at`, if that is open. */
// @ts-ignore: decorator
@inline
function writeLine<Float>(at: usize, into: usize, values: v128): void {
  if (load<Float>(closed + at) == 0) v128.store(rowOf<Float>(at) + into, values);
}

/** Removes the closed columns from all rows: the open ones move together. No column may be pending. */
// @ts-ignore: decorator
@inline
function compact<Float>(): void {
  const moved = order + (<usize> points << 2);
  const from = moved + stride;
  let open: usize = 0;
  for (let at: usize = 0; at < written; at += sizeof<Float>()) {
    if (load<Float>(closed + at) != 0) continue;
    store<u32>(from + (open << 2), <u32> at);
    store<u32>(moved + at / (sizeof<Float>() >> 2), <u32> (open * sizeof<Float>()));
    open++;
  }
  for (let each: usize = 0; each < open; each++) {
    const row = rowOf<Float>(load<u32>(from + (each << 2)));
    for (let other: usize = 0; other < open; other++) {
      store<Float>(row + other * sizeof<Float>(), load<Float>(row + load<u32>(from + (other << 2))));
    }
  }
  for (let each: usize = 0; each < open; each++) {
    const at = load<u32>(from + (each << 2));
    store<Float>(sizes + each * sizeof<Float>(), load<Float>(sizes + at));
    store<u32>(rows + (each << 2), load<u32>(rows + at / (sizeof<Float>() >> 2)));
  }
  for (let at: usize = 0; at < stride; at += sizeof<Float>()) {
    store<Float>(closed + at, at < open * sizeof<Float>() ? 0 : <Float> Infinity);
    if (at >= open * sizeof<Float>()) store<Float>(sizes + at, 0);
  }
  for (let at = order; at < order + (length << 2); at += 4) {
    store<u32>(at, load<u32>(moved + load<u32>(at) / (sizeof<Float>() >> 2)));
  }
  written = width = open * sizeof<Float>() + COLUMN_BLOCK - 1 & ~(COLUMN_BLOCK - 1);
  first = 0;
}

/**
 * Begins a chain of `count` points. `nearestNeighbourChain` or `nearestNeighbourChain32` go on with it: numbers in `matrix`,
 * `clusterSizes` and `closedColumns` are f64 for the one, f32 for the other.
 *
 * - `linkage`: 0 single, 1 complete, 2 average, 3 Ward.
 * - `matrix`: count rows of `rowBytes` bytes, a multiple of 64 with room for 64 bytes behind the last distance. Symmetric,
 *   infinite on the diagonal, squared for Ward. Overwritten.
 * - `clusterSizes`: count ones, then zeros; `closedColumns`: count zeros, then infinities; both as long as a row.
 * - `rowsOfColumns`: 0, 1, … count − 1; as many i32 as a row has numbers.
 * - `room`: for count i32, and two rows' numbers in i32.
 * - `output`: gets (count − 1) × 3 f64. Each merge is its two clusters, named by a point of each, and their distance, for Ward
 *   squared. Merges come in the order of the chain, which is not that of the distances.
 */
export function startChain(
  linkage: i32,
  count: i32,
  rowBytes: usize,
  matrix: usize,
  clusterSizes: usize,
  closedColumns: usize,
  rowsOfColumns: usize,
  room: usize,
  output: usize,
): void {
  method = linkage;
  points = count;
  stride = rowBytes;
  distances = matrix;
  sizes = clusterSizes;
  closed = closedColumns;
  rows = rowsOfColumns;
  order = room;
  merges = output;
  merge = 0;
  length = first = written = pending = width = 0;
}

/** Does some merges. Returns true until one cluster is left. */
// @ts-ignore: decorator
@inline
function chain<Float>(): bool {
  if (merge == 0) written = width = <usize> points * sizeof<Float>() + COLUMN_BLOCK - 1 & ~(COLUMN_BLOCK - 1);
  const end = min(merge + MERGES_OF_A_CALL, points - 1);
  for (; merge < end; merge++) {
    if (length == 0) {
      while (load<Float>(closed + first) != 0) first += sizeof<Float>();
      store<u32>(order, <u32> first);
      length = 1;
    }
    let x: usize, y: usize;
    let distance: Float;
    while (true) {
      x = load<u32>(order + (length - 1 << 2));
      const row = wholeRow<Float>(x);
      distance = rowMinimum<Float>(row);
      if (length > 1) {
        // Where another is as near as the one before, the chain goes back to that one: else it might never end.
        y = load<u32>(order + (length - 2 << 2));
        if (load<Float>(row + y) == distance) break;
      }
      y = columnOf<Float>(row, distance);
      store<u32>(order + (length << 2), <u32> y);
      length++;
    }
    length -= 2;

    // The union gets the row of the newer cluster.
    const older = min(x, y), newer = max(x, y);
    const row = wholeRow<Float>(newer);
    const at = merges + <usize> merge * 24;
    store<f64>(at, <f64> load<u32>(rows + older / (sizeof<Float>() >> 2)));
    store<f64>(at, <f64> load<u32>(rows + newer / (sizeof<Float>() >> 2)), 8);
    store<f64>(at, <f64> distance, 16);
    const sizeX = load<Float>(sizes + older), sizeY = load<Float>(sizes + newer);
    mergeRows<Float>(wholeRow<Float>(older), row, sizeX, sizeY, distance);
    store<Float>(sizes + older, 0);
    store<Float>(sizes + newer, 0);
    store<Float>(closed + older, <Float> Infinity);
    store<Float>(closed + newer, <Float> Infinity);
    addColumn<Float>(row, sizeX + sizeY);
    if (pending < COLUMN_BLOCK) continue;

    writeColumns<Float>();
    // Every search passes closed columns too: they are removed when they are two fifths, or when the row is full.
    const open = <usize> (points - 1 - merge) * sizeof<Float>();
    if (written == stride || written * 3 > open * 5) compact<Float>();
  }
  return merge < points - 1;
}

/**
 * Whether the `count` distances of a row are numbers from 0 to 1e18; above, sums of squares are too large for f32. Where
 * `squared`, it also squares them.
 */
// @ts-ignore: decorator
@inline
function admit<Float>(row: usize, count: i32, squared: bool): bool {
  const most = v128.splat<Float>(<Float> 1e18), least = v128.splat<Float>(0);
  let good = v128.splat<i8>(-1);
  let at = row;
  for (const end = row + (<usize> count * sizeof<Float>() & ~15); at < end; at += 16) {
    const values = v128.load(at);
    good = v128.and(good, v128.and(v128.ge<Float>(values, least), v128.lt<Float>(values, most)));
    if (squared) v128.store(at, v128.mul<Float>(values, values));
  }
  let all = v128.all_true<i8>(good);
  for (const end = row + <usize> count * sizeof<Float>(); at < end; at += sizeof<Float>()) {
    const value = load<Float>(at);
    all = all && value >= 0 && value < <Float> 1e18;
    if (squared) store<Float>(at, value * value);
  }
  return all;
}

/** `admit` for f64. */
export function admitDistances(row: usize, count: i32, squared: bool): bool {
  return admit<f64>(row, count, squared);
}

/** `admit` for f32. */
export function admitDistances32(row: usize, count: i32, squared: bool): bool {
  return admit<f32>(row, count, squared);
}

/** Does some merges in f64, after `startChain`. Returns true until one cluster is left. */
export function nearestNeighbourChain(): bool {
  return chain<f64>();
}

/** The same in f32. */
export function nearestNeighbourChain32(): bool {
  return chain<f32>();
}
