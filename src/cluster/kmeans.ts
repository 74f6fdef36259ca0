import { ensure } from "../errors.ts";
import type { Embeddings } from "../types.ts";
import { seededRandom } from "../random.ts";

/** Options of {@linkcode kmeans}. */
export interface KMeansOptions {
  /** Number of groups. */
  readonly k: number;
  /** The same seed gives the same groups. @default 0 */
  readonly seed?: number;
  /** Number of starts. The best one is kept. @default 10 */
  readonly restarts?: number;
  /** The most iterations of one start. @default 300 */
  readonly iterations?: number;
}

/** Outcome of {@linkcode kmeans}. */
export interface KMeansResult {
  /** Group of each point, from 0. */
  readonly labels: Int32Array;
  /** `[k, channels]` */
  readonly centres: Embeddings;
  /** Sum of squared distances to the centres. */
  readonly inertia: number;
}

/**
 * K-means: Lloyd's iterations from k-means++ starts (Arthur and Vassilvitskii 2007). A group that becomes empty gets
 * the point that is farthest from its centre.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless 1 ≤ k ≤ the number of points.
 */
export function kmeans(points: Embeddings, options: KMeansOptions): KMeansResult {
  const { k, seed = 0, restarts = 10, iterations = 300 } = options;
  ensure(Number.isInteger(k) && k >= 1 && k <= points.count, `${k} groups of ${points.count} points are not possible`);
  const random = seededRandom(seed);
  let best: KMeansResult | undefined;
  for (let start = 0; start < restarts; start++) {
    const result = lloyd(points, plusPlusCentres(points, k, random), k, iterations);
    if (!best || result.inertia < best.inertia) best = result;
  }
  return best!;
}

function squaredDistance(points: Embeddings, point: number, centres: Float64Array, centre: number): number {
  const { data, channels } = points;
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const difference = data[point * channels + channel] - centres[centre * channels + channel];
    sum += difference * difference;
  }
  return sum;
}

/**
 * Draws each next centre from the points, with a probability proportional to the squared distance to the nearest centre
 * so far.
 */
function plusPlusCentres(points: Embeddings, k: number, random: () => number): Float64Array {
  const { data, count, channels } = points;
  const centres = new Float64Array(k * channels);
  const nearest = new Float64Array(count).fill(Infinity);
  let chosen = Math.floor(random() * count);
  for (let centre = 0; centre < k; centre++) {
    centres.set(data.subarray(chosen * channels, (chosen + 1) * channels), centre * channels);
    let total = 0;
    for (let i = 0; i < count; i++) {
      nearest[i] = Math.min(nearest[i], squaredDistance(points, i, centres, centre));
      total += nearest[i];
    }
    let target = random() * total;
    chosen = nearest.findIndex((distance) => (target -= distance) < 0);
    if (chosen < 0) chosen = Math.floor(random() * count); // Every point lies on a centre.
  }
  return centres;
}

function lloyd(points: Embeddings, centres: Float64Array, k: number, iterations: number): KMeansResult {
  const { data, count, channels } = points;
  const labels = new Int32Array(count).fill(-1);
  const distances = new Float64Array(count);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let moved = false;
    for (let i = 0; i < count; i++) {
      let [best, nearest] = [Infinity, 0];
      for (let centre = 0; centre < k; centre++) {
        const distance = squaredDistance(points, i, centres, centre);
        if (distance < best) [best, nearest] = [distance, centre];
      }
      moved ||= labels[i] !== nearest;
      labels[i] = nearest;
      distances[i] = best;
    }
    if (!moved) break;
    fillEmptyGroups(labels, distances, k);
    centres.fill(0);
    const sizes = new Float64Array(k);
    for (let i = 0; i < count; i++) {
      sizes[labels[i]]++;
      for (let channel = 0; channel < channels; channel++) {
        centres[labels[i] * channels + channel] += data[i * channels + channel];
      }
    }
    for (let at = 0; at < centres.length; at++) centres[at] /= sizes[Math.floor(at / channels)];
  }
  const inertia = distances.reduce((sum, distance) => sum + distance, 0);
  return { labels, centres: { data: Float32Array.from(centres), count: k, channels }, inertia };
}

function fillEmptyGroups(labels: Int32Array, distances: Float64Array, k: number): void {
  const sizes = new Int32Array(k);
  for (const label of labels) sizes[label]++;
  for (let group = 0; group < k; group++) {
    if (sizes[group]) continue;
    let farthest = -1;
    distances.forEach((distance, i) => {
      if (sizes[labels[i]] > 1 && (farthest < 0 || distance > distances[farthest])) farthest = i;
    });
    sizes[labels[farthest]]--;
    sizes[group] = 1;
    labels[farthest] = group;
    distances[farthest] = 0;
  }
}
