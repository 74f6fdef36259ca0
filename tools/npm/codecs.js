// Compiles the codecs' WebAssembly from the files in this package. Node, Bun, browsers and bundlers all understand this
// way of naming a file.

import { readFile } from "#read-file";

const compile = async (file) => WebAssembly.compile(await readFile(file));

export const avif = () => compile(new URL("../../wasm/avif.wasm", import.meta.url));
export const jpeg = () => compile(new URL("../../wasm/jpeg.wasm", import.meta.url));
export const jpegTurbo = () => compile(new URL("../../wasm/jpeg-turbo.wasm", import.meta.url));
export const jxl = () => compile(new URL("../../wasm/jxl.wasm", import.meta.url));
export const png = () => compile(new URL("../../wasm/png.wasm", import.meta.url));
export const webp = () => compile(new URL("../../wasm/webp.wasm", import.meta.url));
