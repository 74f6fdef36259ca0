import { checkPointCount, doubleDistances, SINGLE_PRECISION_FROM, singleDistances } from "../core/linkage_kernel.ts";
import { ensure } from "../errors.ts";
import type { DistanceMatrix, Embeddings, PatchSet, PatchValues } from "../types.ts";

/**
 * Averages each image's patches by their weights into one embedding Σ_m α_m^i z_m^i: `[count, channels]`.
 *
 * @throws {AnomalyClusterError} `bad-argument` when weights and patches differ in shape.
 */
export function weightedAverage(patches: PatchSet, weights: PatchValues): Embeddings {
  const { count, channels } = patches;
  const perImage = patches.rows * patches.cols;
  ensure(
    weights.count === count && weights.patches === perImage,
    `weights of ${weights.count} images × ${weights.patches} patches do not fit ${count} × ${perImage}`,
  );
  const data = new Float32Array(count * channels);
  const sum = new Float64Array(channels);
  for (let i = 0; i < count; i++) {
    sum.fill(0);
    for (let m = 0; m < perImage; m++) {
      const weight = weights.data[i * perImage + m];
      if (weight === 0) continue;
      const at = (i * perImage + m) * channels;
      for (let channel = 0; channel < channels; channel++) sum[channel] += weight * patches.data[at + channel];
    }
    data.set(sum, i * channels);
  }
  return { data, count, channels };
}

/**
 * Euclidean distances between all embeddings. With uniform weights this is the paper's "average" distance. It is
 * computed in float64 below 5,000 embeddings, and in float32 from there on.
 *
 * @throws {AnomalyClusterError} `too-large` above 32,500 embeddings: no linkage could take their distances.
 */
export function euclideanDistances(embeddings: Embeddings): DistanceMatrix {
  const { data: values, count, channels } = embeddings;
  checkPointCount(count);
  if (count >= SINGLE_PRECISION_FROM) {
    return { data: singleDistances(Float32Array.from(values), count, channels), count };
  }
  return { data: doubleDistances(values, count, channels), count };
}

/**
 * Puts several embeddings of the same images side by side. Each is divided by the mean distance between its images, so
 * that all have the same weight (or the given shares). A single one is returned unchanged.
 */
export function sideBySide(all: readonly Embeddings[], shares: readonly number[] = all.map(() => 1)): Embeddings {
  return joined(all, scalesOf(all, shares));
}

/** Factors for putting embeddings side by side. With these, squared distances add up in proportion to the shares. */
export function scalesOf(
  all: readonly Embeddings[],
  shares: readonly number[],
  scale: (embedding: Embeddings) => number = scaleOf,
): number[] {
  return all.length === 1 ? [1] : all.map((one, at) => Math.sqrt(shares[at]) * scale(one));
}

/** One over the mean distance between different images; 1 if all distances are zero. */
export function scaleOf(embeddings: Embeddings): number {
  const { data, count } = euclideanDistances(embeddings);
  let sum = 0;
  for (const distance of data) sum += distance;
  return sum > 0 ? count * (count - 1) / sum : 1;
}

/** Puts embeddings of the same images side by side, each multiplied by its factor. */
export function joined(all: readonly Embeddings[], scales: readonly number[]): Embeddings {
  if (all.length === 1 && scales[0] === 1) return all[0];
  const [{ count }] = all;
  const channels = all.reduce((sum, one) => sum + one.channels, 0);
  const data = new Float32Array(count * channels);
  let first = 0;
  all.forEach((one, at) => {
    for (let i = 0; i < count; i++) {
      for (let channel = 0; channel < one.channels; channel++) {
        data[i * channels + first + channel] = one.data[i * one.channels + channel] * scales[at];
      }
    }
    first += one.channels;
  });
  return { data, count, channels };
}
