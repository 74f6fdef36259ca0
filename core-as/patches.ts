// Patch minima of a pair of images: for each patch of either image the squared distance to the
// nearest patch of the other one.
//
// Patches are stored in panels of 12 (three 4-lane vectors), channel by channel:
//   panel[channel * 12 + patch]
// A panel serves both sides of a pair: as columns it is read three vectors at a time, as rows it is
// read as splatted scalars. With h = |x|²/2, |x − y|² = −2 (x·y − hx − hy), so the nearest patch is
// the one with the largest x·y − hx − hy, and the accumulators start at −hx − hy.

/** Patches in a panel. */
const PANEL: i32 = 12;
/** Bytes from one channel of a panel to the next. */
const STEP: usize = 48;
/** Half squared norm of the empty places of a last panel: never nearest to anything, never infinite. */
const FAR: f32 = 1e38;

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
function largestLane(v: v128): f32 {
  const a = max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
  const b = max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3));
  return max<f32>(a, b);
}

/**
 * Centres one image's patches (row-major, `patches` × `channels`) and lays them out in `panels` panels.
 * `halfNorms` receives half the squared norm of each patch, `FAR` for the places left empty.
 */
export function packPatches(
  source: usize,
  patches: i32,
  panels: i32,
  channels: i32,
  centre: usize,
  packed: usize,
  halfNorms: usize,
): void {
  const panelBytes = <usize> channels * STEP;
  memory.fill(packed, 0, <usize> panels * panelBytes);
  for (let m = 0; m < panels * PANEL; m++) {
    if (m >= patches) {
      store<f32>(halfNorms + (<usize> m << 2), FAR);
      continue;
    }
    const row = source + <usize> m * (<usize> channels << 2);
    const out = packed + <usize> (m / PANEL) * panelBytes + (<usize> (m % PANEL) << 2);
    let sum: f64 = 0;
    for (let k = 0; k < channels; k++) {
      const v = load<f32>(row + (<usize> k << 2)) - load<f32>(centre + (<usize> k << 2));
      store<f32>(out + <usize> k * STEP, v);
      sum += <f64> v * <f64> v;
    }
    store<f32>(halfNorms + (<usize> m << 2), <f32> (sum * 0.5));
  }
}

/**
 * Both directions of one pair in one pass: `rows` and `columns` (a float for each place of a panel)
 * receive the largest x·y − hx − hy of each patch of a and of b.
 */
