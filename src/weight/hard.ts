import { ensure } from "../errors.ts";
import type { PatchValues } from "../types.ts";

/**
 * The `k` patches with the largest scores in each image, in descending order: `[count, k]`. Of equal scores, the lower
 * index comes first.
 */
export function topPatches(scores: PatchValues, k: number): Int32Array {
  const { count, patches } = scores;
  ensure(Number.isInteger(k) && k >= 1 && k <= patches, `the ${k} highest of ${patches} patches are not possible`);
  const top = new Int32Array(count * k);
  for (let i = 0; i < count; i++) {
    const row = scores.data.subarray(i * patches, (i + 1) * patches);
    const order = Array.from(row.keys()).sort((a, b) => row[b] - row[a] || a - b);
    top.set(order.slice(0, k), i * k);
  }
  return top;
}

/**
 * Hard weights (eq. 8): 1/k for the k patches with the largest scores, 0 for the others.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless 1 ≤ k ≤ the number of patches.
 */
export function hardWeights(scores: PatchValues, options: { readonly k: number }): PatchValues {
  const { count, patches } = scores;
  const data = new Float32Array(count * patches);
  topPatches(scores, options.k).forEach((patch, at) => {
    data[Math.floor(at / options.k) * patches + patch] = 1 / options.k;
  });
  return { data, count, patches };
}
