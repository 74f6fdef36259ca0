// Imports that only Deno understands. TypeScript does not know this kind of import, and other runtimes cannot parse it.
// So they are in a JavaScript file, which is only imported when needed.

/** Imports onnxruntime-web's WebAssembly as a compiled module. This needs no permission: see image/codecs.js. */
export const engine = () => import.source("onnxruntime-web/ort-wasm-simd-threaded.wasm");

/** Imports onnxruntime-web with WebGPU. */
export const webgpu = () => import("onnxruntime-web/jspi");

/** The same as `engine`, for onnxruntime-web with WebGPU. */
export const webgpuEngine = () => import.source("onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm");

/** Imports LiteRT's script. The build without relaxed SIMD gives the same numbers on every processor. */
export const liteRt = () => import("@litertjs/core/wasm/litert_wasm_compat_internal.js");

/** The same as `engine`, for LiteRT. */
export const liteRtEngine = () => import.source("@litertjs/core/wasm/litert_wasm_compat_internal.wasm");

/** Imports a WebAssembly file from any address, compiled. */
export const importedModule = (address) => import.source(address);

/** Imports a text file from any address. */
export const importedText = async (address) => (await import(address, { with: { type: "text" } })).default;
