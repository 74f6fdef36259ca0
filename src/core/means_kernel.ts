// Means over squares of pixels on the WASM core, in a time that does not depend on the size of the squares.

import { withRegion } from "./memory.ts";

/**
 * Returns the mean of a plane over a square of `2 radius + 1` pixels a side around each pixel. Squares are cut off at the
 * plane's edges.
 *
 * @param times how often the mean is taken, each time of the means before
 */
export function boxMeans(plane: Float32Array, width: number, radius: number, times = 1): Float32Array {
  const height = plane.length / width;
  return withRegion((region) => {
    const scratch = region.allocate(Math.max(width, height) * 12);
    let [from, to] = [region.copyIn(plane), region.allocate(plane.byteLength)];
    for (const [rows, cols] of [[height, width], [width, height]]) {
      for (let time = 0; time < times; time++) {
        region.core.columnMeans(from, to, rows, cols, radius, scratch);
        [from, to] = [to, from];
      }
      region.core.transpose(from, to, rows, cols);
      [from, to] = [to, from];
    }
    return region.floats(from, plane.length).slice();
  });
}
