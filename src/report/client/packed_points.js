// Unpacks the points of the images from the report.

import { decodeBase64 } from "./grouping.js";

/**
 * Returns the points from their rounded numbers, scaled to length 1 again.
 * @param {{ dims: number, largest: readonly number[], data: string }} packed
 * @returns {{ data: Float32Array, count: number, dims: number }}
 */
export function unpackPoints({ dims, largest, data }) {
  const shares = new DataView(decodeBase64(data).buffer);
  const points = new Float32Array(shares.byteLength / 2);
  for (let from = 0; from < points.length; from += dims) {
    let squared = 0;
    for (let dim = 0; dim < dims; dim++) {
      const value = shares.getInt16((from + dim) * 2, true) / 32_767 * largest[dim];
      points[from + dim] = value;
      squared += value * value;
    }
    const length = Math.sqrt(squared) || 1;
    for (let dim = 0; dim < dims; dim++) points[from + dim] /= length;
  }
  return { data: points, count: points.length / dims, dims };
}
