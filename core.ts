/**
 * The steps from patch embeddings to groups: scores, weights, distances, linkage and the other clusterers, on the WASM
 * core. Loads neither an ONNX runtime nor image codecs.
 *
 * @module
 */

export { AnomalyClusterError, type ErrorCode } from "./src/errors.ts";
export type { DistanceMatrix, Distances, Embeddings, PatchSet, PatchValues, Raster } from "./src/types.ts";
export { init } from "./src/core/instance.ts";
export type { WorkCounts } from "./src/core/tasks/work.ts";
export { ThreadPool } from "./src/core/thread_pool.ts";

export { type Embedder, joinPatches } from "./src/embed/embedder.ts";
export { fitWhitening, whiten, type Whitening, type WhiteningOptions } from "./src/embed/whiten.ts";
export {
  type PatchMinima,
  patchMinima,
  patchScores,
  type ScoreOptions,
  type ScoreReduction,
  type WorkOptions,
} from "./src/distance/patch_minima.ts";
export { normalScores } from "./src/distance/normal_scores.ts";
export { euclideanDistances, sideBySide, weightedAverage } from "./src/distance/weighted_average.ts";
export { imageDistances, type SetDistance } from "./src/distance/image_distances.ts";
export { buildCodebook, pool, type Pooling } from "./src/distance/pooling.ts";
export { absoluteTemperature, softWeights, type Temperature } from "./src/weight/soft.ts";
export { uniformWeights } from "./src/weight/uniform.ts";
export { hardWeights } from "./src/weight/hard.ts";
export { hybridWeights } from "./src/weight/hybrid.ts";
export { maskPatches, maskWeights } from "./src/weight/mask.ts";
export type { ScoreSource, Temperatures, Weighting } from "./src/weight/weighting.ts";
export { type Linkage, linkage, type LinkageMethod, wardLinkage } from "./src/cluster/linkage.ts";
export { cut } from "./src/cluster/cut.ts";
export { kmeans, type KMeansOptions, type KMeansResult } from "./src/cluster/kmeans.ts";
export {
  gaussianMixture,
  type GaussianMixtureOptions,
  type GaussianMixtureResult,
  principalComponents,
} from "./src/cluster/gaussian_mixture.ts";
export { kmedoids, type KMedoidsResult } from "./src/cluster/kmedoids.ts";
export { spectral } from "./src/cluster/spectral.ts";
export type { Clusterer, DirectClusterer, TrainedClusterer, TrainedGroups, Training } from "./src/cluster/clusterer.ts";
export {
  chooseGroupCount,
  countsAsClear,
  type GroupCountChoice,
  type TriedGroupCount,
} from "./src/cluster/choose_k.ts";
export type { SpreadChoice, TriedSpread } from "./src/choose_spread.ts";
export { nearCopies } from "./src/copies/near_copies.ts";
export { outliers } from "./src/cluster/outliers.ts";
export { medoids } from "./src/cluster/medoid.ts";
export type { Feature } from "./src/feature.ts";
export { type ClusterOptions, clusterPatches, type ClusterResult } from "./src/pipeline.ts";
export { type GroupModel, groupModel, type GroupModelOptions, regroup } from "./src/assign/group_model.ts";
export {
  embedBlocks,
  type EmbeddedBlock,
  embedPatches,
  type FittedEmbedding,
  type FittedPart,
} from "./src/fitted/embed_blocks.ts";
export { fitEmbedding, type FitOptions } from "./src/fitted/fit_embedding.ts";
export { chooseReferences, type CountedReferences, type References } from "./src/reference/choose_references.ts";
export {
  clusterEmbeddings,
  type ClusterEmbeddingsOptions,
  type EmbeddingGroups,
} from "./src/cluster/cluster_embeddings.ts";
export { type LearnedGroups, learnGroups, type LearnOptions } from "./src/learn/learn_groups.ts";
export { type KindClassifier, kindOf } from "./src/learn/kind_classifier.ts";
export { type ImagePoints, type PointAxes, pointBy, pointsOf } from "./src/learn/points.ts";
export { type SharedLabels, shareLabels } from "./src/learn/shared_labels.ts";
export { type LearnedKinds, learnedKinds } from "./src/assign/learned_kinds.ts";
export { type Assignment, assignPatches } from "./src/assign/assign_patches.ts";
export { type ModelRecord } from "./src/assign/model_record.ts";
export { packModel, unpackModel } from "./src/assign/pack_model.ts";
export type { ArrayEntry } from "./src/fitted/array_record.ts";
export type { FittedRecord } from "./src/fitted/fitted_record.ts";
