// A (see quantise.ts and quads.ts) of a few patches of one image and of another: the innermost loops of all searches by
// integers. Of each kind of integers, and of what is done with A, the compiler makes code of its own.

import { KEY_BITS, PANEL, SLICE_BYTES } from "./structures";

// T, the integers: i8, or i16.
// S, whether four patches share products of other channels: one of two types that differ in size alone.
export type Shared = i8;
export type Own = i16;
// C, the cells that A go to: i32; or i16, which have no room for the last bits, and for what is lower than their lowest
// number have that.
// K, whether keys are kept.
export type Keys = i8;
export type NoKeys = i16;

/** Bits of A that cells of 16 bits do without. */
export const CELL_SHIFT: i32 = 5;

/** A with room for them: in place of its lowest bits, or below these of A of bytes, which are smaller. */
// @ts-ignore: decorator
@inline
function keyOf<T>(a: v128): v128 {
  return sizeof<T>() == 1 ? i32x4.shl(a, KEY_BITS) : v128.and(a, i32x4.splat(-1 << KEY_BITS));
}

/** Keeps the larger of a key and of that of the largest of three A, lane by lane. */
// @ts-ignore: decorator
@inline
function keep<T>(at: usize, a0: v128, a1: v128, a2: v128, where: v128): void {
  const key = v128.or(keyOf<T>(i32x4.max_s(i32x4.max_s(a0, a1), a2)), where);
  v128.store(at, i32x4.max_s(v128.load(at), key));
}

/** c and the products of a's and b's pairs of 16-bit integers; or fours of bytes, b's without a sign. */
// @ts-ignore: decorator
@inline
function multiplyAdd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD && sizeof<T>() == 1) return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, b, c);
  return i32x4.add(c, i32x4.dot_i16x8_s(a, b));
}

// A number of 32 bits in all lanes, the first, second, third or last one of a vector.

