// Distances by differences: nothing cancels, so a huge common offset costs no digits. Every distance that
// leaves the core is one of these, always added up in the same order: filtered and unfiltered searches
// agree to the last bit.

// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** The sum of four integers. */
// @ts-ignore: decorator
@inline
export function integerSum(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/**
 * Squared distance of two vectors of `channels` floats; some number above `limit` where it is above that:
 * squares only add, so a part that is above it settles the rest.
 */
export function squaredDistance(x: usize, y: usize, channels: i32, limit: f32): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0, sum2 = sum0, sum3 = sum0;
  const end = x + (<usize> channels << 2);
  while (x + 64 <= end) {
    const stop = min(end - 64, x + 448);
    do {
      const d0 = f32x4.sub(v128.load(x), v128.load(y));
      const d1 = f32x4.sub(v128.load(x, 16), v128.load(y, 16));
      const d2 = f32x4.sub(v128.load(x, 32), v128.load(y, 32));
      const d3 = f32x4.sub(v128.load(x, 48), v128.load(y, 48));
      sum0 = multiplyAdd(d0, d0, sum0);
      sum1 = multiplyAdd(d1, d1, sum1);
      sum2 = multiplyAdd(d2, d2, sum2);
      sum3 = multiplyAdd(d3, d3, sum3);
      x += 64;
      y += 64;
    } while (x <= stop);
    if (x < end) {
      const part = laneSum(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)));
      if (part > limit) return part;
    }
  }
  while (x + 16 <= end) {
    const d = f32x4.sub(v128.load(x), v128.load(y));
    sum0 = multiplyAdd(d, d, sum0);
    x += 16;
    y += 16;
  }
  let sum = laneSum(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)));
  while (x < end) {
    const d = load<f32>(x) - load<f32>(y);
    sum += d * d;
    x += 4;
    y += 4;
  }
  return sum;
}

/** Where `squaredDistances` leaves its two. */
export const DISTANCES: usize = memory.data(8, 16);

/**
 * Two squared distances at a time, of x and y, and of v and w: neither waits for the other's sums. Of each `channels` floats,
 * then `others` more at a second place; where there are any, `channels` is a multiple of 16.
 */
export function squaredDistances(
  x: usize,
  y: usize,
  v: usize,
  w: usize,
  channels: i32,
  otherX: usize,
  otherY: usize,
  otherV: usize,
  otherW: usize,
  others: i32,
): void {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0, sum2 = sum0, sum3 = sum0;
  let more0 = sum0, more1 = sum0, more2 = sum0, more3 = sum0;
  let end = x + (<usize> channels << 2);
  while (true) {
    for (; x + 64 <= end; x += 64, y += 64, v += 64, w += 64) {
      const d0 = f32x4.sub(v128.load(x), v128.load(y));
      sum0 = multiplyAdd(d0, d0, sum0);
      const e0 = f32x4.sub(v128.load(v), v128.load(w));
      more0 = multiplyAdd(e0, e0, more0);
      const d1 = f32x4.sub(v128.load(x, 16), v128.load(y, 16));
      sum1 = multiplyAdd(d1, d1, sum1);
      const e1 = f32x4.sub(v128.load(v, 16), v128.load(w, 16));
      more1 = multiplyAdd(e1, e1, more1);
      const d2 = f32x4.sub(v128.load(x, 32), v128.load(y, 32));
      sum2 = multiplyAdd(d2, d2, sum2);
      const e2 = f32x4.sub(v128.load(v, 32), v128.load(w, 32));
      more2 = multiplyAdd(e2, e2, more2);
      const d3 = f32x4.sub(v128.load(x, 48), v128.load(y, 48));
      sum3 = multiplyAdd(d3, d3, sum3);
      const e3 = f32x4.sub(v128.load(v, 48), v128.load(w, 48));
      more3 = multiplyAdd(e3, e3, more3);
    }
    if (!others) break;
    x = otherX, y = otherY, v = otherV, w = otherW;
    end = x + (<usize> others << 2);
    others = 0;
  }
  for (; x + 16 <= end; x += 16, y += 16, v += 16, w += 16) {
    const d = f32x4.sub(v128.load(x), v128.load(y));
    sum0 = multiplyAdd(d, d, sum0);
    const e = f32x4.sub(v128.load(v), v128.load(w));
    more0 = multiplyAdd(e, e, more0);
  }
  let sum = laneSum(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)));
  let more = laneSum(f32x4.add(f32x4.add(more0, more1), f32x4.add(more2, more3)));
  for (; x < end; x += 4, y += 4, v += 4, w += 4) {
    const d = load<f32>(x) - load<f32>(y);
    sum += d * d;
    const e = load<f32>(v) - load<f32>(w);
    more += e * e;
  }
  store<f32>(DISTANCES, sum);
  store<f32>(DISTANCES, more, 4);
}

/** Smallest squared distance of `x` to `patches` vectors, one by one. */
export function nearestSquared(x: usize, others: usize, patches: i32, channels: i32): f32 {
  const end = others + <usize> patches * (<usize> channels << 2);
  let best: f32 = Infinity;
  for (; others < end; others += <usize> channels << 2) {
    best = min<f32>(best, squaredDistance(x, others, channels, best));
  }
  return best;
}

/** Largest squared distance of `patches` vectors from `centre`. */
export function farthestSquared(centre: usize, source: usize, patches: i32, channels: i32): f32 {
  let farthest: f32 = 0;
  for (let m = 0; m < patches; m++) {
    farthest = max<f32>(farthest, squaredDistance(source + <usize> m * (<usize> channels << 2), centre, channels, Infinity));
  }
  return farthest;
}

/** Sum of the distances of all `patches` of a to all `others` of b (appendix C, average-average). */
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
 * Folds one pair's squared minima into the running statistics of an image's patches: the sum of
 * distances (f64), the smallest and the largest distance (f32). `rounding` is 2^52 × a power of two:
 * adding and taking it away rounds each distance to a fixed step, so that sums are exact and do not
 * depend on the order in which pairs arrive. `squared` becomes distances.
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

/** Adds the first two of four distances, rounded. */
// @ts-ignore: decorator
@inline
function addRounded(sum: usize, distances: v128, roundings: v128): void {
  const rounded = f64x2.sub(f64x2.add(f64x2.promote_low_f32x4(distances), roundings), roundings);
  v128.store(sum, f64x2.add(v128.load(sum), rounded));
}

/**
 * Copies `patches` vectors of `channels` floats: of each the first `own` to `into`, the others of the first of each four to
 * `sharedInto`.
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

/** Copies `patches` vectors of `channels` floats, that of number `order`[m] to place m. */
export function copyInOrder(source: usize, order: usize, patches: i32, channels: i32, into: usize): void {
  const bytes = <usize> channels << 2;
  for (let m: usize = 0; m < <usize> patches; m++) {
    memory.copy(into + m * bytes, source + <usize> load<i32>(order + (m << 2)) * bytes, bytes);
  }
}

/** Distances of `x` to `count` vectors of `channels` floats. */
export function distancesTo(x: usize, others: usize, count: i32, channels: i32, output: usize): void {
  for (let n = 0; n < count; n++) {
    const squared = squaredDistance(x, others + <usize> n * (<usize> channels << 2), channels, Infinity);
    store<f32>(output + (<usize> n << 2), sqrt<f32>(squared));
  }
}

/**
 * Whether the last `shared` of the patches' channels are, bit by bit, the same in each four patches that follow each
 * other in `order`.
 */
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