export function pairMinima(
  a: usize,
  aHalf: usize,
  b: usize,
  bHalf: usize,
  panels: i32,
  channels: i32,
  rows: usize,
  columns: usize,
): void {
  const panelBytes = <usize> channels * STEP;
  const places = <usize> panels * STEP;
  const lowest = f32x4.splat(-Infinity);
  for (let p: usize = 0; p < places; p += 16) v128.store(columns + p, lowest);

  for (let pa: usize = 0; pa < <usize> panels; pa++) {
    const aPanel = a + pa * panelBytes;
    const aNorms = aHalf + pa * STEP;
    for (let r: usize = 0; r < STEP; r += 4) store<f32>(rows + pa * STEP + r, -Infinity);

    for (let pb: usize = 0; pb < <usize> panels; pb++) {
      const bPanel = b + pb * panelBytes;
      const column = columns + pb * STEP;
      let column0 = v128.load(column);
      let column1 = v128.load(column, 16);
      let column2 = v128.load(column, 32);
      const half0 = v128.load(bHalf + pb * STEP);
      const half1 = v128.load(bHalf + pb * STEP, 16);
      const half2 = v128.load(bHalf + pb * STEP, 32);

      for (let r: usize = 0; r < STEP; r += 12) {
        const n0 = f32x4.neg(v128.load32_splat(aNorms + r));
        const n1 = f32x4.neg(v128.load32_splat(aNorms + r, 4));
        const n2 = f32x4.neg(v128.load32_splat(aNorms + r, 8));
        let s00 = f32x4.sub(n0, half0), s01 = f32x4.sub(n0, half1), s02 = f32x4.sub(n0, half2);
        let s10 = f32x4.sub(n1, half0), s11 = f32x4.sub(n1, half1), s12 = f32x4.sub(n1, half2);
        let s20 = f32x4.sub(n2, half0), s21 = f32x4.sub(n2, half1), s22 = f32x4.sub(n2, half2);
        let x = aPanel + r;
        let y = bPanel;
        const end = bPanel + panelBytes;
        do {
          const y0 = v128.load(y);
          const y1 = v128.load(y, 16);
          const y2 = v128.load(y, 32);
          let splat = v128.load32_splat(x);
          s00 = multiplyAdd(splat, y0, s00);
          s01 = multiplyAdd(splat, y1, s01);
          s02 = multiplyAdd(splat, y2, s02);
          splat = v128.load32_splat(x, 4);
          s10 = multiplyAdd(splat, y0, s10);
          s11 = multiplyAdd(splat, y1, s11);
          s12 = multiplyAdd(splat, y2, s12);
          splat = v128.load32_splat(x, 8);
          s20 = multiplyAdd(splat, y0, s20);
          s21 = multiplyAdd(splat, y1, s21);
          s22 = multiplyAdd(splat, y2, s22);
          x += STEP;
          y += STEP;
        } while (y < end);

        column0 = f32x4.max(column0, f32x4.max(s00, f32x4.max(s10, s20)));
        column1 = f32x4.max(column1, f32x4.max(s01, f32x4.max(s11, s21)));
        column2 = f32x4.max(column2, f32x4.max(s02, f32x4.max(s12, s22)));
        const row = rows + pa * STEP + r;
        store<f32>(row, max<f32>(load<f32>(row), largestLane(f32x4.max(s00, f32x4.max(s01, s02)))));
        store<f32>(row, max<f32>(load<f32>(row, 4), largestLane(f32x4.max(s10, f32x4.max(s11, s12)))), 4);
        store<f32>(row, max<f32>(load<f32>(row, 8), largestLane(f32x4.max(s20, f32x4.max(s21, s22)))), 8);
      }
      v128.store(column, column0);
      v128.store(column, column1, 16);
      v128.store(column, column2, 32);
    }
  }
}

/** Smallest squared distance from patch `m` of a to the patches of b, by differences: no cancellation. */
function directMinimum(a: usize, m: i32, b: usize, bHalf: usize, panels: i32, channels: i32): f32 {
  const panelBytes = <usize> channels * STEP;
  const x = a + <usize> (m / PANEL) * panelBytes + (<usize> (m % PANEL) << 2);
  let best = f32x4.splat(Infinity);
  for (let pb: usize = 0; pb < <usize> panels; pb++) {
    const y = b + pb * panelBytes;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0;
    for (let k: usize = 0; k < panelBytes; k += STEP) {
      const splat = v128.load32_splat(x + k);
      const d0 = f32x4.sub(v128.load(y + k), splat);
      const d1 = f32x4.sub(v128.load(y + k, 16), splat);
      const d2 = f32x4.sub(v128.load(y + k, 32), splat);
      s0 = multiplyAdd(d0, d0, s0);
      s1 = multiplyAdd(d1, d1, s1);
      s2 = multiplyAdd(d2, d2, s2);
    }
    // Empty places hold zeros: their half norm takes them out of the running.
    const limit = f32x4.splat(FAR);
    const empty = bHalf + pb * STEP;
    s0 = v128.bitselect(f32x4.splat(Infinity), s0, f32x4.ge(v128.load(empty), limit));
    s1 = v128.bitselect(f32x4.splat(Infinity), s1, f32x4.ge(v128.load(empty, 16), limit));
    s2 = v128.bitselect(f32x4.splat(Infinity), s2, f32x4.ge(v128.load(empty, 32), limit));
    best = f32x4.min(best, f32x4.min(s0, f32x4.min(s1, s2)));
  }
  return -largestLane(f32x4.neg(best));
}

/** All minima of a against b by differences: the slow, exact reference of `pairMinima`. */
export function directMinima(
  a: usize,
  patches: i32,
  b: usize,
  bHalf: usize,
  panels: i32,
  channels: i32,
  squared: usize,
): void {
  for (let m = 0; m < patches; m++) {
    store<f32>(squared + (<usize> m << 2), directMinimum(a, m, b, bHalf, panels, channels));
  }
}

