// Agglomerative clustering by the nearest-neighbour chain (Murtagh 1983; Müllner 2011): exact for
// the reducible linkages below, O(N²) time and memory. For matrices of f64, or of f32 in half the memory.

const SINGLE: i32 = 0;
const COMPLETE: i32 = 1;
const AVERAGE: i32 = 2;
const WARD: i32 = 3;

/** A call that ran to the end could not be replaced by the code that the engine optimises meanwhile. */
const MERGES_OF_A_CALL: i32 = 64;

/** Smallest value of row `row` plus `closed`, which is infinite for merged points; rows end on 16 bytes. */
// @ts-ignore: decorator
@inline
function rowMinimum<T>(row: usize, closed: usize, bytes: usize): T {
  if (sizeof<T>() == 8) {
    let least = f64x2.splat(Infinity);
    for (let i: usize = 0; i < bytes; i += 16) {
      least = f64x2.pmin(least, f64x2.add(v128.load(row + i), v128.load(closed + i)));
    }
    return <T> min<f64>(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  }
  let least = f32x4.splat(Infinity);
  for (let i: usize = 0; i < bytes; i += 16) {
    least = f32x4.pmin(least, f32x4.add(v128.load(row + i), v128.load(closed + i)));
  }
  const half0 = min<f32>(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1));
  return <T> min<f32>(half0, min<f32>(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)));
}

/** First open column of `row` that holds `value`. */
// @ts-ignore: decorator
@inline
function columnOf<T>(row: usize, closed: usize, value: T): i32 {
  let i: usize = 0;
  while (load<T>(row + i) != value || load<T>(closed + i) != 0) i += sizeof<T>();
  return <i32> (i / sizeof<T>());
}

/**
 * Distances of the union of x and y to all others, from rows x and y, into row y. `sizes` of merged points
 * are 0, their distances without meaning.
 */
// @ts-ignore: decorator
@inline
function mergeRows<T>(
  method: i32,
  rowX: usize,
  rowY: usize,
  sizes: usize,
  bytes: usize,
  sizeX: T,
  sizeY: T,
  distance: T,
): void {
  const x = v128.splat<T>(sizeX), y = v128.splat<T>(sizeY), both = v128.splat<T>(sizeX + sizeY);
  const between = v128.splat<T>(distance);
  for (let i: usize = 0; i < bytes; i += 16) {
    const toX = v128.load(rowX + i), toY = v128.load(rowY + i);
    let merged: v128;
    if (method == WARD) {
      const size = v128.load(sizes + i);
      const sum = v128.add<T>(
        v128.mul<T>(v128.add<T>(x, size), toX),
        v128.mul<T>(v128.add<T>(y, size), toY),
      );
      merged = v128.div<T>(v128.sub<T>(sum, v128.mul<T>(size, between)), v128.add<T>(both, size));
    } else if (method == AVERAGE) {
      merged = v128.div<T>(v128.add<T>(v128.mul<T>(x, toX), v128.mul<T>(y, toY)), both);
    } else if (method == COMPLETE) {
      merged = v128.max<T>(toX, toY);
    } else {
      merged = v128.min<T>(toX, toY);
    }
    v128.store(rowY + i, merged);
  }
}

/**
 * Moves the rows and columns that are still open together; `names` keeps who they are, and `moved` receives
 * where each went. Returns how many are left.
 */
// @ts-ignore: decorator
@inline
function compact<T>(count: i32, stride: usize, distances: usize, sizes: usize, closed: usize, names: usize, moved: usize): i32 {
  let open: usize = 0;
  for (let i: usize = 0; i < <usize> count; i++) {
    const size = load<T>(sizes + i * sizeof<T>());
    if (size == 0) continue;
    const row = distances + i * stride;
    const into = distances + open * stride;
    let column: usize = 0;
    for (let k: usize = 0; k < <usize> count; k++) {
      if (load<T>(closed + k * sizeof<T>()) != 0) continue;
      store<T>(into + column, load<T>(row + k * sizeof<T>()));
      column += sizeof<T>();
    }
    store<i32>(names + (open << 2), load<i32>(names + (i << 2)));
    store<i32>(moved + (i << 2), <i32> open);
    store<T>(sizes + open * sizeof<T>(), size);
    open++;
  }
  for (let i: usize = 0; i < open; i++) store<T>(closed + i * sizeof<T>(), 0);
  return <i32> open;
}

// What a chain has come to, between calls.
let places: i32 = 0;
let open: i32 = 0;
let length: i32 = 0;
let next: i32 = 0;
let merge: i32 = 0;

/** Begins a chain of `count` points. */
export function startChain(count: i32): void {
  places = open = count;
  length = next = merge = 0;
}

