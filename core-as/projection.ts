// Short vectors of patches.

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Patches that are projected at once. */
const TOGETHER: i32 = 4;
/** Of each of them, products with four axes. */
const PRODUCTS: usize = memory.data(128, 16);
/** Of each, the square of what no axis has yet. */
const LEFT: usize = memory.data(32, 16);

/** Products of four patches, their channels side by side, with the four axes from `columns` on, at `PRODUCTS`. */
function projectFour(centred: usize, channels: i32, columns: usize): void {
  let s00 = f64x2.splat(0), s01 = s00;
  let s10 = f64x2.splat(0), s11 = s10;
  let s20 = f64x2.splat(0), s21 = s20;
  let s30 = f64x2.splat(0), s31 = s30;
  const end = centred + (<usize> channels << 5);
  for (; centred < end; centred += 32, columns += 32) {
    const axes01 = v128.load(columns), axes23 = v128.load(columns, 16);
    let value = v128.load64_splat(centred);
    s00 = multiplyAdd(value, axes01, s00);
    s01 = multiplyAdd(value, axes23, s01);
    value = v128.load64_splat(centred, 8);
    s10 = multiplyAdd(value, axes01, s10);
    s11 = multiplyAdd(value, axes23, s11);
    value = v128.load64_splat(centred, 16);
    s20 = multiplyAdd(value, axes01, s20);
    s21 = multiplyAdd(value, axes23, s21);
    value = v128.load64_splat(centred, 24);
    s30 = multiplyAdd(value, axes01, s30);
    s31 = multiplyAdd(value, axes23, s31);
  }
  v128.store(PRODUCTS, s00), v128.store(PRODUCTS, s01, 16);
  v128.store(PRODUCTS, s10, 32), v128.store(PRODUCTS, s11, 48);
  v128.store(PRODUCTS, s20, 64), v128.store(PRODUCTS, s21, 80);
  v128.store(PRODUCTS, s30, 96), v128.store(PRODUCTS, s31, 112);
}

/**
 * Short vectors of one image's patches, `axes` + 1 floats each, at `output`, with room behind them for four times
 * `channels` doubles. `basis`: for each four axes `channels` × 4 doubles; the columns are orthonormal, and
 * those past the last axis zero.
 */
export function projectPatches(
  source: usize,
  patches: i32,
  channels: i32,
  centre: usize,
  basis: usize,
  axes: i32,
  output: usize,
): void {
  const bytes = <usize> channels << 2;
  const shortBytes = <usize> (axes + 1) << 2;
  const centred = output + <usize> patches * shortBytes + 15 & ~15;
  for (let m = 0; m < patches; m += TOGETHER) {
    const count = min(TOGETHER, patches - m);
    for (let p = 0; p < TOGETHER; p++) {
      const from = source + <usize> (m + min(p, count - 1)) * bytes;
      let square: f64 = 0;
      for (let k: usize = 0; k < bytes; k += 4) {
        const value = <f64> load<f32>(from + k) - <f64> load<f32>(centre + k);
        store<f64>(centred + (k << 3) + (<usize> p << 3), value);
        square += value * value;
      }
      store<f64>(LEFT + (<usize> p << 3), square);
    }
    for (let axis = 0; axis < axes; axis += 4) {
      projectFour(centred, channels, basis + <usize> axis * (<usize> channels << 3));
      for (let p = 0; p < count; p++) {
        const to = output + <usize> (m + p) * shortBytes + (<usize> axis << 2);
        let left = load<f64>(LEFT + (<usize> p << 3));
        for (let at = 0; at < min(4, axes - axis); at++) {
          const product = load<f64>(PRODUCTS + (<usize> p << 5) + (<usize> at << 3));
          store<f32>(to + (<usize> at << 2), <f32> product);
          left -= product * product;
        }
        store<f64>(LEFT + (<usize> p << 3), left);
      }
    }
    for (let p = 0; p < count; p++) {
      const left = load<f64>(LEFT + (<usize> p << 3));
      store<f32>(output + <usize> (m + p + 1) * shortBytes - 4, <f32> sqrt(max<f64>(left, 0)));
    }
  }
}
