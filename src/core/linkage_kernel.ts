// The nearest-neighbour chain on the WASM core.

import { withRegion } from "./memory.ts";

/** The reducible linkages. */
export type LinkageMethod = "single" | "complete" | "average" | "ward";

const METHODS: Readonly<Record<LinkageMethod, number>> = { single: 0, complete: 1, average: 2, ward: 3 };

/** Merges in the order of the chain, `[count - 1, 3]`: a point of either cluster, and the distance (squared for Ward). */
export function chainMerges(distances: Float64Array, count: number, method: LinkageMethod): Float64Array {
  return withRegion((region) => {
    const matrix = region.allocate(count * count * 8);
    const sizes = region.allocate(count * 8);
    const chain = region.allocate(count * 4);
    const merges = region.allocate((count - 1) * 24);
    const view = region.doubles(matrix, count * count);
    view.set(distances);
    if (method === "ward") { for (let i = 0; i < view.length; i++) view[i] *= view[i]; }
    for (let i = 0; i < count; i++) view[i * count + i] = Infinity;
    region.doubles(sizes, count).fill(1);
    region.core.nearestNeighbourChain(METHODS[method], count, matrix, sizes, chain, merges);
    return region.doubles(merges, (count - 1) * 3).slice();
  });
}
