import type { PatchValues } from "../types.ts";
import { topPatches } from "./hard.ts";
import { softWeights, type Temperature } from "./soft.ts";

/**
 * Hybrid weights (eq. 9): soft weights for the k patches with the largest scores, renormalised; 0 for the others.
 *
 * @throws {AnomalyClusterError} `bad-argument` when τ is not above 0, or unless 1 ≤ k ≤ the number of patches.
 */
export function hybridWeights(
  scores: PatchValues,
  options: { readonly k: number; readonly tau?: Temperature },
): PatchValues {
  const { count, patches } = scores;
  const { k } = options;
  const top = topPatches(scores, k);
  const soft = softWeights(scores, options);
  const data = new Float32Array(count * patches);
  for (let i = 0; i < count; i++) {
    const kept = top.subarray(i * k, (i + 1) * k);
    const sum = kept.reduce((total, patch) => total + soft.data[i * patches + patch], 0);
    for (const patch of kept) data[i * patches + patch] = soft.data[i * patches + patch] / sum;
  }
  return { data, count, patches };
}
