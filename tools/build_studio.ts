/**
 * Builds the studio: the page that groups images in the browser, as files for any static web server. Deno bundles it.
 *
 * Run: deno task studio [FOLDER]    writes studio/
 */

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { fromUser } from "../src/cli/options/arguments.ts";
import { AnomalyClusterError } from "../src/errors.ts";
import { SAMPLE_FILES, sampleFiles } from "../src/page/samples.ts";
import { GENERATOR, indexPage, STUDIO_POLICY } from "../src/studio/index_page.ts";
import { bundled } from "./bundle.ts";
import { resolved, ROOT, write, writeLoadedFiles } from "./loaded_files.ts";

const CONFIG: { version: string; imports: Record<string, string> } = JSON.parse(
  readFileSync(join(ROOT, "deno.json"), "utf8"),
);

/** Folder of the bundles, two levels below the page. Modules lie two levels below `models/` and `wasm/` too. */
const BUNDLES = `app/${CONFIG.version}`;
const MODULES = {
  "page.js": "src/studio/client.js",
  "worker.js": "src/studio/worker.ts",
  "embed_worker.js": "src/studio/embed_worker.ts",
};

/** Files beside the bundles. The .mjs file gets another name, as not every server knows that .mjs is a script. */
const BESIDE = {
  "ort-wasm-simd-threaded.js": "onnxruntime-web/ort-wasm-simd-threaded.mjs",
  "ort-wasm-simd-threaded.wasm": "onnxruntime-web/ort-wasm-simd-threaded.wasm",
  // The smallest of three with WebGPU: those for browsers without WebAssembly.Suspending come to 27 MB each.
  "ort-wasm-simd-threaded.jspi.wasm": "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm",
  "mozjpeg_enc.wasm": "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm",
};

/** Writes the studio into a folder and replaces an earlier one. Throws `bad-argument` for a folder with other files. */
export async function buildStudio(folder: string): Promise<void> {
  checkFolder(folder);
  // The page comes first: it marks the folder as a studio, which may be written again if the rest fails.
  write(join(folder, "index.html"), indexPage(`${BUNDLES}/page.js`));
  for (const name of ["app", "wasm", "models"]) rmSync(join(folder, name), { recursive: true, force: true });
  writeLoadedFiles(folder);
  const samples = await sampleFiles();
  write(join(folder, SAMPLE_FILES.zip), samples.zip);
  write(join(folder, SAMPLE_FILES.notice), samples.notice);
  for (const [name, source] of Object.entries(BESIDE)) {
    write(join(folder, BUNDLES, name), readFileSync(resolved(source)));
  }
  for (const [name, entry] of Object.entries(MODULES)) await bundle(entry, join(folder, BUNDLES, name));
}

function checkFolder(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const page = join(folder, "index.html");
  if (existsSync(page) && readFileSync(page, "utf8").includes(GENERATOR)) return;
  throw new AnomalyClusterError("bad-argument", `${folder} holds other files: name a new or an empty folder`);
}

/** Maps modules to those that a browser needs instead, which are the npm package's. */
function importMap(): { imports: Record<string, string> } {
  const ours = (file: string) => new URL(`../${file}`, import.meta.url).href;
  const below = Object.entries(CONFIG.imports).map(([name, specifier]) => {
    return [`${name}/`, `${specifier.replace("npm:", "npm:/")}/`];
  });
  return {
    imports: {
      ...CONFIG.imports,
      ...Object.fromEntries(below),
      // The main entry would bring another 26 MB of engines.
      "onnxruntime-web": `${CONFIG.imports["onnxruntime-web"]}/wasm`,
      "#read-file": ours("tools/npm/read_file_web.js"),
      [ours("src/image/codecs.js")]: ours("tools/npm/codecs.js"),
      [ours("src/embed/engine.js")]: ours("tools/npm/engine.js"),
    },
  };
}

/** Bundles a module for browsers, as the studio has it. */
export async function bundle(entry: string, target: string): Promise<void> {
  const map = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(map, JSON.stringify(importMap()));
    write(target, await bundled(entry, "--import-map", map));
  } finally {
    await Deno.remove(map);
  }
}

/** Returns a line for each file that browsers load: its bytes, plain and with gzip. */
function sizes(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
  return paths.filter((path) => /\.(html|js|wasm|onnx|zip)$/.test(path)).sort().map((path) => {
    const bytes = readFileSync(join(folder, path));
    const [whole, packed] = [bytes.length, gzipSync(bytes, { level: 9 }).length].map((size) => {
      return size.toLocaleString("en").padStart(12);
    });
    return `${path.padEnd(46)} ${whole} ${packed}`;
  });
}

if (import.meta.main) {
  const folder = resolve(Deno.args[0] === undefined ? join(ROOT, "studio") : fromUser(Deno.args[0]));
  try {
    await buildStudio(folder);
    console.log(`${relative(Deno.cwd(), folder) || "."}: for any static web server, at any path\n`);
    console.log(
      [`${"file".padEnd(46)} ${"bytes".padStart(12)} ${"with gzip".padStart(12)}`, ...sizes(folder)].join("\n"),
    );
    console.log(`\nA Content-Security-Policy of the server's may be as strict as:\n${STUDIO_POLICY}`);
  } catch (error) {
    if (!(error instanceof AnomalyClusterError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(error.code === "bad-argument" ? 2 : 1);
  }
}
