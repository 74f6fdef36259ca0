// Means over squares of pixels, in a time that does not depend on the size of the squares.

/**
 * Returns the mean of a plane over a square of `2 radius + 1` pixels a side around each pixel. Squares are cut off at
 * the plane's edges.
 */
export function boxMeans(plane: Float32Array, width: number, radius: number): Float32Array {
  const height = plane.length / width;
  const rows = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) slide(plane, rows, y * width, 1, width, radius);
  const means = new Float32Array(plane.length);
  for (let x = 0; x < width; x++) slide(rows, means, x, width, height, radius);
  return means;
}

/** Writes the means along a line of `count` numbers, from index `first` on, `step` apart. */
function slide(from: Float32Array, to: Float32Array, first: number, step: number, count: number, radius: number): void {
  let [sum, taken] = [0, 0];
  for (let at = 0; at < Math.min(radius, count); at++, taken++) sum += from[first + at * step];
  for (let at = 0; at < count; at++) {
    if (at + radius < count) {
      sum += from[first + (at + radius) * step];
      taken++;
    }
    if (at - radius > 0) {
      sum -= from[first + (at - radius - 1) * step];
      taken--;
    }
    to[first + at * step] = sum / taken;
  }
}

/**
 * Returns a plane smoothed by three means over squares. They come near a Gaussian of standard deviation `radius` + ½
 * (Wells 1986).
 */
export function smoothed(plane: Float32Array, width: number, radius: number): Float32Array {
  let result = plane;
  for (let pass = 0; pass < 3; pass++) result = boxMeans(result, width, radius);
  return result;
}

/** Below this share of counted pixels the quotient would only be rounding error. */
const LEAST_SHARE = 1e-3;

/**
 * Smooths planes like {@linkcode smoothed}, but only over pixels with 1 in `counts`, which has 0 elsewhere: normalised
 * convolution (Knutsson and Westin 1993). Where no counted pixel is near, the value is the mean of all counted pixels.
 */
export function smoothedWhere(
  planes: readonly Float32Array[],
  counts: Float32Array,
  width: number,
  radius: number,
): Float32Array[] {
  const near = smoothed(counts, width, radius);
  const total = Math.max(1, counts.reduce((sum, one) => sum + one, 0));
  return planes.map((plane) => {
    const kept = plane.map((value, at) => value * counts[at]);
    const sums = smoothed(kept, width, radius);
    const mean = kept.reduce((sum, value) => sum + value, 0) / total;
    return sums.map((value, at) => near[at] > LEAST_SHARE ? value / near[at] : mean);
  });
}
