// Tells onnxruntime-web where its files are: beside the bundles. Its threads must start from a file, as the page's policy
// allows no other source.

import * as onnxruntime from "onnxruntime-web";

/** Returns the URL of a file beside the bundles. */
export function beside(name: string): URL {
  return new URL(name, import.meta.url);
}

onnxruntime.env.wasm.wasmPaths = {
  mjs: beside("ort-wasm-simd-threaded.js").href,
  wasm: beside("ort-wasm-simd-threaded.wasm").href,
};
