import { ensure } from "../errors.ts";
import type { PatchValues } from "../types.ts";

/** Uniform weights α_m^i = 1/M. The weighted average is then average pooling, the paper's holistic baseline. */
export function uniformWeights(count: number, patches: number): PatchValues {
  ensure(count > 0 && patches > 0, `weights of ${count} images with ${patches} patches are not possible`);
  return { data: new Float32Array(count * patches).fill(1 / patches), count, patches };
}
