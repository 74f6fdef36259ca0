import { ensure } from "../errors.ts";
import type { DistanceMatrix } from "../types.ts";
import { seededRandom } from "../random.ts";

/** Outcome of {@linkcode kmedoids}. */
export interface KMedoidsResult {
  /** Group of each point, from 0. */
  readonly labels: Int32Array;
  /** The points at the groups' centres. */
  readonly medoids: Int32Array;
  /** Sum of distances to the medoids. */
  readonly cost: number;
}

/**
 * K-medoids by eager swaps (FasterPAM: Schubert and Rousseeuw 2021) from random starts. One pass over the points finds
 * the cost of swapping a point for each of the medoids.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless 1 ≤ k ≤ the number of points.
 */
export function kmedoids(
  distances: DistanceMatrix,
  options: { readonly k: number; readonly seed?: number; readonly restarts?: number },
): KMedoidsResult {
  const { k, seed = 0, restarts = 10 } = options;
  const { count } = distances;
  ensure(Number.isInteger(k) && k >= 1 && k <= count, `${k} groups of ${count} points are not possible`);
  const random = seededRandom(seed);
  let best: KMedoidsResult | undefined;
  for (let start = 0; start < restarts; start++) {
    const result = swapped(distances, sample(count, k, random));
    if (!best || result.cost < best.cost) best = result;
  }
  return best!;
}

/** Draws `k` different numbers below `count`. */
function sample(count: number, k: number, random: () => number): Int32Array {
  const all = Int32Array.from({ length: count }, (_, at) => at);
  for (let at = 0; at < k; at++) {
    const other = at + Math.floor(random() * (count - at));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all.slice(0, k);
}

function swapped({ data, count }: DistanceMatrix, medoids: Int32Array): KMedoidsResult {
  const k = medoids.length;
  const labels = new Int32Array(count);
  const [first, second] = [new Float64Array(count), new Float64Array(count)];
  const assign = () => {
    for (let i = 0; i < count; i++) {
      first[i] = second[i] = Infinity;
      for (let group = 0; group < k; group++) {
        // A medoid belongs to its own group, even if another medoid is at distance zero.
        const distance = medoids[group] === i ? -1 : data[i * count + medoids[group]];
        if (distance < first[i]) {
          second[i] = first[i];
          first[i] = distance;
          labels[i] = group;
        } else second[i] = Math.min(second[i], distance);
      }
      first[i] = Math.max(first[i], 0);
    }
  };
  assign();
  let since = 0;
  for (let candidate = 0; since < count; candidate = (candidate + 1) % count, since++) {
    if (medoids.includes(candidate)) continue;
    // The change of cost: a part that all swaps share, and a part for each medoid that would be replaced.
    let shared = 0;
    const change = new Float64Array(k);
    for (let i = 0; i < count; i++) {
      const distance = data[i * count + candidate];
      shared += Math.min(distance - first[i], 0);
      change[labels[i]] += Math.min(distance, second[i]) - Math.min(distance, first[i]);
    }
    const group = change.indexOf(Math.min(...change));
    if (shared + change[group] < -1e-12 * (1 + Math.abs(shared))) {
      medoids[group] = candidate;
      assign();
      since = 0;
    }
  }
  return { labels, medoids, cost: first.reduce((sum, distance) => sum + distance, 0) };
}
