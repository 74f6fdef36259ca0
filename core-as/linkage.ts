// Agglomerative clustering by the nearest-neighbour chain (Murtagh 1983; Müllner 2011): exact for
// the reducible linkages below, O(N²) time and memory. For matrices of f64, or of f32 in half the memory.
//
// A union takes one of its parts' rows, and a column at the end of the matrix. A column is as many cache lines as
// there are rows; so columns are written a line's width at a time: the newest, which are pending, are only in their
// own rows until then, and go into a row that is read.

import { COLUMN_BLOCK } from "./structures";

const COMPLETE: i32 = 1;
const AVERAGE: i32 = 2;
const WARD: i32 = 3;

/** A call that ran to the end could not be replaced by the code that the engine optimises meanwhile. */
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

// What a chain has come to. Columns are bytes from the start of a row.
let merge: i32 = 0;
/** Columns that the chain holds. */
let length: usize = 0;
/** Columns before this one are closed. */
let first: usize = 0;
/** Columns before this one are in all rows. */
let written: usize = 0;
let pending: usize = 0;
/** End of the columns that are read. */
let width: usize = 0;

/** Row of column `at`, a byte offset. */
// @ts-ignore: decorator
@inline
function rowOf<T>(at: usize): usize {
  return distances + <usize> load<u32>(rows + at / (sizeof<T>() >> 2)) * stride;
}

/** The row of column `at`, with the pending columns. */
// @ts-ignore: decorator
@inline
function wholeRow<T>(at: usize): usize {
  const row = rowOf<T>(at);
  if (at < written) {
    for (let k = written; k < written + pending; k += sizeof<T>()) store<T>(row + k, load<T>(rowOf<T>(k) + at));
  }
  return row;
}

/** Smallest value of `row` in an open column: `closed` is infinite for the others. */
// @ts-ignore: decorator
@inline
function rowMinimum<T>(row: usize): T {
  let least0 = v128.splat<T>(<T> Infinity);
  let least1 = least0;
  for (let i: usize = 0; i < width; i += 32) {
    least0 = v128.pmin<T>(least0, v128.add<T>(v128.load(row + i), v128.load(closed + i)));
    least1 = v128.pmin<T>(least1, v128.add<T>(v128.load(row + i, 16), v128.load(closed + i, 16)));
  }
  least0 = v128.pmin<T>(least0, least1);
  if (sizeof<T>() == 8) {
    return <T> min<f64>(f64x2.extract_lane(least0, 0), f64x2.extract_lane(least0, 1));
  }
  const half0 = min<f32>(f32x4.extract_lane(least0, 0), f32x4.extract_lane(least0, 1));
  return <T> min<f32>(half0, min<f32>(f32x4.extract_lane(least0, 2), f32x4.extract_lane(least0, 3)));
}

/** First open column of `row` that holds `value`. */
// @ts-ignore: decorator
@inline
function columnOf<T>(row: usize, value: T): usize {
  const values = v128.splat<T>(value);
  let i: usize = 0;
  while (!v128.any_true(v128.eq<T>(v128.add<T>(v128.load(row + i), v128.load(closed + i)), values))) i += 16;
  while (load<T>(row + i) != value || load<T>(closed + i) != 0) i += sizeof<T>();
  return i;
}

/** Distances of the union of x and y to all others, from rows x and y, into row y. */
// @ts-ignore: decorator
@inline
function mergeRows<T>(rowX: usize, rowY: usize, sizeX: T, sizeY: T, distance: T): void {
  const x = v128.splat<T>(sizeX), y = v128.splat<T>(sizeY), both = v128.splat<T>(sizeX + sizeY);
  const between = v128.splat<T>(distance);
  const linkage = method;
  for (let i: usize = 0; i < width; i += 16) {
    const toX = v128.load(rowX + i), toY = v128.load(rowY + i);
    let merged: v128;
    if (linkage == WARD) {
      const size = v128.load(sizes + i);
      const sum = v128.add<T>(
        v128.mul<T>(v128.add<T>(x, size), toX),
        v128.mul<T>(v128.add<T>(y, size), toY),
      );
      merged = v128.div<T>(v128.sub<T>(sum, v128.mul<T>(size, between)), v128.add<T>(both, size));
    } else if (linkage == AVERAGE) {
      merged = v128.div<T>(v128.add<T>(v128.mul<T>(x, toX), v128.mul<T>(y, toY)), both);
    } else if (linkage == COMPLETE) {
      merged = v128.max<T>(toX, toY);
    } else {
      merged = v128.min<T>(toX, toY);
    }
    v128.store(rowY + i, merged);
  }
}

