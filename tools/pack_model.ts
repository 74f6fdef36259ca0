/**
 * Packs an ONNX file into the WebAssembly file in which the package ships it, or unpacks it again.
 *
 * Run: deno run --allow-read --allow-write tools/pack_model.ts models/NAME.onnx         writes models/NAME.onnx.wasm
 *      deno run --allow-read --allow-write tools/pack_model.ts models/NAME.onnx.wasm    writes models/NAME.onnx
 */

import { readFileSync, writeFileSync } from "node:fs";
import { packNetwork, unpackNetwork } from "../src/embed/packed.ts";

const [file] = Deno.args;
if (!/\.onnx(\.wasm)?$/.test(file ?? "")) {
  console.error("error: name one file that ends with .onnx or .onnx.wasm");
  Deno.exit(2);
}
const bytes = readFileSync(file);
const [target, content] = file.endsWith(".wasm")
  ? [file.slice(0, -".wasm".length), unpackNetwork(bytes)]
  : [`${file}.wasm`, packNetwork(bytes)];
writeFileSync(target, content);
console.log(`${target}: ${content.length} bytes`);
