// Distances from floats. They are computed from differences, so that a large offset that all patches have costs no digits.
// Every distance that leaves the core is computed here, and squares are always added in the same order. So a search that
// excludes most patches gives the same bits as one that measures all.

/** Four products of floats, added to `sum`; with relaxed SIMD in one rounding. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  return f32x4.add(f32x4.mul(x, y), sum);
}

/** The sum of four floats. */
// @ts-ignore: decorator
@inline
export function laneSum(lanes: v128): f32 {
  return (f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3));
}

/** The sum of four integers. */
// @ts-ignore: decorator
@inline
export function integerSum(lanes: v128): i32 {
  return i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3);
}

/**
 * Squared distance of two vectors of `channels` floats. Where it is above `limit`, the result is some number above `limit`:
 * a sum of squares only grows, so it is given up as soon as a part of it is too large.
 */
export function squaredDistance(x: usize, y: usize, channels: i32, limit: f32): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0, sum2 = sum0, sum3 = sum0;
  const end = x + (<usize> channels << 2);
  while (x + 64 <= end) {
    const stop = min(end - 64, x + 448);
    do {
      const difference0 = f32x4.sub(v128.load(x), v128.load(y));
      const difference1 = f32x4.sub(v128.load(x, 16), v128.load(y, 16));
      const difference2 = f32x4.sub(v128.load(x, 32), v128.load(y, 32));
      const difference3 = f32x4.sub(v128.load(x, 48), v128.load(y, 48));
      sum0 = multiplyAdd(difference0, difference0, sum0);
      sum1 = multiplyAdd(difference1, difference1, sum1);
      sum2 = multiplyAdd(difference2, difference2, sum2);
      sum3 = multiplyAdd(difference3, difference3, sum3);
      x += 64;
      y += 64;
    } while (x <= stop);
    if (x < end) {
      const part = laneSum(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)));
      if (part > limit) return part;
    }
  }
  while (x + 16 <= end) {
    const difference = f32x4.sub(v128.load(x), v128.load(y));
    sum0 = multiplyAdd(difference, difference, sum0);
    x += 16;
    y += 16;
  }
  let sum = laneSum(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)));
  while (x < end) {
    const difference = load<f32>(x) - load<f32>(y);
    sum += difference * difference;
    x += 4;
    y += 4;
  }
  return sum;
}

/** Where `squaredDistances` leaves its two results. At a constant address loads need no bounds checks. */
export const DISTANCES: usize = memory.data(8, 16);

/**
 * Two squared distances at a time: of x and y, and of `nextX` and `nextY`. The processor then need not wait for the sums of
 * one before it goes on. Each vector has `own` floats, then `shared` more at a second address. Where it has these, `own` is
 * a multiple of 16, so that the order of additions is that of `squaredDistance`.
 */
