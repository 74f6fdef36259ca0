// Tiles and edge tiles: the innermost loops of all searches by integers whose products are added in 32 bits.
//
// These functions have type parameters, and the compiler makes code of its own for each combination:
// - Integer: i8 or i16, the integers in the panels.
// - Cell: i32 for A in full, or i16 for A without its last bits. A below the lowest i16 becomes that.
// - Products: `Shared` where quartets share channels, `Own` where they do not.
// - Keeping: `Keys` where keys are kept, `NoKeys` where they are not.
// The last two are told apart by their sizes alone.

import { KEY_BITS, PANEL, SLICE_BYTES } from "./structures";

export type Shared = i8;
export type Own = i16;
export type Keys = i8;
export type NoKeys = i16;

/** The last bits of A that cells of 16 bits lack: this many. */
export const CELL_SHIFT: i32 = 5;

/** A with room for where it was found: in place of its lowest bits, or below these for 8-bit integers, whose A are smaller. */
// @ts-ignore: decorator
@inline
function keyOf<Integer>(a: v128): v128 {
  return sizeof<Integer>() == 1 ? i32x4.shl(a, KEY_BITS) : v128.and(a, i32x4.splat(-1 << KEY_BITS));
}

/** In each lane: the largest of three A becomes a key that tells `where`, and the larger of this and the key at `at` stays. */
// @ts-ignore: decorator
@inline
function keep<Integer>(at: usize, a0: v128, a1: v128, a2: v128, where: v128): void {
  const key = v128.or(keyOf<Integer>(i32x4.max_s(i32x4.max_s(a0, a1), a2)), where);
  v128.store(at, i32x4.max_s(v128.load(at), key));
}

/** Adds products of a row and columns to `sums`: two of 16-bit integers in each lane, or four of 8-bit ones. */
// @ts-ignore: decorator
@inline
function multiplyAdd<Integer>(row: v128, columns: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD && sizeof<Integer>() == 1) return i32x4.relaxed_dot_i8x16_i7x16_add_s(row, columns, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(row, columns));
}

// The first, second, third or last 32 bits of a vector in all four lanes.

