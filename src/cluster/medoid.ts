import type { DistanceMatrix } from "../types.ts";

/** The medoid of each group: the member with the smallest sum of distances to the others. */
export function medoids(distances: DistanceMatrix, labels: ArrayLike<number>): Int32Array {
  const { data, count } = distances;
  const groups = Math.max(...Array.from(labels)) + 1;
  const best = new Float64Array(groups).fill(Infinity);
  const found = new Int32Array(groups);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < count; j++) if (labels[j] === labels[i]) sum += data[i * count + j];
    if (sum < best[labels[i]]) {
      best[labels[i]] = sum;
      found[labels[i]] = i;
    }
  }
  return found;
}
