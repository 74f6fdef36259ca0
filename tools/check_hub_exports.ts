// Runs exports of tools/make_hub_exports.py in every engine. Prints the difference from PyTorch and seconds an image.
// deno run -A --no-lock tools/check_hub_exports.ts FOLDER [NAME or NAME/onnx/FILE.onnx …], by default all of FOLDER.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { onnxEmbedder, type Raster, readNetwork } from "../mod.ts";

const TOLERANCE = 1e-4; // As a share of the largest number, for files with 32-bit numbers.
const TIMED = 8; // Runs per image. The quickest counts, as other programs may use the cores too.

const [folder, ...wanted] = Deno.args;
if (!folder) {
  console.error("error: name the folder that tools/make_hub_exports.py wrote");
  process.exit(2);
}
const names = wanted.length ? wanted : readdirSync(folder).filter((name) => existsSync(join(folder, name, "onnx")));
console.log("| network | patches × channels | extra tokens | MB | engine wasm | engine native | wasm, s | native, s |");
console.log("|---|---|---:|---:|---:|---:|---:|---:|");
for (const name of names) console.log(await row(name));

async function row(name: string): Promise<string> {
  const file = name.endsWith(".onnx") ? name : `${name}/onnx/model.onnx`;
  const [repository] = name.split("/");
  const { model, manifest } = await readNetwork(pathToFileURL(join(folder, file)));
  const expected = new Float32Array((await Deno.readFile(join(folder, `${repository}.expected`))).buffer);
  const image = opaque(await Deno.readFile(join(folder, `${repository}.pixels`)), manifest!.input.side);
  const [{ layout, extraTokens = 0 }] = manifest!.levels;
  const [differences, seconds]: string[][] = [[], []];
  let grid = "";
  for (const engine of ["wasm", "native"] as const) {
    const embedder = await onnxEmbedder({ model, manifest, engine, threads: 2 });
    const { data, rows, cols, channels } = await embedder.embed(image);
    grid = `${rows} × ${cols} × ${channels}`;
    let [apart, largest] = [0, 0];
    for (let place = 0; place < rows * cols; place++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = layout === "tokens" ? (place + extraTokens) * channels + channel : channel * rows * cols + place;
        apart = Math.max(apart, Math.abs(data[place * channels + channel] - expected[at]));
        largest = Math.max(largest, Math.abs(expected[at]));
      }
    }
    if (file.endsWith("/model.onnx")) {
      assert(apart <= TOLERANCE * largest, `${name} is ${apart / largest} from PyTorch`);
    }
    differences.push((apart / largest).toExponential(1));
    const times: number[] = [];
    for (let turn = 0; turn < TIMED; turn++) {
      const started = performance.now();
      await embedder.embed(image);
      times.push((performance.now() - started) / 1000);
    }
    seconds.push(Math.min(...times).toFixed(2));
    await embedder.release();
  }
  const cells = [name, grid, extraTokens, (model.length / 1e6).toFixed(1), ...differences, ...seconds];
  return `| ${cells.join(" | ")} |`;
}

/** Turns RGB into RGBA. */
function opaque(pixels: Uint8Array, side: number): Raster {
  const data = new Uint8Array(side * side * 4).fill(255);
  for (let at = 0; at < side * side; at++) data.set(pixels.subarray(at * 3, at * 3 + 3), at * 4);
  return { data, width: side, height: side };
}