export function squaredDistances(
  x: usize,
  y: usize,
  nextX: usize,
  nextY: usize,
  own: i32,
  sharedX: usize,
  sharedY: usize,
  sharedNextX: usize,
  sharedNextY: usize,
  shared: i32,
): void {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0, sum2 = sum0, sum3 = sum0;
  let more0 = sum0, more1 = sum0, more2 = sum0, more3 = sum0;
  let end = x + (<usize> own << 2);
  while (true) {
    for (; x + 64 <= end; x += 64, y += 64, nextX += 64, nextY += 64) {
      const difference0 = f32x4.sub(v128.load(x), v128.load(y));
      sum0 = multiplyAdd(difference0, difference0, sum0);
      const nextDifference0 = f32x4.sub(v128.load(nextX), v128.load(nextY));
      more0 = multiplyAdd(nextDifference0, nextDifference0, more0);
      const difference1 = f32x4.sub(v128.load(x, 16), v128.load(y, 16));
      sum1 = multiplyAdd(difference1, difference1, sum1);
      const nextDifference1 = f32x4.sub(v128.load(nextX, 16), v128.load(nextY, 16));
      more1 = multiplyAdd(nextDifference1, nextDifference1, more1);
      const difference2 = f32x4.sub(v128.load(x, 32), v128.load(y, 32));
      sum2 = multiplyAdd(difference2, difference2, sum2);
      const nextDifference2 = f32x4.sub(v128.load(nextX, 32), v128.load(nextY, 32));
      more2 = multiplyAdd(nextDifference2, nextDifference2, more2);
      const difference3 = f32x4.sub(v128.load(x, 48), v128.load(y, 48));
      sum3 = multiplyAdd(difference3, difference3, sum3);
      const nextDifference3 = f32x4.sub(v128.load(nextX, 48), v128.load(nextY, 48));
      more3 = multiplyAdd(nextDifference3, nextDifference3, more3);
    }
    if (!shared) break;
    x = sharedX, y = sharedY, nextX = sharedNextX, nextY = sharedNextY;
    end = x + (<usize> shared << 2);
    shared = 0;
  }
  for (; x + 16 <= end; x += 16, y += 16, nextX += 16, nextY += 16) {
    const difference = f32x4.sub(v128.load(x), v128.load(y));
    sum0 = multiplyAdd(difference, difference, sum0);
    const nextDifference = f32x4.sub(v128.load(nextX), v128.load(nextY));
    more0 = multiplyAdd(nextDifference, nextDifference, more0);
  }
  let sum = laneSum(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)));
  let more = laneSum(f32x4.add(f32x4.add(more0, more1), f32x4.add(more2, more3)));
  for (; x < end; x += 4, y += 4, nextX += 4, nextY += 4) {
    const difference = load<f32>(x) - load<f32>(y);
    sum += difference * difference;
    const nextDifference = load<f32>(nextX) - load<f32>(nextY);
    more += nextDifference * nextDifference;
  }
  store<f32>(DISTANCES, sum);
  store<f32>(DISTANCES, more, 4);
}

/** The smallest of the squared distances of `x` to `patches` vectors. Without integers: the tests compare with it. */
export function nearestSquared(x: usize, others: usize, patches: i32, channels: i32): f32 {
  const end = others + <usize> patches * (<usize> channels << 2);
  let best: f32 = Infinity;
  for (; others < end; others += <usize> channels << 2) {
    best = min<f32>(best, squaredDistance(x, others, channels, best));
  }
  return best;
}

/** The largest of the squared distances of `patches` vectors from `centre`. */
export function farthestSquared(centre: usize, source: usize, patches: i32, channels: i32): f32 {
  let farthest: f32 = 0;
  for (let m = 0; m < patches; m++) {
    farthest = max<f32>(farthest, squaredDistance(source + <usize> m * (<usize> channels << 2), centre, channels, Infinity));
  }
  return farthest;
}

/** The sum of the distances of all `patches` of a to all `others` of b (Sohn et al. 2023, appendix C, average-average). */
export function sumDistances(a: usize, patches: i32, b: usize, others: i32, channels: i32): f64 {
  const stride = <usize> channels << 2;
  let total: f64 = 0;
  for (let m = 0; m < patches; m++) {
    const x = a + <usize> m * stride;
    for (let n = 0; n < others; n++) {
      total += sqrt<f64>(<f64> squaredDistance(x, b + <usize> n * stride, channels, Infinity));
    }
  }
  return total;
}

/**
 * Adds one pair's minima to the statistics of an image's patches: the sum (f64), the smallest and the largest (f32) of their
 * distances. `squared` has the squared minima, and the distances afterwards.
 *
 * `rounding` is 1.5 × 2^52 × a power of two. To add it and to take it away again rounds a distance to a multiple of that power.
 * Sums of such multiples are exact, so they do not depend on the order of the pairs.
 */
