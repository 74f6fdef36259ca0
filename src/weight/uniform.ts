import { ensure } from "../errors.ts";
import type { PatchValues } from "../types.ts";

/** α_m^i = 1/M: the weighted average becomes average pooling, the paper's holistic baseline. */
export function uniformWeights(count: number, patches: number): PatchValues {
  ensure(count > 0 && patches > 0, `weights of ${count} images with ${patches} patches are not possible`);
  return { data: new Float32Array(count * patches).fill(1 / patches), count, patches };
}
