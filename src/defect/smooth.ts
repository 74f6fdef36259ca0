// Smooths planes, in a time that does not depend on how broadly.

import { boxMeans } from "../core/means_kernel.ts";

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
