import { eachDistanceRow } from "../core/linkage_kernel.ts";
import { someEmbeddings } from "../embed/embedder.ts";
import type { DistanceMatrix, Distances, Embeddings } from "../types.ts";

/** How many nearest images an image's isolation is measured from. */
const NEIGHBOURS = 5;

/**
 * Finds images that fit nowhere: 1 for each of these, else 0. There are two kinds. First, images whose mean distance to
 * their five nearest images (Ramaswamy et al. 2000) lies beyond the outer fence: the upper quartile over all images
 * plus three interquartile ranges (Tukey 1977). Second, members of groups smaller than `smallest`.
 */
export function outliers(distances: DistanceMatrix, groups: Int32Array, smallest: number): Uint8Array {
  const { data, count } = distances;
  const isolation = Float64Array.from({ length: count }, (_, i) => {
    return isolationOf(data.subarray(i * count, (i + 1) * count), i);
  });
  return beyondFence(isolation, groups, smallest);
}

/** The same, but with the nearest images of a sample: for sets so large that not all distances can be computed. */
export function outliersBySample(
  embeddings: Embeddings,
  sample: readonly number[],
  groups: Int32Array,
  smallest: number,
): Uint8Array {
  const { data, count, channels } = embeddings;
  const isolation = new Float64Array(count);
  const place = new Map(sample.map((image, at) => [image, at]));
  const chosen = Float32Array.from(someEmbeddings(embeddings, sample).data);
  const vectors = data instanceof Float32Array ? data : Float32Array.from(data);
  eachDistanceRow(vectors, chosen, channels, (i, row) => {
    isolation[i] = isolationOf(row, place.get(i));
  });
  return beyondFence(isolation, groups, smallest);
}

/** Mean of the smallest distances to other images. The image itself does not count. */
function isolationOf(distances: Distances, itself: number | undefined): number {
  const others = distances.length - (itself === undefined ? 0 : 1);
  const nearest = new Float64Array(Math.min(NEIGHBOURS, others)).fill(Infinity); // Ascending.
  for (let j = 0; j < distances.length; j++) {
    if (j === itself || !(distances[j] < nearest[nearest.length - 1])) continue;
    let at = nearest.length - 1;
    for (; at > 0 && nearest[at - 1] > distances[j]; at--) nearest[at] = nearest[at - 1];
    nearest[at] = distances[j];
  }
  return nearest.reduce((sum, distance) => sum + distance, 0) / Math.max(1, nearest.length);
}

function beyondFence(isolation: Float64Array, groups: Int32Array, smallest: number): Uint8Array {
  const sorted = isolation.toSorted();
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = upper + 3 * (upper - lower);
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return Uint8Array.from(groups, (group, i) => Number(isolation[i] > fence || sizes.get(group)! < smallest));
}

/** The quantile of ascending values, interpolated between the two nearest ones. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
