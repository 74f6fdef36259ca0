/**
 * Turns images into patch embeddings by a network in ONNX. Also has the presets, which name the included networks. The
 * ONNX runtime is loaded when the first network is opened.
 *
 * @module
 */

export { AnomalyClusterError, type ErrorCode } from "./src/errors.ts";
export type { PatchSet, Raster } from "./src/types.ts";
export { init } from "./src/core/instance.ts";
export { type HubFiles, hubNetwork, hubWeights } from "./src/embed/hub_network.ts";
export { type Embedder, joinPatches } from "./src/embed/embedder.ts";
export { type Channels, type ModelLevel, type ModelManifest, readManifest } from "./src/embed/manifest.ts";
export { onnxEmbedder, type OnnxEmbedderOptions } from "./src/embed/onnx.ts";
export { DEFAULT_MODEL, PYRAMID_MODEL, TWO_NETWORKS_MODEL } from "./src/embed/included_networks.ts";
export type { Engine, EngineFiles, WebgpuRuntime } from "./src/embed/onnx_runtime.ts";
export type { Views } from "./src/embed/views.ts";
export { joinNetworks } from "./src/embed/packed.ts";
export { type NetworkFiles, readNetwork } from "./src/embed/read_network.ts";
export type { WhiteningOptions } from "./src/embed/whiten.ts";
export type { ScoreSource, Temperatures } from "./src/weight/weighting.ts";
export type { Temperature } from "./src/weight/soft.ts";
export type { Feature } from "./src/feature.ts";
export { type Preset, type PresetName, PRESETS, type PresetSettings, presetSettings } from "./src/preset.ts";
