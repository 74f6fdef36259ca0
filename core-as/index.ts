// The numeric core: everything that touches every patch, every pair of images or every pixel.
// It imports nothing; the host lays out memory and passes addresses (see src/core/memory.ts).

export { directMinima, packPatches, pairMinima, reduceMinima, refineMinima, sumDistances } from "./patches";
export { nearestNeighbourChain } from "./linkage";
export { resampleColumns, resampleRows } from "./resample";

/** First byte that the host may use. */
export const heapBase: usize = __heap_base;