/**
 * Turns the outcome of `pairMinima` for a's patches into squared distances, in place. Where a minimum
 * is below `cancellation` × |x|² too many digits cancelled, and it is found again by differences.
 * Returns how many were found again.
 */
export function refineMinima(
  best: usize,
  a: usize,
  aHalf: usize,
  patches: i32,
  b: usize,
  bHalf: usize,
  panels: i32,
  channels: i32,
  cancellation: f32,
): i32 {
  let refined = 0;
  const limit: f32 = 2.0 * cancellation;
  for (let m = 0; m < patches; m++) {
    const at = best + (<usize> m << 2);
    let squared: f32 = -2.0 * load<f32>(at);
    if (squared < limit * load<f32>(aHalf + (<usize> m << 2))) {
      squared = directMinimum(a, m, b, bHalf, panels, channels);
      refined++;
    }
    store<f32>(at, squared);
  }
  return refined;
}

/**
 * Folds one pair's squared minima into the running statistics of an image's patches: the sum of
 * distances (f64), the smallest and the largest distance (f32). `rounding` is 2^52 × a power of two:
 * adding and taking it away rounds each distance to a fixed step, so that sums are exact and do not
 * depend on the order in which pairs arrive.
 */
export function reduceMinima(
  squared: usize,
  patches: i32,
  rounding: f64,
  sum: usize,
  smallest: usize,
  largest: usize,
): void {
  for (let m: usize = 0; m < <usize> patches; m++) {
    const distance = sqrt<f32>(load<f32>(squared + (m << 2)));
    store<f32>(squared + (m << 2), distance);
    const rounded = (<f64> distance + rounding) - rounding;
    store<f64>(sum + (m << 3), load<f64>(sum + (m << 3)) + rounded);
    store<f32>(smallest + (m << 2), min<f32>(load<f32>(smallest + (m << 2)), distance));
    store<f32>(largest + (m << 2), max<f32>(load<f32>(largest + (m << 2)), distance));
  }
}

/** `value` where `half` is that of a patch, 0 in an empty place. */
// @ts-ignore: decorator
@inline
function whereFilled(value: v128, half: v128): v128 {
  return v128.and(value, f32x4.lt(half, f32x4.splat(FAR)));
}

/** Sum of the distances of all `patches` of a to all patches of b (appendix C, average-average). */
export function sumDistances(
  a: usize,
  aHalf: usize,
  patches: i32,
  b: usize,
  bHalf: usize,
  panels: i32,
  channels: i32,
): f64 {
  const panelBytes = <usize> channels * STEP;
  const none = f32x4.splat(0);
  const minusTwo = f32x4.splat(-2);
  let total: f64 = 0;
  for (let m = 0; m < patches; m++) {
    const x = a + <usize> (m / PANEL) * panelBytes + (<usize> (m % PANEL) << 2);
    const own = f32x4.neg(v128.load32_splat(aHalf + (<usize> m << 2)));
    let sum = none;
    for (let pb: usize = 0; pb < <usize> panels; pb++) {
      const y = b + pb * panelBytes;
      const half0 = v128.load(bHalf + pb * STEP);
      const half1 = v128.load(bHalf + pb * STEP, 16);
      const half2 = v128.load(bHalf + pb * STEP, 32);
      let s0 = f32x4.sub(own, half0), s1 = f32x4.sub(own, half1), s2 = f32x4.sub(own, half2);
      for (let k: usize = 0; k < panelBytes; k += STEP) {
        const splat = v128.load32_splat(x + k);
        s0 = multiplyAdd(splat, v128.load(y + k), s0);
        s1 = multiplyAdd(splat, v128.load(y + k, 16), s1);
        s2 = multiplyAdd(splat, v128.load(y + k, 32), s2);
      }
      s0 = f32x4.sqrt(f32x4.max(none, f32x4.mul(s0, minusTwo)));
      s1 = f32x4.sqrt(f32x4.max(none, f32x4.mul(s1, minusTwo)));
      s2 = f32x4.sqrt(f32x4.max(none, f32x4.mul(s2, minusTwo)));
      sum = f32x4.add(sum, whereFilled(s0, half0));
      sum = f32x4.add(sum, f32x4.add(whereFilled(s1, half1), whereFilled(s2, half2)));
    }
    total += <f64> (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)) +
      <f64> (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
  }
  return total;
}
