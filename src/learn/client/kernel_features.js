// Turns points into features whose inner products are a Gaussian kernel. A linear function of the features is a curved
// one of the points.

import { cholesky, solveLower } from "./cholesky.js";

/**
 * Squared distance at which the kernel falls to 1/e. Points have length 1, so 2 is the squared distance at a right
 * angle.
 */
const KERNEL_WIDTH = 1.5;
/** Added to the diagonal of the landmarks' kernel, so that equal landmarks do no harm. */
const JITTER = 1e-6;

/**
 * Writes the kernel of a point with each landmark: exp(−|x − y|² / 1.5).
 * @param {Float32Array} points `[count, dims]`
 * @param {number} dims
 * @param {number} at which point
 * @param {Float32Array} landmarks `[size, dims]`
 * @param {Float64Array} into `[size]`
 */
export function kernelWith(points, dims, at, landmarks, into) {
  for (let landmark = 0; landmark < into.length; landmark++) {
    let squared = 0;
    for (let dim = 0; dim < dims; dim++) {
      const difference = points[at * dims + dim] - landmarks[landmark * dims + dim];
      squared += difference * difference;
    }
    into[landmark] = Math.exp(-squared / KERNEL_WIDTH);
  }
}

/**
 * Returns features of points, by landmarks among them (Nyström's method: Williams and Seeger 2001). They are exact if
 * all points are landmarks.
 * @param {{ data: Float32Array, count: number, dims: number }} points of length 1
 * @param {readonly number[]} chosen indices of the landmarks
 * @returns {{ data: Float64Array, size: number, landmarks: Float32Array, lower: Float64Array }} `data` is
 * `[count, size]`; `lower` is the Cholesky factor of the landmarks' kernel
 */
export function kernelFeatures({ data, count, dims }, chosen) {
  const size = chosen.length;
  const landmarks = new Float32Array(size * dims);
  chosen.forEach((point, at) => landmarks.set(data.subarray(point * dims, (point + 1) * dims), at * dims));
  const kernel = new Float64Array(size * size);
  for (let at = 0; at < size; at++) {
    kernelWith(landmarks, dims, at, landmarks, kernel.subarray(at * size, (at + 1) * size));
    kernel[at * size + at] += JITTER;
  }
  const lower = cholesky(kernel, size);
  const features = new Float64Array(count * size);
  for (let at = 0; at < count; at++) {
    const row = features.subarray(at * size, (at + 1) * size);
    kernelWith(data, dims, at, landmarks, row);
    solveLower(lower, size, row);
  }
  return { data: features, size, landmarks, lower };
}
