// Exports networks with random weights, runs each in PyTorch and in every engine, and prints how far the results
// differ.
// deno run -A --no-lock tools/check_models.ts [--python PYTHON] [NAME…], all networks by default.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type ModelManifest, onnxEmbedder, type Raster, readManifest } from "../mod.ts";

const TOLERANCE = 1e-4; // As a share of the largest output.

const { values: { python }, positionals } = parseArgs({
  options: { python: { type: "string", default: "python3" } },
  allowPositionals: true,
});
const EXPORTER = fileURLToPath(new URL("export_model.py", import.meta.url));
const names = positionals.length ? positionals : (await exporter("--names")).trim().split("\n");
const folder = await Deno.makeTempDir();
try {
  console.log("| network | layer | patches × channels | MB | onnxruntime (Python) | engine wasm | engine native |");
  console.log("|---|---|---|---:|---:|---:|---:|");
  for (const name of names) console.log(await row(name));
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function exporter(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(python, { args: [EXPORTER, ...args] }).output();
  if (code !== 0) {
    console.error(new TextDecoder().decode(stderr));
    Deno.exit(1);
  }
  return new TextDecoder().decode(stdout);
}

async function row(name: string): Promise<string> {
  await exporter(name, "--weights", "random", "--reference", "--out", folder);
  const file = (extension: string) => join(folder, `${name}.${extension}`);
  const manifest = readManifest(await Deno.readTextFile(file("json")));
  const model = await Deno.readFile(file("onnx"));
  const { side } = manifest.input;
  const image = opaque(await Deno.readFile(file("pixels")), side);
  const expected = new Float32Array((await Deno.readFile(file("expected"))).buffer);
  for (const extension of ["onnx", "json", "pixels", "expected"]) await Deno.remove(file(extension));
  const differences = [Number(manifest.made.difference)];
  for (const engine of ["wasm", "native"] as const) {
    const embedder = await onnxEmbedder({ model, manifest, engine });
    const { data } = await embedder.embed(image);
    await embedder.release();
    differences.push(difference(data as Float32Array, expected, manifest));
  }
  for (const found of differences) assert(found <= TOLERANCE, `${name} differs by ${found} of the largest output`);
  const [{ layer, stride, channels }] = manifest.levels;
  const cells = [
    name,
    layer,
    `${side / stride} × ${side / stride} × ${channels}`,
    (model.length / 1e6).toFixed(1),
    ...differences.map((found) => found.toExponential(1)),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Turns RGB into RGBA. */
function opaque(pixels: Uint8Array, side: number): Raster {
  const data = new Uint8Array(side * side * 4).fill(255);
  for (let at = 0; at < side * side; at++) data.set(pixels.subarray(at * 3, at * 3 + 3), at * 4);
  return { data, width: side, height: side };
}

/** Returns the largest difference between patches and planes, as a share of the largest value. */
function difference(patches: Float32Array, planes: Float32Array, { levels: [{ channels }] }: ModelManifest): number {
  assert.equal(patches.length, planes.length);
  const places = planes.length / channels;
  let [apart, largest] = [0, 0];
  for (const [at, expected] of planes.entries()) {
    const found = patches[at % places * channels + Math.floor(at / places)];
    apart = Math.max(apart, Math.abs(found - expected));
    largest = Math.max(largest, Math.abs(expected));
    assert(Number.isFinite(found) && Number.isFinite(expected));
  }
  return apart / largest;
}
