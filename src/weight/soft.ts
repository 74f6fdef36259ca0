import { require } from "../errors.ts";
import type { PatchValues } from "../types.ts";

/** Temperature τ: absolute, in the units of the scores, or as a multiple of the standard deviation of all scores. */
export type Temperature = number | { readonly standardDeviations: number };

/** The τ used when none is given: 0.3 standard deviations of the scores, whatever the network's scale. */
export const DEFAULT_TEMPERATURE: Temperature = { standardDeviations: 0.3 };

/** τ as a number in the units of the scores. Where all scores are equal a relative τ is 1: the weights are uniform. */
export function absoluteTemperature(scores: PatchValues, tau: Temperature): number {
  if (typeof tau === "number") {
    require(tau > 0 && Number.isFinite(tau), `τ is ${tau}, but must be a number above 0`);
    return tau;
  }
  const factor = tau.standardDeviations;
  require(factor > 0 && Number.isFinite(factor), `τ is ${factor} standard deviations, but must be above 0`);
  const mean = scores.data.reduce((sum, score) => sum + score, 0) / scores.data.length;
  const variance = scores.data.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.data.length;
  return factor * Math.sqrt(variance) || 1;
}

/**
 * Soft weights (eq. 5): α_m^i ∝ exp(s_m / τ), each image's weights sum to 1. A small τ tends to the
 * single most anomalous patch, a large one to uniform weights.
 *
 * @throws {AnomalyClusterError} `bad-argument` when τ is not above 0.
 */
export function softWeights(scores: PatchValues, options: { readonly tau?: Temperature } = {}): PatchValues {
  const tau = absoluteTemperature(scores, options.tau ?? DEFAULT_TEMPERATURE);
  const { count, patches } = scores;
  const data = new Float32Array(scores.data.length);
  for (let i = 0; i < count; i++) {
    const row = scores.data.subarray(i * patches, (i + 1) * patches);
    const largest = row.reduce((most, score) => Math.max(most, score), -Infinity);
    const powers = Float64Array.from(row, (score) => Math.exp((score - largest) / tau));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (let m = 0; m < patches; m++) data[i * patches + m] = powers[m] / sum;
  }
  return { data, count, patches };
}
