// Agglomerative clustering by the nearest-neighbour chain (Murtagh 1983; Müllner 2011): exact for
// the reducible linkages below, O(N²) time and memory.

const SINGLE: i32 = 0;
const COMPLETE: i32 = 1;
const AVERAGE: i32 = 2;
const WARD: i32 = 3;

/** Smallest value of row `row`; cells of merged points and of the diagonal are infinite. */
function rowMinimum(row: usize, count: i32): f64 {
  let least = f64x2.splat(Infinity);
  let least2 = least;
  let i: usize = 0;
  const bytes = <usize> count << 3;
  for (; i + 32 <= bytes; i += 32) {
    least = f64x2.pmin(least, v128.load(row + i));
    least2 = f64x2.pmin(least2, v128.load(row + i, 16));
  }
  least = f64x2.pmin(least, least2);
  let result = min<f64>(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  for (; i < bytes; i += 8) result = min<f64>(result, load<f64>(row + i));
  return result;
}

/** First column of `row` that holds `value`. */
function columnOf(row: usize, value: f64): i32 {
  let i = 0;
  while (load<f64>(row + (<usize> i << 3)) != value) i++;
  return i;
}

/**
 * Merges `count` points until one cluster is left.
 * `distances`: count × count, f64, symmetric, infinite on the diagonal; squared for Ward. Overwritten.
 * `sizes`: count × f64, ones. `chain`: room for count × i32.
 * `merges`: (count − 1) × 3 f64: the two clusters, each named by one of its points, and their distance,
 * in the order of the chain, which is not that of the heights.
 */
export function nearestNeighbourChain(
  method: i32,
  count: i32,
  distances: usize,
  sizes: usize,
  chain: usize,
  merges: usize,
): void {
  const stride = <usize> count << 3;
  let length = 0;
  let next = 0;
  for (let merge = 0; merge < count - 1; merge++) {
    if (length == 0) {
      while (load<f64>(sizes + (<usize> next << 3)) == 0) next++;
      store<i32>(chain, next);
      length = 1;
    }
    let x: i32, y: i32, distance: f64;
    while (true) {
      x = load<i32>(chain + (<usize> (length - 1) << 2));
      const row = distances + <usize> x * stride;
      distance = rowMinimum(row, count);
      if (length > 1) {
        // On a tie the chain turns back, or it would never end.
        y = load<i32>(chain + (<usize> (length - 2) << 2));
        if (load<f64>(row + (<usize> y << 3)) == distance) break;
      }
      y = columnOf(row, distance);
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
    store<f64>(at, <f64> x);
    store<f64>(at, <f64> y, 8);
    store<f64>(at, distance, 16);

    // The union lives on in y's row and column; x's are closed with infinities.
    const rowX = distances + <usize> x * stride;
    const rowY = distances + <usize> y * stride;
    const sizeX = load<f64>(sizes + (<usize> x << 3));
    const sizeY = load<f64>(sizes + (<usize> y << 3));
    const both = sizeX + sizeY;
    store<f64>(sizes + (<usize> x << 3), 0);
    store<f64>(sizes + (<usize> y << 3), both);
    store<f64>(rowY + (<usize> x << 3), Infinity);
    for (let k = 0; k < count; k++) {
      const offset = <usize> k << 3;
      const size = load<f64>(sizes + offset);
      if (size == 0 || k == y) continue;
      const toX = load<f64>(rowX + offset);
      const toY = load<f64>(rowY + offset);
      let merged: f64;
      if (method == WARD) merged = ((sizeX + size) * toX + (sizeY + size) * toY - size * distance) / (both + size);
      else if (method == AVERAGE) merged = (sizeX * toX + sizeY * toY) / both;
      else if (method == COMPLETE) merged = max<f64>(toX, toY);
      else merged = min<f64>(toX, toY);
      store<f64>(rowY + offset, merged);
      const rowK = distances + <usize> k * stride;
      store<f64>(rowK + (<usize> y << 3), merged);
      store<f64>(rowK + (<usize> x << 3), Infinity);
    }
  }
}
