// The nearest-neighbour chain on the WASM core.

import { AnomalyClusterError } from "../errors.ts";
import type { Distances } from "../types.ts";
import { withRegion } from "./memory.ts";

/** The reducible linkages. */
export type LinkageMethod = "single" | "complete" | "average" | "ward";

const METHODS: Readonly<Record<LinkageMethod, number>> = { single: 0, complete: 1, average: 2, ward: 3 };

/** From here on distances are kept as float32: half the memory and time, heights to about 1e-6. */
export const SINGLE_PRECISION_FROM = 5000;

/** Most points whose float32 matrix fits into the 4 GiB of a WASM memory. */
export const MOST_POINTS = 32500;

/** Throws `too-large` above {@linkcode MOST_POINTS}. */
export function checkPointCount(count: number): void {
  if (count <= MOST_POINTS) return;
  throw new AnomalyClusterError(
    "too-large",
    `a linkage of ${count} points needs ${
      (count ** 2 * 4 / 2 ** 30).toFixed(1)
    } GiB of WASM memory, which ends at 4: ` +
      `${MOST_POINTS} points fit: take a sample or parts of them, or the function kmeans, which needs no matrix`,
  );
}

/**
 * Merges in the order of the chain, `[count - 1, 3]`: a point of either cluster, and the distance. `fill` writes row i
 * of the distances; for Ward these and the merges' are squared.
 */
export function chainMerges(
  fill: (i: number, row: Distances) => void,
  count: number,
  method: LinkageMethod,
): Float64Array {
  checkPointCount(count);
  const width = count < SINGLE_PRECISION_FROM ? 8 : 4;
  return withRegion((region) => {
    const padded = Math.ceil(count * width / 16) * 16 / width;
    const matrix = region.allocate(count * padded * width);
    const [sizes, closed] = [region.allocate(padded * width), region.allocate(padded * width)];
    const [names, order] = [region.allocate(count * 4), region.allocate(count * 8)];
    const merges = region.allocate((count - 1) * 24);
    const view = (address: number, length: number) => {
      return width === 8 ? region.doubles(address, length) : region.floats(address, length);
    };
    for (let i = 0; i < count; i++) {
      const row = view(matrix + i * padded * width, count);
      fill(i, row);
      row[i] = Infinity;
    }
    view(sizes, padded).fill(0).fill(1, 0, count);
    view(closed, padded).fill(Infinity).fill(0, 0, count);
    const numbers = region.ints(names, count);
    for (let i = 0; i < count; i++) numbers[i] = i;
    const chain = width === 8 ? region.core.nearestNeighbourChain : region.core.nearestNeighbourChain32;
    region.core.startChain(count);
    while (chain(METHODS[method], count, padded * width, matrix, sizes, closed, names, order, merges));
    return region.doubles(merges, (count - 1) * 3).slice();
  });
}

/** Euclidean distances of all pairs of `count` points in float32: `[count, count]`. */
export function singleDistances(points: Float32Array, count: number, channels: number): Float32Array {
  return withRegion((region) => {
    const at = region.copyIn(points);
    const row = region.allocate(count * 4);
    const distances = new Float32Array(count * count);
    for (let i = 0; i < count; i++) {
      region.core.distancesTo(at + i * channels * 4, at, count, channels, row);
      distances.set(region.floats(row, count), i * count);
    }
    return distances;
  });
}