/** Gives the union in row `row` a column: the next pending one. */
// @ts-ignore: decorator
@inline
function addColumn<T>(row: usize, size: T): void {
  const at = written + pending;
  width = written + COLUMN_BLOCK;
  store<u32>(rows + at / (sizeof<T>() >> 2), <u32> ((row - distances) / stride));
  store<T>(sizes + at, size);
  store<T>(closed + at, 0);
  for (let k = written; k < at; k += sizeof<T>()) store<T>(rowOf<T>(k) + at, load<T>(row + k));
  store<T>(row + at, <T> Infinity);
  pending += sizeof<T>();
}

/** Writes the pending columns, a line of them, into all rows. */
// @ts-ignore: decorator
@inline
function writeColumns<T>(): void {
  for (let at: usize = 0; at < written; at += 16) {
    if (!v128.any_true(v128.eq<T>(v128.load(closed + at), v128.splat<T>(0)))) continue;
    for (let k: usize = 0; k < COLUMN_BLOCK; k += 16) {
      const into = written + k;
      if (sizeof<T>() == 8) {
        const a = v128.load(rowOf<T>(into) + at), b = v128.load(rowOf<T>(into + 8) + at);
        writeLine<T>(at, into, i64x2.shuffle(a, b, 0, 2));
        writeLine<T>(at + 8, into, i64x2.shuffle(a, b, 1, 3));
        continue;
      }
      const a = v128.load(rowOf<T>(into) + at), b = v128.load(rowOf<T>(into + 4) + at);
      const c = v128.load(rowOf<T>(into + 8) + at), d = v128.load(rowOf<T>(into + 12) + at);
      const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const cd0 = i32x4.shuffle(c, d, 0, 4, 1, 5), cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
      writeLine<T>(at, into, i64x2.shuffle(ab0, cd0, 0, 2));
      writeLine<T>(at + 4, into, i64x2.shuffle(ab0, cd0, 1, 3));
      writeLine<T>(at + 8, into, i64x2.shuffle(ab1, cd1, 0, 2));
      writeLine<T>(at + 12, into, i64x2.shuffle(ab1, cd1, 1, 3));
    }
  }
  written += COLUMN_BLOCK;
  pending = 0;
}

/** 16 bytes of the pending columns from `into` on, of the row of column `at` where that is open. */
// @ts-ignore: decorator
@inline
function writeLine<T>(at: usize, into: usize, values: v128): void {
  if (load<T>(closed + at) == 0) v128.store(rowOf<T>(at) + into, values);
}

/** Moves the open columns together, in all rows; none may be pending. */
// @ts-ignore: decorator
@inline
function compact<T>(): void {
  const moved = order + (<usize> points << 2);
  const from = moved + stride;
  let open: usize = 0;
  for (let at: usize = 0; at < written; at += sizeof<T>()) {
    if (load<T>(closed + at) != 0) continue;
    store<u32>(from + (open << 2), <u32> at);
    store<u32>(moved + at / (sizeof<T>() >> 2), <u32> (open * sizeof<T>()));
    open++;
  }
  for (let i: usize = 0; i < open; i++) {
    const row = rowOf<T>(load<u32>(from + (i << 2)));
    for (let k: usize = 0; k < open; k++) {
      store<T>(row + k * sizeof<T>(), load<T>(row + load<u32>(from + (k << 2))));
    }
  }
  for (let i: usize = 0; i < open; i++) {
    const at = load<u32>(from + (i << 2));
    store<T>(sizes + i * sizeof<T>(), load<T>(sizes + at));
    store<u32>(rows + (i << 2), load<u32>(rows + at / (sizeof<T>() >> 2)));
  }
  for (let at: usize = 0; at < stride; at += sizeof<T>()) {
    store<T>(closed + at, at < open * sizeof<T>() ? 0 : <T> Infinity);
    if (at >= open * sizeof<T>()) store<T>(sizes + at, 0);
  }
  for (let at = order; at < order + (length << 2); at += 4) {
    store<u32>(at, load<u32>(moved + load<u32>(at) / (sizeof<T>() >> 2)));
  }
  written = width = open * sizeof<T>() + COLUMN_BLOCK - 1 & ~(COLUMN_BLOCK - 1);
  first = 0;
}

