// The tasks that need all minima of a patch at once. Each task compares a block of images with all others.

import type { CoreMemory } from "./core_memory.ts";
import { FEW, type PairComparison } from "./pair_search.ts";
import type { NeighboursOutput, PairWork, RunTask } from "./work.ts";

/** Reserves the memory that the tasks need. Returns a function that does one task. */
export function neighbourTasks(
  memory: CoreMemory,
  { images: { data, count, patches, channels }, order, block }: PairWork,
  { quantile, against, scores, residuals, standardErrors }: NeighboursOutput,
  comparison: PairComparison,
): RunTask {
  const { core } = memory;
  const { there, places, right, own } = comparison;
  /**
   * How many images there are to compare with, and how many distances a patch gets at most. The images are all others,
   * or the first `against` ones, which may contain equal images.
   */
  const [others, most] = against === undefined ? [count, count - 1] : [against, against];
  /** For each patch of a block, `most` distances and the sum of its nearest patches. */
  const distances = memory.reserve(block * patches * most * 4);
  const sums = residuals ? memory.reserve(block * patches * channels * 4) : 0;

  /**
   * Compares the images from `from` up to `end` with all others. `seen` counts how many distances each image has so
   * far.
   */
  function compare(from: number, end: number, seen: Int32Array): number {
    let pairs = 0;
    for (let fromOther = 0; fromOther < others; fromOther += FEW) {
      const endOther = Math.min(others, fromOther + FEW);
      for (let i = from; i < end; i++) {
        for (let j = fromOther; j < endOther; j++) {
          if (i === j) continue;
          pairs++;
          comparison.minima(i, j, false);
          // One of the first images may be equal to this one. Then it is not counted as a neighbour.
          if (against !== undefined && memory.floats(there, patches).every((squared) => squared === 0)) continue;
          const into = distances + ((i - from) * patches * most + seen[i - from]++) * 4;
          const sum = sums && sums + (i - from) * patches * channels * 4;
          const other = right(j).address;
          core.keepNearest(there, places, patches, other, channels, own, into, most * 4, sum);
        }
      }
    }
    return pairs;
  }

  /** The score of a patch with `number` distances, and its standard error if that is asked for. */
  function score(values: number, number: number): [score: number, standardError: number] {
    if (quantile === "mean") {
      const mean = core.meanOf(values, number);
      return [mean, standardErrors ? core.deviationOf(values, number, mean) / Math.sqrt(number) : 0];
    }
    const rank = Math.min(number - 1, Math.floor(quantile * number));
    const found = core.ranked(values, number, rank);
    if (!standardErrors) return [found, 0];
    const ranks = Math.max(1, Math.round(Math.sqrt(number * quantile * (1 - quantile))));
    const high = core.ranked(values, number, Math.min(number - 1, rank + ranks));
    return [found, (high - core.ranked(values, number, Math.max(0, rank - ranks))) / 2];
  }

  return ({ a }) => {
    const from = (against ?? 0) + a * block;
    const end = Math.min(count, from + block);
    const seen = new Int32Array(end - from);
    if (residuals) memory.floats(sums, block * patches * channels).fill(0);
    const pairs = compare(from, end, seen);
    const nearest = memory.floats(sums, residuals ? (end - from) * patches * channels : 0);
    for (let at = 0; at < (end - from) * patches; at++) {
      const number = seen[Math.floor(at / patches)];
      if (number === 0) continue;
      const to = from * patches + at;
      const [found, standardError] = score(distances + at * most * 4, number);
      scores[to] = found;
      if (standardErrors) standardErrors[to] = standardError;
      if (!residuals) continue;
      // Outputs have the patches in the order of the work; the embeddings have them in their own order.
      const embedded = order ? to - at % patches + order[at % patches] : to;
      for (let channel = 0; channel < channels; channel++) {
        const mean = nearest[at * channels + channel] / number;
        residuals[to * channels + channel] = data[embedded * channels + channel] - mean;
      }
    }
    return pairs;
  };
}
