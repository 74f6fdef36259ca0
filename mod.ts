/**
 * Anomaly clustering: sorts images of one product or texture into groups by kind of defect, following Sohn et al.,
 * "Anomaly Clustering: Grouping Images into Coherent Clusters of Anomaly Types" (WACV 2023).
 *
 * @module
 */

export * from "./core.ts";
export * from "./image.ts";
export * from "./embed.ts";
export * from "./metrics.ts";
export { clusterImages, type ClusterImagesOptions, type ImageClusters } from "./src/cluster_images.ts";
export type { ImageInput } from "./src/image_input.ts";
export { type NetworkOptions, releaseNetworks } from "./src/open_networks.ts";
export type { Detail } from "./src/look/detail.ts";
export type { PixelBox } from "./src/image/pixel_box.ts";