// @ts-ignore: decorator
@inline
function spread0(v: v128): v128 {
  return i8x16.shuffle(v, v, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
}

// @ts-ignore: decorator
@inline
function spread1(v: v128): v128 {
  return i8x16.shuffle(v, v, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
}

// @ts-ignore: decorator
@inline
function spread2(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11);
}

// @ts-ignore: decorator
@inline
function spread3(v: v128): v128 {
  return i8x16.shuffle(v, v, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
}

/** Where the three rows from patch m on, a multiple of 3, lie in an image's panels. */
// @ts-ignore: decorator
@inline
export function rowsFrom(m: i32, packed: usize, panelBytes: usize): usize {
  return packed + <usize> (m / PANEL) * panelBytes + <usize> (m % PANEL << 2);
}

/** Two vectors of A as cells of 16 bits. */
// @ts-ignore: decorator
@inline
export function halved(a0: v128, a1: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(a0, CELL_SHIFT), i32x4.shr_s(a1, CELL_SHIFT));
}

// @ts-ignore: decorator
@inline
function storeRow<C>(out: usize, a0: v128, a1: v128, a2: v128): void {
  if (sizeof<C>() == 2) {
    v128.store(out, halved(a0, a1)), v128.store64_lane(out, halved(a2, a2), 0, 16);
  } else {
    v128.store(out, a0), v128.store(out, a1, 16), v128.store(out, a2, 32);
  }
}

/** Stores one vector in each of two rows. */
// @ts-ignore: decorator
@inline
function storeEdges<C>(out: usize, stride: usize, a0: v128, a1: v128): void {
  if (sizeof<C>() == 2) {
    const both = halved(a0, a1);
    v128.store64_lane(out, both, 0), v128.store64_lane(out + stride, both, 1);
  } else {
    v128.store(out, a0), v128.store(out + stride, a1);
  }
}

/** A vector and a number in each of its lanes. */
// @ts-ignore: decorator
@inline
function plus(sums: v128, number: usize): v128 {
  return i32x4.add(sums, v128.load32_splat(number));
}

/**
 * A of three patches (rows from `x`, one panel's) and the twelve of the panel `y` … `end`, at `out`: three rows of twelve
 * cells, `stride` bytes apart. Where S is `Shared`, products of other channels are added, which the four patches of a
 * vector share: three for each row, at `b0`, `b1`, `b2`.
 *
 * With keys, at `rowKeys` the best of four classes of columns (n mod 4) are kept for each row, 16 bytes a row; they tell
 * `panel`. And at `columnKeys` each column's best, which tells `group`, that of the three rows.
 */
// @ts-ignore: decorator
@inline
export function tile<T, C, S, K>(
  x: usize,
  xHalves: usize,
  y: usize,
  end: usize,
  yHalves: usize,
  out: usize,
  stride: usize,
  b0: usize = 0,
  b1: usize = 0,
  b2: usize = 0,
  rowKeys: usize = 0,
  columnKeys: usize = 0,
  group: i32 = 0,
  panel: i32 = 0,
): void {
  const half0 = v128.load(yHalves), half1 = v128.load(yHalves, 16), half2 = v128.load(yHalves, 32);
  const n0 = i32x4.neg(v128.load32_splat(xHalves));
  const n1 = i32x4.neg(v128.load32_splat(xHalves, 4));
  const n2 = i32x4.neg(v128.load32_splat(xHalves, 8));
  let s00 = i32x4.sub(n0, half0), s01 = i32x4.sub(n0, half1), s02 = i32x4.sub(n0, half2);
  let s10 = i32x4.sub(n1, half0), s11 = i32x4.sub(n1, half1), s12 = i32x4.sub(n1, half2);
  let s20 = i32x4.sub(n2, half0), s21 = i32x4.sub(n2, half1), s22 = i32x4.sub(n2, half2);
  if (sizeof<S>() == sizeof<Shared>()) {
    s00 = plus(s00, b0), s01 = plus(s01, b0 + 4), s02 = plus(s02, b0 + 8);
    s10 = plus(s10, b1), s11 = plus(s11, b1 + 4), s12 = plus(s12, b1 + 8);
    s20 = plus(s20, b2), s21 = plus(s21, b2 + 4), s22 = plus(s22, b2 + 8);
  }
  do {
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    const y2 = v128.load(y, 32);
    const fours = v128.load(x);
    let splat = spread0(fours);
    s00 = multiplyAdd<T>(splat, y0, s00);
    s01 = multiplyAdd<T>(splat, y1, s01);
    s02 = multiplyAdd<T>(splat, y2, s02);
    splat = spread1(fours);
    s10 = multiplyAdd<T>(splat, y0, s10);
    s11 = multiplyAdd<T>(splat, y1, s11);
    s12 = multiplyAdd<T>(splat, y2, s12);
    splat = spread2(fours);
    s20 = multiplyAdd<T>(splat, y0, s20);
    s21 = multiplyAdd<T>(splat, y1, s21);
    s22 = multiplyAdd<T>(splat, y2, s22);
    x += SLICE_BYTES;
    y += SLICE_BYTES;
  } while (y < end);
  storeRow<C>(out, s00, s01, s02);
  storeRow<C>(out + stride, s10, s11, s12);
  storeRow<C>(out + 2 * stride, s20, s21, s22);
  if (sizeof<K>() == sizeof<NoKeys>()) return;
  const rows = i32x4.splat(group), columns = i32x4.splat(panel);
  keep<T>(columnKeys, s00, s10, s20, rows);
  keep<T>(columnKeys + 16, s01, s11, s21, rows);
  keep<T>(columnKeys + 32, s02, s12, s22, rows);
  keep<T>(rowKeys, s00, s01, s02, columns);
  keep<T>(rowKeys + 16, s10, s11, s12, columns);
  keep<T>(rowKeys + 32, s20, s21, s22, columns);
}

/**
 * The same of a whole panel of a's patches (`x`) and the first four of the panel `y` … `end`, of which no more are there:
 * twelve rows of a vector. Products that four patches share are three, `productStride` bytes apart from `b` on.
 */
// @ts-ignore: decorator
@inline
export function edgeTile<T, C, S, K>(
  x: usize,
  xHalves: usize,
  y: usize,
  end: usize,
  yHalves: usize,
  out: usize,
  stride: usize,
  b: usize = 0,
  productStride: usize = 0,
  rowKeys: usize = 0,
  columnKeys: usize = 0,
  group: i32 = 0,
  panel: i32 = 0,
): void {
  let p0 = i32x4.neg(v128.load(yHalves)), p4 = p0, p8 = p0;
  if (sizeof<S>() == sizeof<Shared>()) {
    p0 = plus(p0, b), p4 = plus(p4, b + productStride), p8 = plus(p8, b + 2 * productStride);
  }
  let s0 = i32x4.sub(p0, v128.load32_splat(xHalves));
  let s1 = i32x4.sub(p0, v128.load32_splat(xHalves, 4));
  let s2 = i32x4.sub(p0, v128.load32_splat(xHalves, 8));
  let s3 = i32x4.sub(p0, v128.load32_splat(xHalves, 12));
  let s4 = i32x4.sub(p4, v128.load32_splat(xHalves, 16));
  let s5 = i32x4.sub(p4, v128.load32_splat(xHalves, 20));
  let s6 = i32x4.sub(p4, v128.load32_splat(xHalves, 24));
  let s7 = i32x4.sub(p4, v128.load32_splat(xHalves, 28));
  let s8 = i32x4.sub(p8, v128.load32_splat(xHalves, 32));
  let s9 = i32x4.sub(p8, v128.load32_splat(xHalves, 36));
  let s10 = i32x4.sub(p8, v128.load32_splat(xHalves, 40));
  let s11 = i32x4.sub(p8, v128.load32_splat(xHalves, 44));
  do {
    const column = v128.load(y);
    let fours = v128.load(x);
    s0 = multiplyAdd<T>(spread0(fours), column, s0);
    s1 = multiplyAdd<T>(spread1(fours), column, s1);
    s2 = multiplyAdd<T>(spread2(fours), column, s2);
    s3 = multiplyAdd<T>(spread3(fours), column, s3);
    fours = v128.load(x, 16);
    s4 = multiplyAdd<T>(spread0(fours), column, s4);
    s5 = multiplyAdd<T>(spread1(fours), column, s5);
    s6 = multiplyAdd<T>(spread2(fours), column, s6);
    s7 = multiplyAdd<T>(spread3(fours), column, s7);
    fours = v128.load(x, 32);
    s8 = multiplyAdd<T>(spread0(fours), column, s8);
    s9 = multiplyAdd<T>(spread1(fours), column, s9);
    s10 = multiplyAdd<T>(spread2(fours), column, s10);
    s11 = multiplyAdd<T>(spread3(fours), column, s11);
    x += SLICE_BYTES;
    y += SLICE_BYTES;
  } while (y < end);
  storeEdges<C>(out, stride, s0, s1), out += 2 * stride;
  storeEdges<C>(out, stride, s2, s3), out += 2 * stride;
  storeEdges<C>(out, stride, s4, s5), out += 2 * stride;
  storeEdges<C>(out, stride, s6, s7), out += 2 * stride;
  storeEdges<C>(out, stride, s8, s9), out += 2 * stride;
  storeEdges<C>(out, stride, s10, s11);
  if (sizeof<K>() == sizeof<NoKeys>()) return;
  const columns = i32x4.splat(panel);
  keep<T>(columnKeys, s0, s1, s2, i32x4.splat(group));
  keep<T>(columnKeys, s3, s4, s5, i32x4.splat(group + 1));
  keep<T>(columnKeys, s6, s7, s8, i32x4.splat(group + 2));
  keep<T>(columnKeys, s9, s10, s11, i32x4.splat(group + 3));
  keep<T>(rowKeys, s0, s0, s0, columns);
  keep<T>(rowKeys + 16, s1, s1, s1, columns);
  keep<T>(rowKeys + 32, s2, s2, s2, columns);
  keep<T>(rowKeys + 48, s3, s3, s3, columns);
  keep<T>(rowKeys + 64, s4, s4, s4, columns);
  keep<T>(rowKeys + 80, s5, s5, s5, columns);
  keep<T>(rowKeys + 96, s6, s6, s6, columns);
  keep<T>(rowKeys + 112, s7, s7, s7, columns);
  keep<T>(rowKeys + 128, s8, s8, s8, columns);
  keep<T>(rowKeys + 144, s9, s9, s9, columns);
  keep<T>(rowKeys + 160, s10, s10, s10, columns);
  keep<T>(rowKeys + 176, s11, s11, s11, columns);
}
