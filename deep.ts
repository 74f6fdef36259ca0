/**
 * Deep clustering, the baselines of the paper's table 8: small networks trained on patch embeddings, for
 * `clusterPatches` and `clusterImages`. It is a separate entry point, so that only programs that train load it.
 *
 * @module
 */

export { iic } from "./src/cluster/deep/iic.ts";
export { gatcluster } from "./src/cluster/deep/gatcluster.ts";
export { scan } from "./src/cluster/deep/scan.ts";
export type { TrainedClusterer, TrainedGroups, Training } from "./src/cluster/clusterer.ts";
export type { WorkOptions } from "./src/distance/patch_minima.ts";
export type { WorkCounts } from "./src/core/tasks/work.ts";
export type { PatchSet } from "./src/types.ts";
export type { CheckpointStore, TrainingOptions } from "./src/cluster/deep/trainer.ts";
