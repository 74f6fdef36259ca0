// Chooses which images a page shows when there are more than it can hold.

import { euclideanDistances } from "../distance/weighted_average.ts";
import { someEmbeddings } from "../embed/embedder.ts";
import type { Embeddings, PatchValues } from "../types.ts";
import type { ClusterResult } from "../pipeline.ts";

/** Most images of a page, and most of one group. */
const [MOST, MOST_OF_GROUP] = [2000, 60];

/**
 * Chooses images of each group: half of them nearest to the medoid, the others spread evenly over the larger distances.
 * So one sees what is typical and how far the group reaches. Indices are ascending.
 */
export function shownImages(result: Pick<ClusterResult, "groups" | "medoids" | "distances" | "k">): number[] {
  const { groups, medoids, distances, k } = result;
  const most = Math.max(2, Math.min(MOST_OF_GROUP, Math.floor(MOST / k)));
  const members: number[][] = Array.from({ length: k }, () => []);
  groups.forEach((group, image) => members[group].push(image));
  return members.flatMap((all, group) => {
    const distance = (image: number) => image === medoids[group] ? -1 : distances[image];
    if (all.length <= most) return all;
    const sorted = all.sort((a, b) => distance(a) - distance(b) || a - b);
    const typical = sorted.slice(0, most / 2);
    const rest = sorted.slice(typical.length);
    const others = most - typical.length;
    const step = (rest.length - 1) / Math.max(1, others - 1);
    return [...typical, ...Array.from({ length: others }, (_, at) => rest[Math.round(at * step)])];
  }).sort((a, b) => a - b);
}

/**
 * Returns the part of a result that a page needs for some of the images. The tree is left out, as it joins all images.
 */
export function resultOf(
  { tree: _, ...result }: Omit<ClusterResult, "matrix"> & { readonly embeddings: Embeddings },
  chosen: readonly number[],
): ClusterResult {
  const place = new Map(chosen.map((image, at) => [image, at]));
  const embeddings = someEmbeddings(result.embeddings, chosen);
  const { data, patches } = result.weights;
  const weights: PatchValues = { data: new Float32Array(chosen.length * patches), count: chosen.length, patches };
  chosen.forEach((i, at) => weights.data.set(data.subarray(i * patches, (i + 1) * patches), at * patches));
  return {
    ...result,
    groups: Int32Array.from(chosen, (i) => result.groups[i]),
    distances: Float64Array.from(chosen, (i) => result.distances[i]),
    outliers: Uint8Array.from(chosen, (i) => result.outliers[i]),
    scores: Float64Array.from(chosen, (i) => result.scores[i]),
    medoids: result.medoids.map((medoid) => place.get(medoid)!),
    matrix: euclideanDistances(embeddings),
    weights,
    embeddings,
  };
}