export function reduceMinima(
  squared: usize,
  patches: i32,
  rounding: f64,
  sum: usize,
  smallest: usize,
  largest: usize,
): void {
  const roundings = f64x2.splat(rounding);
  const end = squared + (<usize> patches << 2);
  for (; squared + 16 <= end; squared += 16, sum += 32, smallest += 16, largest += 16) {
    const distances = f32x4.sqrt(v128.load(squared));
    v128.store(squared, distances);
    const others = i8x16.shuffle(distances, distances, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    addRounded(sum, distances, roundings);
    addRounded(sum + 16, others, roundings);
    v128.store(smallest, f32x4.pmin(v128.load(smallest), distances));
    v128.store(largest, f32x4.pmax(v128.load(largest), distances));
  }
  for (; squared < end; squared += 4, sum += 8, smallest += 4, largest += 4) {
    const distance = sqrt<f32>(load<f32>(squared));
    store<f32>(squared, distance);
    store<f64>(sum, load<f64>(sum) + ((<f64> distance + rounding) - rounding));
    store<f32>(smallest, min<f32>(load<f32>(smallest), distance));
    store<f32>(largest, max<f32>(load<f32>(largest), distance));
  }
}

/** Adds the first two of four distances, rounded, to two sums. */
// @ts-ignore: decorator
@inline
function addRounded(sum: usize, distances: v128, roundings: v128): void {
  const rounded = f64x2.sub(f64x2.add(f64x2.promote_low_f32x4(distances), roundings), roundings);
  v128.store(sum, f64x2.add(v128.load(sum), rounded));
}

/**
 * Parts `patches` vectors of `channels` floats: the first `own` floats of each go to `into`. The other floats are the same
 * in a quartet: those of its first patch go to `sharedInto`.
 */
export function copyParts(
  source: usize,
  patches: i32,
  channels: i32,
  own: i32,
  into: usize,
  sharedInto: usize,
): void {
  const bytes = <usize> channels << 2, ownBytes = <usize> own << 2;
  for (let m: usize = 0; m < <usize> patches; m++, source += bytes) {
    memory.copy(into + m * ownBytes, source, ownBytes);
    if (m % 4 == 0) memory.copy(sharedInto + (m >> 2) * (bytes - ownBytes), source + ownBytes, bytes - ownBytes);
  }
}

/** Copies `patches` vectors of `channels` floats in an order: place m gets the vector of number `order`[m] (i32). */
export function copyInOrder(source: usize, order: usize, patches: i32, channels: i32, into: usize): void {
  const bytes = <usize> channels << 2;
  for (let m: usize = 0; m < <usize> patches; m++) {
    memory.copy(into + m * bytes, source + <usize> load<i32>(order + (m << 2)) * bytes, bytes);
  }
}

/**
 * Distances of `rows` vectors to `count` others, all of `channels` floats: f32 `[rows, count]`. Each of the others is read
 * once for all rows, which stay in the processor's second cache if they are few.
 */
export function distancesTo(
  vectors: usize,
  rows: i32,
  others: usize,
  count: i32,
  channels: i32,
  output: usize,
): void {
  const bytes = <usize> channels << 2;
  for (let n = 0; n < count; n++) {
    for (let row = 0; row < rows; row++) {
      const squared = squaredDistance(vectors + <usize> row * bytes, others, channels, Infinity);
      store<f32>(output + (<usize> row * count + n << 2), sqrt<f32>(squared));
    }
    others += bytes;
  }
}

/** Whether the last `shared` channels of any four patches that follow each other in `order` are the same, bit by bit. */
export function repeatsInFours(source: usize, order: usize, patches: i32, channels: i32, shared: i32): bool {
  const bytes = <usize> channels << 2;
  const last = source + bytes - (<usize> shared << 2);
  for (let m: usize = 0; m < <usize> patches; m++) {
    let x = last + <usize> load<i32>(order + (m << 2)) * bytes;
    let y = last + <usize> load<i32>(order + ((m & ~3) << 2)) * bytes;
    const end = x + (<usize> shared << 2);
    let differ = i32x4.splat(0);
    for (; x + 16 <= end; x += 16, y += 16) differ = v128.or(differ, v128.xor(v128.load(x), v128.load(y)));
    for (; x < end; x += 4, y += 4) differ = v128.or(differ, v128.xor(v128.load32_zero(x), v128.load32_zero(y)));
    if (v128.any_true(differ)) return false;
  }
  return true;
}
