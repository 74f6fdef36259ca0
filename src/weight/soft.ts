import { ensure } from "../errors.ts";
import type { PatchValues } from "../types.ts";

/**
 * Temperature τ, in one of three forms: a number in the units of the scores; a multiple of the standard deviation of
 * all scores; or a perplexity, from which each image gets its own τ. The perplexity is the exponential of the weights'
 * entropy, given as a share of the image's patches from above 0 to below 1. The number of patches that effectively
 * count is then the same for every image, whatever its contrast.
 */
export type Temperature =
  | number
  | { readonly standardDeviations: number }
  | {
    readonly perplexity: number;
    /** Its share of a consensus, from above 0 to 1. @default the same for each */
    readonly share?: number;
  };

/** Whether a temperature is a perplexity. */
export function isPerplexity(tau: Temperature): tau is Extract<Temperature, { readonly perplexity: number }> {
  return typeof tau === "object" && "perplexity" in tau;
}

/** The τ that is used if none is given: 0.3 standard deviations of the scores, whatever the network's scale. */
export const DEFAULT_TEMPERATURE: Temperature = { standardDeviations: 0.3 };

/**
 * τ as a number in the units of the scores; `undefined` if each image has its own τ. If all scores are equal, a
 * relative τ is 1, which makes the weights uniform.
 */
export function absoluteTemperature(scores: PatchValues, tau: Temperature): number | undefined {
  if (typeof tau === "number") {
    ensure(tau > 0 && Number.isFinite(tau), `τ is ${tau}, but must be a number above 0`);
    return tau;
  }
  if ("perplexity" in tau) {
    const share = tau.perplexity;
    ensure(share > 0 && share < 1, `the perplexity is ${share} of the patches, but must be above 0 and below 1`);
    return undefined;
  }
  const factor = tau.standardDeviations;
  ensure(factor > 0 && Number.isFinite(factor), `τ is ${factor} standard deviations, but must be above 0`);
  const mean = scores.data.reduce((sum, score) => sum + score, 0) / scores.data.length;
  const variance = scores.data.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.data.length;
  return factor * Math.sqrt(variance) || 1;
}

/**
 * Soft weights (eq. 5): α_m^i ∝ exp(s_m / τ). Each image's weights sum to 1. A small τ gives nearly all weight to the
 * single most anomalous patch, a large one gives nearly uniform weights.
 *
 * @throws {AnomalyClusterError} `bad-argument` when τ is not above 0.
 */
export function softWeights(scores: PatchValues, options: { readonly tau?: Temperature } = {}): PatchValues {
  const tau = absoluteTemperature(scores, options.tau ?? DEFAULT_TEMPERATURE);
  const { count, patches } = scores;
  const data = new Float32Array(scores.data.length);
  for (let i = 0; i < count; i++) {
    const row = scores.data.subarray(i * patches, (i + 1) * patches);
    const own = tau ?? temperatureFor(row, (options.tau as { perplexity: number }).perplexity * patches);
    data.set(normalisedPowers(row, own), i * patches);
  }
  return { data, count, patches };
}

function normalisedPowers(scores: Float32Array, tau: number): Float64Array {
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const powers = Float64Array.from(scores, (score) => Math.exp((score - largest) / tau));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Most steps to a temperature. Some ten are the rule; more are halvings, which always come to an end. */
const MOST_STEPS = 60;
/** Logarithms of a temperature that differ by less are the same, and to how much of it they are kept. */
const [EXACT, PRECISION] = [1e-12, 1e-9];

/**
 * Finds the τ at which the weights have the perplexity `wanted`, by Newton's method on the logarithm of τ: the entropy grows
 * with τ, by the variance of x / τ. A step that leaves the interval where τ must be is replaced by a halving of it.
 */
function temperatureFor(scores: Float32Array, wanted: number): number {
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const range = largest - scores.reduce((least, score) => Math.min(least, score), Infinity);
  if (range === 0) return 1;
  let [low, high] = [Math.log(range) - 12, Math.log(range) + 12];
  const below = Float64Array.from(scores, (score) => score - largest);
  const entropy = Math.log(wanted);
  let at = Math.log(range) - 2; // Near the τ of common scores and perplexities.
  for (let step = 0; step < MOST_STEPS; step++) {
    const found = entropyAt(below, Math.exp(at));
    if (found.entropy < entropy) low = at;
    else high = at;
    const newton = at + (entropy - found.entropy) / found.variance;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const isThere = Math.abs(next - at) < EXACT;
    at = next;
    if (isThere) break;
  }
  // Rounded, because the last digits of exponentials differ between runtimes.
  return Math.exp(Math.round(at / PRECISION) * PRECISION);
}

/** The entropy of weights ∝ exp(x / τ), and the variance of x / τ by these weights. */
function entropyAt(below: Float64Array, tau: number): { entropy: number; variance: number } {
  let [sum, products, squares] = [0, 0, 0];
  for (let at = 0; at < below.length; at++) {
    const x = below[at] / tau;
    const power = Math.exp(x);
    sum += power;
    products += power * x;
    squares += power * x * x;
  }
  const mean = products / sum;
  return { entropy: Math.log(sum) - mean, variance: squares / sum - mean * mean };
}
