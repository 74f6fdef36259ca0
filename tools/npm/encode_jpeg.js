// The JPEG encoder, with its WebAssembly from a file in this package. Left alone, the encoder would fetch that file,
// and Node cannot fetch files.

import encode, { init } from "@jsquash/jpeg/encode.js";
import { readFile } from "#read-file";

let started;

async function start() {
  await init(await WebAssembly.compile(await readFile(new URL("../../wasm/jpeg-encoder.wasm", import.meta.url))));
}

export async function encodeJpeg(image, options) {
  await (started ??= start());
  return await encode(image, options);
}
