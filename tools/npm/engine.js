// In the npm package, onnxruntime-web finds its own WebAssembly: in its own folder in Node, beside the bundle in
// browsers. LiteRT's files lie in wasm/, like those of the codecs.

import { readFile } from "#read-file";

export const engine = () => undefined;

// That with WebGPU is handed in.
export const webgpu = () => undefined;

// An address that no bundler follows: the script is loaded only where it lies, and onnxruntime-web is used elsewhere.
export const liteRt = () => import(new URL("../../wasm/litert.js", import.meta.url).href);

export const liteRtEngine = async () =>
  WebAssembly.compile(await readFile(new URL("../../wasm/litert.wasm", import.meta.url)));
