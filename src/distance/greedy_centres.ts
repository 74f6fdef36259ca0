import type { Embeddings } from "../types.ts";

/**
 * Greedy k-centre (Gonzalez 1985; PatchCore's coreset, Roth et al. 2022): chooses vectors that cover all. The first is the
 * farthest from the mean, and each next one is the farthest from those already chosen. Returned in ascending order; fewer
 * than `wanted` if all others are equal to chosen ones.
 */
export function greedyCentres({ data, count, channels }: Embeddings, wanted: number): number[] {
  const centre = new Float64Array(channels);
  for (let at = 0; at < data.length; at++) centre[at % channels] += data[at] / count;
  const nearest = new Float64Array(count).fill(Infinity);
  const chosen: number[] = [];
  let from: ArrayLike<number> = centre;
  while (chosen.length < wanted) {
    let farthest = 0;
    for (let i = 0; i < count; i++) {
      let squared = 0;
      for (let channel = 0; channel < channels; channel++) {
        squared += (data[i * channels + channel] - from[channel]) ** 2;
      }
      // The mean only serves to find the first vector. Distances to it are then forgotten.
      nearest[i] = chosen.length < 2 ? squared : Math.min(nearest[i], squared);
      if (nearest[i] > nearest[farthest]) farthest = i;
    }
    chosen.push(farthest);
    from = data.subarray(farthest * channels, (farthest + 1) * channels);
    if (nearest[farthest] === 0) break;
  }
  return [...new Set(chosen)].sort((a, b) => a - b);
}
