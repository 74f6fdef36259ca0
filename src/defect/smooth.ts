// Means over squares of pixels, in a time that does not depend on the size of the squares.

/**
 * Returns the mean of a plane over a square of `2 radius + 1` pixels a side around each pixel. Squares are cut off at
 * the plane's edges.
 *
 * @param times how often the mean is taken, each time of the means before
 */
export function boxMeans(plane: Float32Array, width: number, radius: number, times = 1): Float32Array {
  const height = plane.length / width;
  const down = meansDown(plane, width, radius, times);
  return transposed(meansDown(transposed(down, width), height, radius, times), height);
}

/** Means over `2 radius + 1` neighbours in each column. It goes row by row, in the order of memory. */
function meansDown(plane: Float32Array, width: number, radius: number, times: number): Float32Array {
  const height = plane.length / width;
  const sums = new Float64Array(width);
  const spare = new Float32Array(times > 1 ? plane.length : 0);
  let [from, to]: Float32Array[] = [plane, new Float32Array(plane.length)];
  for (let time = 0; time < times; time++) {
    sums.fill(0);
    let taken = Math.min(radius, height);
    for (let row = 0; row < taken; row++) slide(sums, from, row * width, -1);
    for (let y = 0; y < height; y++) {
      const [enters, leaves] = [y + radius < height, y > radius];
      taken += Number(enters) - Number(leaves);
      slide(sums, from, enters ? (y + radius) * width : -1, leaves ? (y - radius - 1) * width : -1);
      const [share, first] = [1 / taken, y * width];
      for (let x = 0; x < width; x++) to[first + x] = sums[x] * share;
    }
    [from, to] = [to, time === 0 ? spare : from]; // The plane itself stays as it is.
  }
  return from;
}

/** Adds the row that begins at `enter`, and takes off that at `leave`. Below 0 there is none. */
function slide(sums: Float64Array, plane: Float32Array, enter: number, leave: number): void {
  if (enter >= 0 && leave >= 0) {
    for (let x = 0; x < sums.length; x++) sums[x] += plane[enter + x] - plane[leave + x];
  } else if (enter >= 0) {
    for (let x = 0; x < sums.length; x++) sums[x] += plane[enter + x];
  } else if (leave >= 0) {
    for (let x = 0; x < sums.length; x++) sums[x] -= plane[leave + x];
  }
}

/** Pixels a side of the blocks that are transposed at a time: both stay in the cache. */
const BLOCK = 16;

function transposed(plane: Float32Array, width: number): Float32Array {
  const height = plane.length / width;
  const result = new Float32Array(plane.length);
  for (let top = 0; top < height; top += BLOCK) {
    const bottom = Math.min(height, top + BLOCK);
    for (let left = 0; left < width; left += BLOCK) {
      const right = Math.min(width, left + BLOCK);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) result[x * height + y] = plane[y * width + x];
      }
    }
  }
  return result;
}

/** Below this share of counted pixels the quotient would only be rounding error. */
const LEAST_SHARE = 1e-3;

/** A plane is shrunk before it is smoothed, but not so far that the radius is less than this many pixels. */
const LEAST_RADIUS = 5;

/** How many times a plane is shrunk in each direction, and the radius there: so that squares keep their size best. */
function shrinkageFor(radius: number): { readonly step: number; readonly shrunkRadius: number } {
  const side = 2 * radius + 1;
  let best = { step: 1, shrunkRadius: radius, off: Infinity };
  for (let step = 2; step <= radius / LEAST_RADIUS; step++) {
    const shrunkRadius = Math.round((side / step - 1) / 2);
    const off = Math.abs((2 * shrunkRadius + 1) * step - side);
    if (off <= best.off) best = { step, shrunkRadius, off };
  }
  return best;
}

/**
 * Smooths planes by three means over squares, which come near a Gaussian of standard deviation `radius` + ½ (Wells
 * 1986). Only pixels with 1 in `counts` are counted, which has 0 elsewhere: normalised convolution (Knutsson and Westin
 * 1993). Where no counted pixel is near, the value is the mean of all counted pixels. With a large radius, it works on
 * fewer pixels and interpolates.
 *
 * @param counts by default all pixels count
 */
export function smoothed(
  planes: readonly Float32Array[],
  width: number,
  radius: number,
  counts?: Float32Array,
): Float32Array[] {
  const { step, shrunkRadius } = shrinkageFor(radius);
  const cols = Math.ceil(width / step);
  const broadly = (plane: Float32Array) => boxMeans(shrunk(plane, width, step), cols, shrunkRadius, 3);
  if (!counts) return planes.map((plane) => enlarged(broadly(plane), cols, step, width, plane.length / width));
  const near = broadly(counts);
  let total = 0;
  for (let at = 0; at < counts.length; at++) total += counts[at];
  return planes.map((plane) => {
    const kept = new Float32Array(plane.length);
    let sum = 0;
    for (let at = 0; at < plane.length; at++) sum += kept[at] = plane[at] * counts[at];
    const mean = sum / Math.max(1, total);
    const result = broadly(kept);
    for (let at = 0; at < result.length; at++) result[at] = near[at] > LEAST_SHARE ? result[at] / near[at] : mean;
    return enlarged(result, cols, step, width, plane.length / width);
  });
}

/** Means of blocks of `step` × `step` pixels. Those at the right and lower edge may be smaller. */
function shrunk(plane: Float32Array, width: number, step: number): Float32Array {
  if (step === 1) return plane;
  const height = plane.length / width;
  const [rows, cols] = [Math.ceil(height / step), Math.ceil(width / step)];
  const result = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min(height, (row + 1) * step);
    for (let col = 0; col < cols; col++) {
      const right = Math.min(width, (col + 1) * step);
      let sum = 0;
      for (let y = row * step; y < bottom; y++) {
        for (let x = col * step; x < right; x++) sum += plane[y * width + x];
      }
      result[row * cols + col] = sum / ((bottom - row * step) * (right - col * step));
    }
  }
  return result;
}

/** Brings a plane of blocks to its pixels again, by linear interpolation between the blocks' middles. */
function enlarged(plane: Float32Array, cols: number, step: number, width: number, height: number): Float32Array {
  if (step === 1) return plane;
  const rows = plane.length / cols;
  const result = new Float32Array(width * height);
  const [lefts, shares] = [new Int32Array(width), new Float32Array(width)];
  for (let x = 0; x < width; x++) [lefts[x], shares[x]] = between(x, step, cols);
  const blended = new Float32Array(cols + 1); // One more, as the last block has no right neighbour.
  for (let y = 0; y < height; y++) {
    const [top, share] = between(y, step, rows);
    const [above, below] = [top * cols, Math.min(rows - 1, top + 1) * cols];
    for (let col = 0; col < cols; col++) {
      blended[col] = plane[above + col] + (plane[below + col] - plane[above + col]) * share;
    }
    blended[cols] = blended[cols - 1];
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const left = blended[lefts[x]];
      result[at] = left + (blended[lefts[x] + 1] - left) * shares[x];
    }
  }
  return result;
}

/** The block whose middle lies before a pixel, and how far the pixel lies towards the next, from 0 to 1. */
function between(pixel: number, step: number, blocks: number): [block: number, share: number] {
  const place = Math.min(blocks - 1, Math.max(0, (pixel + 0.5) / step - 0.5));
  const block = Math.floor(place);
  return [block, place - block];
}
