import type { DistanceMatrix } from "../types.ts";

/** Nearest images that an image's isolation is the mean distance to. */
const NEIGHBOURS = 5;

/**
 * Images that fit nowhere, 1 for each, else 0: those whose mean distance to their five nearest images (Ramaswamy et al.
 * 2000) lies beyond the outer fence of all images', the upper quartile plus three interquartile ranges (Tukey 1977); and
 * members of groups smaller than `smallest`.
 */
export function outliers(distances: DistanceMatrix, groups: Int32Array, smallest: number): Uint8Array {
  const { data, count } = distances;
  const isolation = Float64Array.from({ length: count }, (_, i) => {
    const sorted = Float64Array.from(data.subarray(i * count, (i + 1) * count)).sort();
    const nearest = sorted.subarray(1, 1 + NEIGHBOURS); // The first is the image itself.
    return nearest.reduce((sum, distance) => sum + distance, 0) / Math.max(1, nearest.length);
  });
  const sorted = isolation.toSorted();
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = upper + 3 * (upper - lower);
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return Uint8Array.from(groups, (group, i) => Number(isolation[i] > fence || sizes.get(group)! < smallest));
}

/** Between the two nearest of ascending values. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
