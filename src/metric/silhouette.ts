import type { DistanceMatrix } from "../types.ts";

/**
 * Mean silhouette (Rousseeuw 1987), from −1 to 1: how much nearer points are to their own group than to the nearest
 * other group. Points that are alone in their group count as 0. With a single group the value is 0.
 */
export function silhouette(distances: DistanceMatrix, labels: ArrayLike<number>): number {
  const { data, count } = distances;
  const names = [...new Set(Array.from(labels))];
  if (names.length < 2) return 0;
  const groupOf = Array.from(labels, (label) => names.indexOf(label));
  const sizes = names.map((_, group) => groupOf.filter((other) => other === group).length);
  const sums = new Float64Array(names.length);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const own = groupOf[i];
    if (sizes[own] === 1) continue;
    sums.fill(0);
    for (let j = 0; j < count; j++) sums[groupOf[j]] += data[i * count + j];
    const within = sums[own] / (sizes[own] - 1);
    let nearest = Infinity;
    for (let group = 0; group < names.length; group++) {
      if (group !== own) nearest = Math.min(nearest, sums[group] / sizes[group]);
    }
    const wider = Math.max(within, nearest);
    if (wider > 0) total += (nearest - within) / wider;
  }
  return total / count;
}
