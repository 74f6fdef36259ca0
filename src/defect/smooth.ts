// Means over squares of pixels, in a time that does not depend on the size of the squares.

/**
 * Returns the mean of a plane over a square of `2 radius + 1` pixels a side around each pixel. Squares are cut off at
 * the plane's edges.
 */
export function boxMeans(plane: Float32Array, width: number, radius: number): Float32Array {
  return meansDown(meansAcross(plane, width, radius), width, radius);
}

/** Means over `2 radius + 1` neighbours in each row. */
function meansAcross(plane: Float32Array, width: number, radius: number): Float32Array {
  const means = new Float32Array(plane.length);
  for (let first = 0; first < plane.length; first += width) {
    let [sum, taken] = [0, 0];
    for (; taken < Math.min(radius, width); taken++) sum += plane[first + taken];
    for (let x = 0; x < width; x++) {
      if (x + radius < width) {
        sum += plane[first + x + radius];
        taken++;
      }
      if (x - radius > 0) {
        sum -= plane[first + x - radius - 1];
        taken--;
      }
      means[first + x] = sum / taken;
    }
  }
  return means;
}

/** Means over `2 radius + 1` neighbours in each column. It goes row by row, in the order of memory. */
function meansDown(plane: Float32Array, width: number, radius: number): Float32Array {
  const height = plane.length / width;
  const means = new Float32Array(plane.length);
  const sums = new Float64Array(width);
  const add = (row: number) => {
    for (let x = 0, at = row * width; x < width; x++, at++) sums[x] += plane[at];
  };
  const takeOff = (row: number) => {
    for (let x = 0, at = row * width; x < width; x++, at++) sums[x] -= plane[at];
  };
  let taken = 0;
  for (; taken < Math.min(radius, height); taken++) add(taken);
  for (let y = 0; y < height; y++) {
    if (y + radius < height) {
      add(y + radius);
      taken++;
    }
    if (y - radius > 0) {
      takeOff(y - radius - 1);
      taken--;
    }
    for (let x = 0, at = y * width; x < width; x++, at++) means[at] = sums[x] / taken;
  }
  return means;
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
  let total = 0;
  for (let at = 0; at < counts.length; at++) total += counts[at];
  return planes.map((plane) => {
    const kept = new Float32Array(plane.length);
    let sum = 0;
    for (let at = 0; at < plane.length; at++) sum += kept[at] = plane[at] * counts[at];
    const mean = sum / Math.max(1, total);
    const result = smoothed(kept, width, radius);
    for (let at = 0; at < result.length; at++) result[at] = near[at] > LEAST_SHARE ? result[at] / near[at] : mean;
    return result;
  });
}
