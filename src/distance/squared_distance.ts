import type { Embeddings } from "../types.ts";

/** Squared distance of a vector to one of another set. */
export function squaredDistance(a: Embeddings, i: number, b: Embeddings, j: number): number {
  const { channels } = a;
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const difference = a.data[i * channels + channel] - b.data[j * channels + channel];
    sum += difference * difference;
  }
  return sum;
}