// @ts-ignore: decorator
@inline
function spread0(lanes: v128): v128 {
  return i8x16.shuffle(lanes, lanes, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
}

// @ts-ignore: decorator
@inline
function spread1(lanes: v128): v128 {
  return i8x16.shuffle(lanes, lanes, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
}

// @ts-ignore: decorator
@inline
function spread2(lanes: v128): v128 {
  return i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11);
}

// @ts-ignore: decorator
@inline
function spread3(lanes: v128): v128 {
  return i8x16.shuffle(lanes, lanes, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
}

/** Address of three rows in an image's panels. m, the first of them, is a multiple of 3. */
// @ts-ignore: decorator
@inline
export function rowsFrom(m: i32, packed: usize, panelBytes: usize): usize {
  return packed + <usize> (m / PANEL) * panelBytes + <usize> (m % PANEL << 2);
}

/** Two vectors of A as one of cells of 16 bits. */
// @ts-ignore: decorator
@inline
export function halved(a0: v128, a1: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(a0, CELL_SHIFT), i32x4.shr_s(a1, CELL_SHIFT));
}

/** Stores the twelve A of one row as cells. */
// @ts-ignore: decorator
@inline
function storeRow<Cell>(out: usize, a0: v128, a1: v128, a2: v128): void {
  if (sizeof<Cell>() == 2) {
    v128.store(out, halved(a0, a1)), v128.store64_lane(out, halved(a2, a2), 0, 16);
  } else {
    v128.store(out, a0), v128.store(out, a1, 16), v128.store(out, a2, 32);
  }
}

/** Stores four A of each of two rows as cells. */
// @ts-ignore: decorator
@inline
function storeEdges<Cell>(out: usize, stride: usize, a0: v128, a1: v128): void {
  if (sizeof<Cell>() == 2) {
    const both = halved(a0, a1);
    v128.store64_lane(out, both, 0), v128.store64_lane(out + stride, both, 1);
  } else {
    v128.store(out, a0), v128.store(out + stride, a1);
  }
}

/** Sums and, in each lane, the number (i32) at an address. */
// @ts-ignore: decorator
@inline
function plus(sums: v128, number: usize): v128 {
  return i32x4.add(sums, v128.load32_splat(number));
}

/**
 * A tile: A of three rows, at `x` in their panel, and of the twelve columns of the panel from `y` to `end`. Three lines of
 * twelve cells go to `out`, `stride` bytes apart.
 *
 * With `Shared`, each row's A begin with three products of shared channels, at `products0`, `products1` and `products2`:
 * one for each quartet of columns.
 *
 * With `Keys`, four keys a row are kept at `rowKeys`, one for each n mod 4; they tell `panel`. Twelve keys at `columnKeys`,
 * one a column, tell `group`: the number of these three rows.
 */
// @ts-ignore: decorator
@inline
export function tile<Integer, Cell, Products, Keeping>(
  x: usize,
  xHalves: usize,
  y: usize,
  end: usize,
  yHalves: usize,
  out: usize,
  stride: usize,
  products0: usize = 0,
  products1: usize = 0,
  products2: usize = 0,
  rowKeys: usize = 0,
  columnKeys: usize = 0,
  group: i32 = 0,
  panel: i32 = 0,
): void {
  const half0 = v128.load(yHalves), half1 = v128.load(yHalves, 16), half2 = v128.load(yHalves, 32);
  const begin0 = i32x4.neg(v128.load32_splat(xHalves));
  const begin1 = i32x4.neg(v128.load32_splat(xHalves, 4));
  const begin2 = i32x4.neg(v128.load32_splat(xHalves, 8));
  let s00 = i32x4.sub(begin0, half0), s01 = i32x4.sub(begin0, half1), s02 = i32x4.sub(begin0, half2);
  let s10 = i32x4.sub(begin1, half0), s11 = i32x4.sub(begin1, half1), s12 = i32x4.sub(begin1, half2);
  let s20 = i32x4.sub(begin2, half0), s21 = i32x4.sub(begin2, half1), s22 = i32x4.sub(begin2, half2);
  if (sizeof<Products>() == sizeof<Shared>()) {
    s00 = plus(s00, products0), s01 = plus(s01, products0 + 4), s02 = plus(s02, products0 + 8);
    s10 = plus(s10, products1), s11 = plus(s11, products1 + 4), s12 = plus(s12, products1 + 8);
    s20 = plus(s20, products2), s21 = plus(s21, products2 + 4), s22 = plus(s22, products2 + 8);
  }
  do {
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    const y2 = v128.load(y, 32);
    const fours = v128.load(x);
    let splat = spread0(fours);
    s00 = multiplyAdd<Integer>(splat, y0, s00);
    s01 = multiplyAdd<Integer>(splat, y1, s01);
    s02 = multiplyAdd<Integer>(splat, y2, s02);
    splat = spread1(fours);
    s10 = multiplyAdd<Integer>(splat, y0, s10);
    s11 = multiplyAdd<Integer>(splat, y1, s11);
    s12 = multiplyAdd<Integer>(splat, y2, s12);
    splat = spread2(fours);
    s20 = multiplyAdd<Integer>(splat, y0, s20);
    s21 = multiplyAdd<Integer>(splat, y1, s21);
    s22 = multiplyAdd<Integer>(splat, y2, s22);
    x += SLICE_BYTES;
    y += SLICE_BYTES;
  } while (y < end);
  storeRow<Cell>(out, s00, s01, s02);
  storeRow<Cell>(out + stride, s10, s11, s12);
  storeRow<Cell>(out + 2 * stride, s20, s21, s22);
  if (sizeof<Keeping>() == sizeof<NoKeys>()) return;
  const rows = i32x4.splat(group), columns = i32x4.splat(panel);
  keep<Integer>(columnKeys, s00, s10, s20, rows);
  keep<Integer>(columnKeys + 16, s01, s11, s21, rows);
  keep<Integer>(columnKeys + 32, s02, s12, s22, rows);
  keep<Integer>(rowKeys, s00, s01, s02, columns);
  keep<Integer>(rowKeys + 16, s10, s11, s12, columns);
  keep<Integer>(rowKeys + 32, s20, s21, s22, columns);
}

/**
 * An edge tile: A of the twelve rows of the panel at `x` and the first four columns of the panel from `y` to `end`. All is
 * as in `tile`, but for products of shared channels: there are three, one for each quartet of rows, at `products` and
 * `productStride` bytes apart.
 */
// @ts-ignore: decorator
@inline
export function edgeTile<Integer, Cell, Products, Keeping>(
  x: usize,
  xHalves: usize,
  y: usize,
  end: usize,
  yHalves: usize,
  out: usize,
  stride: usize,
  products: usize = 0,
  productStride: usize = 0,
  rowKeys: usize = 0,
  columnKeys: usize = 0,
  group: i32 = 0,
  panel: i32 = 0,
): void {
  let begin0 = i32x4.neg(v128.load(yHalves)), begin4 = begin0, begin8 = begin0;
  if (sizeof<Products>() == sizeof<Shared>()) {
    begin0 = plus(begin0, products), begin4 = plus(begin4, products + productStride), begin8 = plus(begin8, products + 2 * productStride);
  }
  let s0 = i32x4.sub(begin0, v128.load32_splat(xHalves));
  let s1 = i32x4.sub(begin0, v128.load32_splat(xHalves, 4));
  let s2 = i32x4.sub(begin0, v128.load32_splat(xHalves, 8));
  let s3 = i32x4.sub(begin0, v128.load32_splat(xHalves, 12));
  let s4 = i32x4.sub(begin4, v128.load32_splat(xHalves, 16));
  let s5 = i32x4.sub(begin4, v128.load32_splat(xHalves, 20));
  let s6 = i32x4.sub(begin4, v128.load32_splat(xHalves, 24));
  let s7 = i32x4.sub(begin4, v128.load32_splat(xHalves, 28));
  let s8 = i32x4.sub(begin8, v128.load32_splat(xHalves, 32));
  let s9 = i32x4.sub(begin8, v128.load32_splat(xHalves, 36));
  let s10 = i32x4.sub(begin8, v128.load32_splat(xHalves, 40));
  let s11 = i32x4.sub(begin8, v128.load32_splat(xHalves, 44));
  do {
    const column = v128.load(y);
    let fours = v128.load(x);
    s0 = multiplyAdd<Integer>(spread0(fours), column, s0);
    s1 = multiplyAdd<Integer>(spread1(fours), column, s1);
    s2 = multiplyAdd<Integer>(spread2(fours), column, s2);
    s3 = multiplyAdd<Integer>(spread3(fours), column, s3);
    fours = v128.load(x, 16);
    s4 = multiplyAdd<Integer>(spread0(fours), column, s4);
    s5 = multiplyAdd<Integer>(spread1(fours), column, s5);
    s6 = multiplyAdd<Integer>(spread2(fours), column, s6);
    s7 = multiplyAdd<Integer>(spread3(fours), column, s7);
    fours = v128.load(x, 32);
    s8 = multiplyAdd<Integer>(spread0(fours), column, s8);
    s9 = multiplyAdd<Integer>(spread1(fours), column, s9);
    s10 = multiplyAdd<Integer>(spread2(fours), column, s10);
    s11 = multiplyAdd<Integer>(spread3(fours), column, s11);
    x += SLICE_BYTES;
    y += SLICE_BYTES;
  } while (y < end);
  storeEdges<Cell>(out, stride, s0, s1), out += 2 * stride;
  storeEdges<Cell>(out, stride, s2, s3), out += 2 * stride;
  storeEdges<Cell>(out, stride, s4, s5), out += 2 * stride;
  storeEdges<Cell>(out, stride, s6, s7), out += 2 * stride;
  storeEdges<Cell>(out, stride, s8, s9), out += 2 * stride;
  storeEdges<Cell>(out, stride, s10, s11);
  if (sizeof<Keeping>() == sizeof<NoKeys>()) return;
  const columns = i32x4.splat(panel);
  keep<Integer>(columnKeys, s0, s1, s2, i32x4.splat(group));
  keep<Integer>(columnKeys, s3, s4, s5, i32x4.splat(group + 1));
  keep<Integer>(columnKeys, s6, s7, s8, i32x4.splat(group + 2));
  keep<Integer>(columnKeys, s9, s10, s11, i32x4.splat(group + 3));
  keep<Integer>(rowKeys, s0, s0, s0, columns);
  keep<Integer>(rowKeys + 16, s1, s1, s1, columns);
  keep<Integer>(rowKeys + 32, s2, s2, s2, columns);
  keep<Integer>(rowKeys + 48, s3, s3, s3, columns);
  keep<Integer>(rowKeys + 64, s4, s4, s4, columns);
  keep<Integer>(rowKeys + 80, s5, s5, s5, columns);
  keep<Integer>(rowKeys + 96, s6, s6, s6, columns);
  keep<Integer>(rowKeys + 112, s7, s7, s7, columns);
  keep<Integer>(rowKeys + 128, s8, s8, s8, columns);
  keep<Integer>(rowKeys + 144, s9, s9, s9, columns);
  keep<Integer>(rowKeys + 160, s10, s10, s10, columns);
  keep<Integer>(rowKeys + 176, s11, s11, s11, columns);
}
