// onnxruntime-web's WebAssembly as a compiled module, which takes no permission: see image/codecs.js.

export const engine = () => import.source("onnxruntime-web/ort-wasm-simd-threaded.wasm");
