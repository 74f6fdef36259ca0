// Files of ground-truth masks → the patches that they touch.

import type { PatchSet, PatchValues } from "../types.ts";
import { maskPatches } from "../weight/mask.ts";
import { readRaster } from "./read_image.ts";

/** 1 for each patch that an image's mask touches, and which images, by number, have no readable mask. */
export async function readMasks(
  files: readonly (string | undefined)[],
  { rows, cols }: Pick<PatchSet, "rows" | "cols">,
): Promise<{ masks: PatchValues; without: number[] }> {
  const data = new Float32Array(files.length * rows * cols);
  const without: number[] = [];
  for (const [at, file] of files.entries()) {
    const mask = file && await readRaster(file).catch(() => undefined);
    if (mask) data.set(maskPatches(mask, rows, cols), at * rows * cols);
    else without.push(at);
  }
  return { masks: { data, count: files.length, patches: rows * cols }, without };
}
