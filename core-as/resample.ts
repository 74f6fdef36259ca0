// Resampling of RGBA pixels, along rows and then along columns. A vector holds a pixel. The host computes the filter
// (src/image/resize.ts). For each output coordinate it has the first source coordinate (`firsts`), how many there are
// (`counts`), and `taps` weights with a sum of 1, of which the first ones are used.

/** Along rows: from `rows` × `width` pixels of bytes to `rows` × `outWidth` pixels of floats. */
export function resampleRows(
  source: usize,
  width: i32,
  rows: i32,
  output: usize,
  outWidth: i32,
  firsts: usize,
  counts: usize,
  weights: usize,
  taps: i32,
): void {
  for (let y = 0; y < rows; y++) {
    const row = source + <usize> y * (<usize> width << 2);
    let out = output + <usize> y * (<usize> outWidth << 4);
    for (let x: usize = 0; x < <usize> outWidth; x++) {
      let pixel = row + (<usize> load<i32>(firsts + (x << 2)) << 2);
      let weight = weights + x * (<usize> taps << 2);
      const end = weight + (<usize> load<i32>(counts + (x << 2)) << 2);
      let sum = f32x4.splat(0);
      for (; weight < end; weight += 4, pixel += 4) {
        const bytes = v128.load32_zero(pixel);
        const wide = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
        sum = f32x4.add(sum, f32x4.mul(wide, v128.load32_splat(weight)));
      }
      v128.store(out, sum);
      out += 16;
    }
  }
}

/** Along columns: from rows of `width` pixels of floats to `outRows` × `width` pixels of bytes, rounded to 0 … 255. */
export function resampleColumns(
  source: usize,
  width: i32,
  output: usize,
  outRows: i32,
  firsts: usize,
  counts: usize,
  weights: usize,
  taps: i32,
): void {
  const stride = <usize> width << 4;
  for (let y: usize = 0; y < <usize> outRows; y++) {
    const top = source + <usize> load<i32>(firsts + (y << 2)) * stride;
    const first = weights + y * (<usize> taps << 2);
    const end = first + (<usize> load<i32>(counts + (y << 2)) << 2);
    let out = output + y * (<usize> width << 2);
    for (let x: usize = 0; x < <usize> width; x++) {
      let pixel = top + (x << 4);
      let sum = f32x4.splat(0.5);
      for (let weight = first; weight < end; weight += 4, pixel += stride) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(pixel), v128.load32_splat(weight)));
      }
      // Narrowing makes 0 of what is below 0, and 255 of what is above 255.
      const whole = i32x4.trunc_sat_f32x4_s(sum);
      const half = i16x8.narrow_i32x4_s(whole, whole);
      v128.store32_lane(out, i8x16.narrow_i16x8_u(half, half), 0);
      out += 4;
    }
  }
}
