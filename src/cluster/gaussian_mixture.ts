import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";
import { ensure } from "../errors.ts";
import type { Embeddings } from "../types.ts";
import { kmeans } from "./kmeans.ts";

/** Options of {@linkcode gaussianMixture}. */
export interface GaussianMixtureOptions {
  /** Number of groups. */
  readonly k: number;
  /** Shape of the Gaussians. @default "diagonal" */
  readonly covariance?: "diagonal" | "full";
  /** Principal components that are kept before a full covariance is fitted. @default 20 */
  readonly components?: number;
  /** Added to variances, as a share of their mean. @default 1e-3 */
  readonly regularisation?: number;
  /** The same seed gives the same groups. @default 0 */
  readonly seed?: number;
  /** The most iterations. @default 200 */
  readonly iterations?: number;
}

/** Outcome of {@linkcode gaussianMixture}. */
export interface GaussianMixtureResult {
  /** The likeliest group of each point, from 0. */
  readonly labels: Int32Array;
  /** Mean log-likelihood of a point. */
  readonly logLikelihood: number;
}

/** A Gaussian's log density at a point, plus the logarithm of its weight in the mixture. */
type LogDensity = (point: number) => number;

/**
 * Fits a mixture of Gaussians by expectation maximisation (Dempster, Laird and Rubin 1977). It starts from the groups
 * of k-means.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless 1 ≤ k ≤ the number of points.
 */
export function gaussianMixture(points: Embeddings, options: GaussianMixtureOptions): GaussianMixtureResult {
  const { k, covariance = "diagonal", regularisation = 1e-3, iterations = 200, seed = 0 } = options;
  ensure(Number.isInteger(k) && k >= 1 && k <= points.count, `${k} groups of ${points.count} points are not possible`);
  const data = covariance === "full" ? principalComponents(points, options.components ?? 20) : points;
  const { count } = data;
  const floor = regularisation * meanVariance(data) || 1e-12;
  const shares = new Float64Array(count * k);
  kmeans(data, { k, seed }).labels.forEach((label, i) => shares[i * k + label] = 1);
  let likelihood = -Infinity;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const densities = Array.from({ length: k }, (_, group) => {
      const weights = Float64Array.from({ length: count }, (_, i) => shares[i * k + group]);
      return covariance === "full" ? fullDensity(data, weights, floor) : diagonalDensity(data, weights, floor);
    });
    const next = expect(shares, densities, count);
    if (next - likelihood < 1e-6) {
      likelihood = next;
      break;
    }
    likelihood = next;
  }
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const row = shares.subarray(i * k, (i + 1) * k);
    return row.indexOf(row.reduce((most, share) => Math.max(most, share), 0));
  });
  return { labels, logLikelihood: likelihood };
}

/** Projects the points onto the directions of largest variance: `[count, at most components]`. */
export function principalComponents(points: Embeddings, components: number): Embeddings {
  const { data, count, channels } = points;
  const values = new Matrix(count, channels);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) values.set(i, channel, data[i * channels + channel]);
  }
  values.subRowVector(values.mean("column"));
  const covariance = values.transpose().mmul(values).div(count);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const kept = Math.min(components, channels, Math.max(1, count - 1));
  // Eigenvalues are ascending, so the last columns are the first components.
  const directions = eigenvectorMatrix.subMatrix(0, channels - 1, channels - kept, channels - 1);
  const projected = values.mmul(directions);
  return { data: Float32Array.from(projected.to1DArray()), count, channels: kept };
}

function meanVariance({ data, count, channels }: Embeddings): number {
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) {
      sum += data[i * channels + channel];
      squares += data[i * channels + channel] ** 2;
    }
    total += squares / count - (sum / count) ** 2;
  }
  return total / channels;
}

function weightedMean({ data, count, channels }: Embeddings, weights: Float64Array, total: number): Float64Array {
  const mean = new Float64Array(channels);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) mean[channel] += weights[i] * data[i * channels + channel];
  }
  return mean.map((value) => value / total);
}

function diagonalDensity(points: Embeddings, weights: Float64Array, floor: number): LogDensity {
  const { data, count, channels } = points;
  const total = weights.reduce((sum, weight) => sum + weight, 1e-10);
  const mean = weightedMean(points, weights, total);
  const variance = new Float64Array(channels).fill(floor);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) {
      variance[channel] += weights[i] * (data[i * channels + channel] - mean[channel]) ** 2 / total;
    }
  }
  const constant = Math.log(total / count) -
    variance.reduce((sum, value) => sum + Math.log(2 * Math.PI * value), 0) / 2;
  return (point) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += (data[point * channels + channel] - mean[channel]) ** 2 / variance[channel];
    }
    return constant - sum / 2;
  };
}

function fullDensity(points: Embeddings, weights: Float64Array, floor: number): LogDensity {
  const { data, count, channels } = points;
  const total = weights.reduce((sum, weight) => sum + weight, 1e-10);
  const mean = weightedMean(points, weights, total);
  const offset = (point: number, channel: number) => data[point * channels + channel] - mean[channel];
  const covariance = Matrix.eye(channels, channels, floor);
  for (let i = 0; i < count; i++) {
    if (weights[i] < 1e-12) continue;
    for (let a = 0; a < channels; a++) {
      const scaled = weights[i] * offset(i, a) / total;
      for (let b = 0; b <= a; b++) covariance.set(a, b, covariance.get(a, b) + scaled * offset(i, b));
    }
  }
  for (let a = 0; a < channels; a++) for (let b = 0; b < a; b++) covariance.set(b, a, covariance.get(a, b));
  const lower = new CholeskyDecomposition(covariance).lowerTriangularMatrix;
  const logDeterminant = lower.diagonal().reduce((sum, value) => sum + 2 * Math.log(value), 0);
  const constant = Math.log(total / count) - (channels * Math.log(2 * Math.PI) + logDeterminant) / 2;
  return (point) => {
    // |L⁻¹ x|² by forward substitution.
    const solved = new Float64Array(channels);
    let sum = 0;
    for (let row = 0; row < channels; row++) {
      let value = offset(point, row);
      for (let column = 0; column < row; column++) value -= lower.get(row, column) * solved[column];
      solved[row] = value / lower.get(row, row);
      sum += solved[row] ** 2;
    }
    return constant - sum / 2;
  };
}

/** Writes the share of each point in each group into `shares`, from the densities. Returns the mean log-likelihood. */
function expect(shares: Float64Array, densities: LogDensity[], count: number): number {
  const k = densities.length;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const logs = densities.map((density) => density(i));
    const largest = Math.max(...logs);
    const sum = logs.reduce((soFar, log) => soFar + Math.exp(log - largest), 0);
    logs.forEach((log, group) => shares[i * k + group] = Math.exp(log - largest) / sum);
    total += largest + Math.log(sum);
  }
  return total / count;
}
