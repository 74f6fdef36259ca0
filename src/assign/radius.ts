// How far a new image may lie from a group's nearest image and still belong to the group.

import { euclideanDistances } from "../distance/weighted_average.ts";
import { someEmbeddings } from "../embed/embedder.ts";
import type { Embeddings } from "../types.ts";

/** Share of a group's own images that lie within its radius before the factor. */
const QUANTILE = 0.95;

/** Leaves room for new images that are like those of the group. */
const FACTOR = 1.25;

/**
 * The quantile of all groups together counts as much as so many images of a group: the quantile of a few images alone
 * is hardly reliable.
 */
const PRIOR_IMAGES = 4;

/** The radius of each group. Equal images count once. */
export function groupRadii(embeddings: Embeddings, groups: ArrayLike<number>, count: number): Float64Array {
  const members: number[][] = Array.from({ length: count }, () => []);
  for (let image = 0; image < embeddings.count; image++) members[groups[image]].push(image);
  const nearest = members.map((own) => nearestDistances(someEmbeddings(embeddings, own)));
  const common = quantile(nearest.flat());
  return Float64Array.from(nearest, (own) => {
    const share = own.length / (own.length + PRIOR_IMAGES);
    return FACTOR * (share * quantile(own) + (1 - share) * common);
  });
}

/** The distance of each image to the nearest that is not equal to it. Of equal images, only the first has one. */
function nearestDistances(group: Embeddings): number[] {
  const { count } = group;
  if (count < 2) return [];
  const { data } = euclideanDistances(group);
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = data.subarray(i * count, (i + 1) * count);
    if (row.indexOf(0) < i) continue;
    let least = Infinity;
    for (const distance of row) if (distance > 0 && distance < least) least = distance;
    if (least < Infinity) found.push(least);
  }
  return found;
}

/** The quantile of a list, interpolated between values; 0 for an empty list. */
function quantile(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const place = QUANTILE * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
