// How far a new image may lie from a group's nearest image and still belong to the group.

import { squaredDistance } from "../distance/squared_distance.ts";
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
  const nearest: number[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < embeddings.count; i++) {
    let least = Infinity;
    let isCopy = false;
    for (let j = 0; j < embeddings.count; j++) {
      if (j === i || groups[j] !== groups[i]) continue;
      const squared = squaredDistance(embeddings, i, embeddings, j);
      if (squared > 0) least = Math.min(least, squared);
      else isCopy ||= j < i;
    }
    if (least < Infinity && !isCopy) nearest[groups[i]].push(Math.sqrt(least));
  }
  const common = quantile(nearest.flat());
  return Float64Array.from(nearest, (own) => {
    const share = own.length / (own.length + PRIOR_IMAGES);
    return FACTOR * (share * quantile(own) + (1 - share) * common);
  });
}

/** The quantile of a list, interpolated between values; 0 for an empty list. */
function quantile(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const place = QUANTILE * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
