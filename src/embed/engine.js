// What only Deno imports. TypeScript does not know this kind of import, and other runtimes do not parse it, hence a
// JavaScript file that is itself imported when needed.

/** onnxruntime-web's WebAssembly as a compiled module, which takes no permission: see image/codecs.js. */
export const engine = () => import.source("onnxruntime-web/ort-wasm-simd-threaded.wasm");

/** A WebAssembly file of any address, compiled. */
export const importedModule = (address) => import.source(address);

/** A text file of any address. */
export const importedText = async (address) => (await import(address, { with: { type: "text" } })).default;
