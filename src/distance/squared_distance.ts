import type { Embeddings } from "../types.ts";

/** Squared distance between vector i of one set and vector j of another. */
export function squaredDistance(a: Embeddings, i: number, b: Embeddings, j: number): number {
  const { channels } = a;
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const difference = a.data[i * channels + channel] - b.data[j * channels + channel];
    sum += difference * difference;
  }
  return sum;
}