// @ts-ignore: decorator
@inline
function chain<T>(
  method: i32,
  count: i32,
  stride: usize,
  distances: usize,
  sizes: usize,
  closed: usize,
  names: usize,
  chain: usize,
  merges: usize,
): bool {
  const end = min(merge + MERGES_OF_A_CALL, count - 1);
  for (; merge < end; merge++) {
    const bytes = <usize> places * sizeof<T>() + 15 & ~15;
    if (length == 0) {
      while (load<T>(sizes + <usize> next * sizeof<T>()) == 0) next++;
      store<i32>(chain, next);
      length = 1;
    }
    let x: i32, y: i32;
    let distance: T;
    while (true) {
      x = load<i32>(chain + (<usize> (length - 1) << 2));
      const row = distances + <usize> x * stride;
      distance = rowMinimum<T>(row, closed, bytes);
      if (length > 1) {
        // On a tie the chain turns back, or it would never end.
        y = load<i32>(chain + (<usize> (length - 2) << 2));
        if (load<T>(row + <usize> y * sizeof<T>()) == distance) break;
      }
      y = columnOf<T>(row, closed, distance);
      store<i32>(chain + (<usize> length << 2), y);
      length++;
    }
    length -= 2;

    if (x > y) {
      const swap = x;
      x = y;
      y = swap;
    }
    const at = merges + <usize> merge * 24;
    store<f64>(at, <f64> load<i32>(names + (<usize> x << 2)));
    store<f64>(at, <f64> load<i32>(names + (<usize> y << 2)), 8);
    store<f64>(at, <f64> distance, 16);

    // The union lives on in y's row and column; x's column is closed.
    const rowX = distances + <usize> x * stride;
    const rowY = distances + <usize> y * stride;
    const ofX = <usize> x * sizeof<T>(), ofY = <usize> y * sizeof<T>();
    const sizeX = load<T>(sizes + ofX);
    const sizeY = load<T>(sizes + ofY);
    store<T>(sizes + ofX, 0);
    mergeRows<T>(method, rowX, rowY, sizes, bytes, sizeX, sizeY, distance);
    store<T>(sizes + ofY, <T> (sizeX + sizeY));
    store<T>(closed + ofX, <T> Infinity);
    store<T>(rowY + ofY, <T> Infinity);
    let cell = distances + ofY;
    const placed = <usize> places * sizeof<T>();
    for (let k: usize = 0; k < placed; k += sizeof<T>(), cell += stride) {
      if (load<T>(closed + k) == 0) store<T>(cell, load<T>(rowY + k));
    }

    open--;
    // Every scan passes closed places too: from a quarter on they go.
    if (open * 4 < places * 3 && open > 64) {
      const moved = chain + (<usize> count << 2);
      places = compact<T>(places, stride, distances, sizes, closed, names, moved);
      for (let at = chain; at < chain + (<usize> length << 2); at += 4) {
        store<i32>(at, load<i32>(moved + (<usize> load<i32>(at) << 2)));
      }
      const padded = <usize> places * sizeof<T>() + 15 & ~15;
      for (let k = <usize> places * sizeof<T>(); k < padded; k += sizeof<T>()) {
        store<T>(closed + k, <T> Infinity);
        store<T>(sizes + k, 0);
      }
      next = 0;
    }
  }
  return merge < count - 1;
}

/**
 * Goes on merging `count` points, after `startChain`; true until one cluster is left.
 * `distances`: count rows of `stride` bytes, a multiple of 16: f64, symmetric, infinite on the diagonal;
 * squared for Ward. Overwritten. `sizes`: ones, and `closed`: zeros, each padded to 16 bytes by zeros and
 * infinities. `names`: the points' numbers, i32. `order`: room for 2 × count × i32.
 * `merges`: (count − 1) × 3 f64: the two clusters, each named by one of its points, and their distance,
 * in the order of the chain, which is not that of the heights.
 */
export function nearestNeighbourChain(
  method: i32,
  count: i32,
  stride: usize,
  distances: usize,
  sizes: usize,
  closed: usize,
  names: usize,
  order: usize,
  merges: usize,
): bool {
  return chain<f64>(method, count, stride, distances, sizes, closed, names, order, merges);
}

/** The same with f32 for `distances`, `sizes` and `closed`. */
export function nearestNeighbourChain32(
  method: i32,
  count: i32,
  stride: usize,
  distances: usize,
  sizes: usize,
  closed: usize,
  names: usize,
  order: usize,
  merges: usize,
): bool {
  return chain<f32>(method, count, stride, distances, sizes, closed, names, order, merges);
}
