/**
 * Anomaly clustering: sorts images of one product or texture into groups by kind of defect, after Sohn
 * et al., "Anomaly Clustering: Grouping Images into Coherent Clusters of Anomaly Types" (WACV 2023).
 *
 * @module
 */

export { AnomalyClusterError, type ErrorCode } from "./src/errors.ts";
export type { DistanceMatrix, Embeddings, PatchSet, PatchValues, Raster } from "./src/types.ts";
export { init } from "./src/core/instance.ts";
export { decodeImage, initDecoders } from "./src/image/decode.ts";
export { resize } from "./src/image/resize.ts";
export { type Embedder, joinPatches } from "./src/embed/embedder.ts";
export { DEFAULT_MODEL, onnxEmbedder, type OnnxEmbedderOptions } from "./src/embed/onnx.ts";
export {
  type PatchMinima,
  patchMinima,
  patchScores,
  type ScoreReduction,
  type WorkOptions,
} from "./src/distance/patch_minima.ts";
export { euclideanDistances, weightedAverage } from "./src/distance/weighted_average.ts";
export { absoluteTemperature, softWeights, type Temperature } from "./src/weight/soft.ts";
export { uniformWeights } from "./src/weight/uniform.ts";
export { type Linkage, linkage, type LinkageMethod } from "./src/cluster/linkage.ts";
export { cut } from "./src/cluster/cut.ts";
export { chooseGroupCount, type GroupCountChoice } from "./src/cluster/choose_k.ts";
export { medoids } from "./src/cluster/medoid.ts";
export { type Contingency, contingencyTable, type Label } from "./src/metric/contingency.ts";
export { completeness, homogeneity, normalizedMutualInformation } from "./src/metric/information.ts";
export { adjustedRandIndex } from "./src/metric/adjusted_rand_index.ts";
export { type F1Score, f1Score } from "./src/metric/f1_score.ts";
export { purity } from "./src/metric/purity.ts";
export { silhouette } from "./src/metric/silhouette.ts";
export {
  clusterImages,
  type ClusterOptions,
  clusterPatches,
  type ClusterResult,
  type Weighting,
} from "./src/pipeline.ts";
