import { ensure } from "../errors.ts";
import type { PatchValues, Raster } from "../types.ts";

/**
 * Weights from ground-truth masks (the paper's table 7): equal for the patches that a mask touches, 0 for the others.
 * An image with an empty mask gets uniform weights.
 *
 * @param masks for each patch, 0 or another number.
 */
export function maskWeights(masks: PatchValues): PatchValues {
  const { count, patches } = masks;
  ensure(masks.data.length === count * patches, `masks of ${count} × ${patches} patches need that many numbers`);
  const data = new Float32Array(count * patches);
  for (let i = 0; i < count; i++) {
    const row = masks.data.subarray(i * patches, (i + 1) * patches);
    const touched = row.reduce((sum, value) => sum + (value ? 1 : 0), 0);
    for (let m = 0; m < patches; m++) {
      data[i * patches + m] = touched === 0 ? 1 / patches : row[m] ? 1 / touched : 0;
    }
  }
  return { data, count, patches };
}

/** Which patches of a grid a mask touches, row by row: 1 if any pixel in the patch is not black, else 0. */
export function maskPatches(mask: Raster, rows: number, cols: number): Float32Array {
  const touched = new Float32Array(rows * cols);
  const { width, height, data } = mask;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      if (!(data[at] | data[at + 1] | data[at + 2])) continue;
      // If the mask is smaller than the grid, one of its pixels covers several patches.
      const [top, bottom] = [Math.floor(y * rows / height), Math.ceil((y + 1) * rows / height)];
      const [left, right] = [Math.floor(x * cols / width), Math.ceil((x + 1) * cols / width)];
      for (let row = top; row < bottom; row++) touched.fill(1, row * cols + left, row * cols + right);
    }
  }
  return touched;
}
