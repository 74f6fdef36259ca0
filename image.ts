/**
 * Decodes image files to upright pixels, and resizes them. Each codec is loaded with the first image that needs it.
 *
 * @module
 */

export { AnomalyClusterError, type ErrorCode } from "./src/errors.ts";
export type { Raster } from "./src/types.ts";
export { init } from "./src/core/instance.ts";
export type { CodecModules } from "./src/image/codec.ts";
export { decodeImage, type DecodeOptions, type DecoderName, initDecoders } from "./src/image/decode.ts";
export { whiteOf } from "./src/image/sixteen_bits.ts";
export { resize } from "./src/image/resize.ts";