/**
 * Begins a chain of `count` points.
 * `distances`: count rows of `stride` bytes, a multiple of 64 that leaves room for 64 bytes at least: f64, symmetric,
 * infinite on the diagonal; squared for Ward. Overwritten. `sizes`: ones, and `closed`: zeros, each padded to a row by
 * zeros and infinities. `rows`: 0, 1, … count − 1, in as many i32 as a row has numbers. `order`: room for as many
 * points, and for two rows, of i32. `merges`: (count − 1) × 3 f64: the two clusters, each named by one of its points,
 * and their distance, in the order of the chain, which is not that of the heights.
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

// @ts-ignore: decorator
@inline
function chain<T>(): bool {
  if (merge == 0) written = width = <usize> points * sizeof<T>() + COLUMN_BLOCK - 1 & ~(COLUMN_BLOCK - 1);
  const end = min(merge + MERGES_OF_A_CALL, points - 1);
  for (; merge < end; merge++) {
    if (length == 0) {
      while (load<T>(closed + first) != 0) first += sizeof<T>();
      store<u32>(order, <u32> first);
      length = 1;
    }
    let x: usize, y: usize;
    let distance: T;
    while (true) {
      x = load<u32>(order + (length - 1 << 2));
      const row = wholeRow<T>(x);
      distance = rowMinimum<T>(row);
      if (length > 1) {
        // On a tie the chain turns back, or it would never end.
        y = load<u32>(order + (length - 2 << 2));
        if (load<T>(row + y) == distance) break;
      }
      y = columnOf<T>(row, distance);
      store<u32>(order + (length << 2), <u32> y);
      length++;
    }
    length -= 2;

    // The union lives on in the row of the newer.
    const older = min(x, y), newer = max(x, y);
    const row = wholeRow<T>(newer);
    const at = merges + <usize> merge * 24;
    store<f64>(at, <f64> load<u32>(rows + older / (sizeof<T>() >> 2)));
    store<f64>(at, <f64> load<u32>(rows + newer / (sizeof<T>() >> 2)), 8);
    store<f64>(at, <f64> distance, 16);
    const sizeX = load<T>(sizes + older), sizeY = load<T>(sizes + newer);
    mergeRows<T>(wholeRow<T>(older), row, sizeX, sizeY, distance);
    store<T>(sizes + older, 0);
    store<T>(sizes + newer, 0);
    store<T>(closed + older, <T> Infinity);
    store<T>(closed + newer, <T> Infinity);
    addColumn<T>(row, sizeX + sizeY);
    if (pending < COLUMN_BLOCK) continue;

    writeColumns<T>();
    // Every scan passes closed columns too.
    const open = <usize> (points - 1 - merge) * sizeof<T>();
    if (written == stride || written * 3 > open * 5) compact<T>();
  }
  return merge < points - 1;
}

/**
 * Whether the `count` distances of a row are numbers from 0 to 1e18, above which sums of squares would leave f32;
 * they are squared where `squared`.
 */
// @ts-ignore: decorator
@inline
function admit<T>(row: usize, count: i32, squared: bool): bool {
  const most = v128.splat<T>(<T> 1e18), least = v128.splat<T>(0);
  let good = v128.splat<i8>(-1);
  let at = row;
  for (const end = row + (<usize> count * sizeof<T>() & ~15); at < end; at += 16) {
    const values = v128.load(at);
    good = v128.and(good, v128.and(v128.ge<T>(values, least), v128.lt<T>(values, most)));
    if (squared) v128.store(at, v128.mul<T>(values, values));
  }
  let all = v128.all_true<i8>(good);
  for (const end = row + <usize> count * sizeof<T>(); at < end; at += sizeof<T>()) {
    const value = load<T>(at);
    all = all && value >= 0 && value < <T> 1e18;
    if (squared) store<T>(at, value * value);
  }
  return all;
}

/** {@linkcode admit} for f64. */
export function admitDistances(row: usize, count: i32, squared: bool): bool {
  return admit<f64>(row, count, squared);
}

/** {@linkcode admit} for f32. */
export function admitDistances32(row: usize, count: i32, squared: bool): bool {
  return admit<f32>(row, count, squared);
}

/** Goes on merging f64; true until one cluster is left. */
export function nearestNeighbourChain(): bool {
  return chain<f64>();
}

/** The same for f32 in `distances`, `sizes` and `closed`. */
export function nearestNeighbourChain32(): bool {
  return chain<f32>();
}
