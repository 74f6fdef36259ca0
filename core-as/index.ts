// What the host (src/core/) may call. README.md says what is computed, and defines the terms of all files here.

export {
  copyInOrder,
  copyParts,
  distancesTo,
  farthestSquared,
  nearestSquared,
  reduceMinima,
  repeatsInFours,
  sumDistances,
} from "./distance";
export { euclideanMatrix } from "./euclidean";
export { quantisePatches } from "./quantise";
export { measuredDistances, refinedPairs } from "./survivors";
export { pairMinima } from "./pairs";
export { multipliesBytes, quantiseQuads, rotatePatches } from "./quads";
export { directedHausdorff, hausdorffTiles } from "./hausdorff";
export { quantiseBytes } from "./bytes";
export { projectPatches } from "./projection";
export { nearerByQuads } from "./quad_references";
export { nearerReferences, referenceDistances, referenceTiles } from "./references";
export { deviationOf, keepNearest, meanOf, ranked } from "./neighbours";
export {
  admitDistances,
  admitDistances32,
  nearestNeighbourChain,
  nearestNeighbourChain32,
  startChain,
} from "./linkage";
export { centroidChain, centroidDistances, startCentroidChain } from "./centroids";
export { columnMeans, transpose } from "./means";
export { resampleColumns, resampleRows } from "./resample";

/** Address of the first byte that the host may use. */
export const heapBase: usize = __heap_base;
