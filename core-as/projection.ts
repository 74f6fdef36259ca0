// Short vectors: a patch's products with a few orthonormal axes through a centre, and the norm of what the axes leave. The
// distance between two short vectors is never above that of the patches (README.md).

/** Two products of doubles, added to `sum`. */
// @ts-ignore: decorator
@inline
function multiplyAdd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(x, y, sum);
  return f64x2.add(f64x2.mul(x, y), sum);
}

/** How many patches are projected at once. */
const TOGETHER: i32 = 4;
/** The products of each of these with four axes. */
const PRODUCTS: usize = memory.data(128, 16);
/** For each of these the squared norm of what is left when all axes so far are taken away. */
const LEFT: usize = memory.data(32, 16);

/**
 * Products of four patches with four axes, to `PRODUCTS`. The doubles at `centred` are the four patches' first channels, then
 * their second ones, and so on; those at `columns` are the axes, in the same way.
 */
function projectFour(centred: usize, channels: i32, columns: usize): void {
  let sum00 = f64x2.splat(0), sum01 = sum00;
  let sum10 = f64x2.splat(0), sum11 = sum10;
  let sum20 = f64x2.splat(0), sum21 = sum20;
  let sum30 = f64x2.splat(0), sum31 = sum30;
  const end = centred + (<usize> channels << 5);
  for (; centred < end; centred += 32, columns += 32) {
    const axes01 = v128.load(columns), axes23 = v128.load(columns, 16);
    let value = v128.load64_splat(centred);
    sum00 = multiplyAdd(value, axes01, sum00);
    sum01 = multiplyAdd(value, axes23, sum01);
    value = v128.load64_splat(centred, 8);
    sum10 = multiplyAdd(value, axes01, sum10);
    sum11 = multiplyAdd(value, axes23, sum11);
    value = v128.load64_splat(centred, 16);
    sum20 = multiplyAdd(value, axes01, sum20);
    sum21 = multiplyAdd(value, axes23, sum21);
    value = v128.load64_splat(centred, 24);
    sum30 = multiplyAdd(value, axes01, sum30);
    sum31 = multiplyAdd(value, axes23, sum31);
  }
  v128.store(PRODUCTS, sum00), v128.store(PRODUCTS, sum01, 16);
  v128.store(PRODUCTS, sum10, 32), v128.store(PRODUCTS, sum11, 48);
  v128.store(PRODUCTS, sum20, 64), v128.store(PRODUCTS, sum21, 80);
  v128.store(PRODUCTS, sum30, 96), v128.store(PRODUCTS, sum31, 112);
}

/**
 * Writes the short vectors of patches to `output`: `axes` + 1 floats each. Behind them there has to be room for 4 × `channels`
 * doubles, and 15 bytes. `basis` has the axes by fours: for each four of them `channels` × 4 doubles, and zeros in place of
 * axes behind the last.
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
    for (let each = 0; each < TOGETHER; each++) {
      const from = source + <usize> (m + min(each, count - 1)) * bytes;
      let square: f64 = 0;
      for (let k: usize = 0; k < bytes; k += 4) {
        const value = <f64> load<f32>(from + k) - <f64> load<f32>(centre + k);
        store<f64>(centred + (k << 3) + (<usize> each << 3), value);
        square += value * value;
      }
      store<f64>(LEFT + (<usize> each << 3), square);
    }
    for (let axis = 0; axis < axes; axis += 4) {
      projectFour(centred, channels, basis + <usize> axis * (<usize> channels << 3));
      for (let each = 0; each < count; each++) {
        const to = output + <usize> (m + each) * shortBytes + (<usize> axis << 2);
        let left = load<f64>(LEFT + (<usize> each << 3));
        for (let at = 0; at < min(4, axes - axis); at++) {
          const product = load<f64>(PRODUCTS + (<usize> each << 5) + (<usize> at << 3));
          store<f32>(to + (<usize> at << 2), <f32> product);
          left -= product * product;
        }
        store<f64>(LEFT + (<usize> each << 3), left);
      }
    }
    for (let each = 0; each < count; each++) {
      const left = load<f64>(LEFT + (<usize> each << 3));
      store<f32>(output + <usize> (m + each + 1) * shortBytes - 4, <f32> sqrt(max<f64>(left, 0)));
    }
  }
}
