/**
 * Measures how good groups are, with or without true labels. Plain arithmetic: uses no WASM and loads nothing.
 *
 * @module
 */

export { AnomalyClusterError, type ErrorCode } from "./src/errors.ts";
export type { Distances, Embeddings } from "./src/types.ts";
export { type Contingency, contingencyTable, type Label } from "./src/metric/contingency.ts";
export { completeness, homogeneity, normalizedMutualInformation } from "./src/metric/information.ts";
export { adjustedRandIndex } from "./src/metric/adjusted_rand_index.ts";
export { type F1Score, f1Score } from "./src/metric/f1_score.ts";
export { purity } from "./src/metric/purity.ts";
export { type PurityCurve, purityCurve } from "./src/metric/purity_curve.ts";
export { silhouette } from "./src/metric/silhouette.ts";
export { calinskiHarabasz, daviesBouldin } from "./src/metric/centroid_indices.ts";
