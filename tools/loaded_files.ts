// Copies the files that the library loads at run time: networks, and the WebAssembly of codecs and LiteRT.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

/** The build that runs everywhere, and gives the same numbers on every processor. */
const LITERT = "@litertjs/core/wasm/litert_wasm_compat_internal";

/** Files of packages that are used for nothing else. */
const LOADED = {
  "avif.wasm": "@jsquash/avif/codec/dec/avif_dec.wasm",
  "jpeg.wasm": "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  "jpeg-turbo.wasm": "@cwasm/jpeg-turbo/jpeg-turbo.wasm",
  "jxl.wasm": "@jsquash/jxl/codec/dec/jxl_dec.wasm",
  "png.wasm": "@jsquash/png/codec/pkg/squoosh_png_bg.wasm",
  "litert.js": `${LITERT}.js`,
  "litert.wasm": `${LITERT}.wasm`,
  "webp.wasm": "@jsquash/webp/codec/dec/webp_dec.wasm",
};

/** Writes the files into `wasm/` and `models/`, with their licences. */
export function writeLoadedFiles(folder: string): void {
  for (const [file, source] of Object.entries(LOADED)) {
    write(join(folder, "wasm", file), readFileSync(resolved(source)));
  }
  for (const codec of ["jpeg", "png", "webp"]) {
    write(join(folder, `wasm/${codec}.LICENCE.md`), readFileSync(resolved(`@jsquash/${codec}/codec/LICENSE.codec.md`)));
  }
  for (const codec of ["avif", "jxl"]) {
    write(join(folder, `wasm/${codec}.LICENCE.md`), readFileSync(resolved(`@jsquash/${codec}/LICENSE`)));
  }
  for (const model of ["efficientnet-lite0-reduction4", "efficientnet-lite0-pyramid", "efficientnet-lite0-lite2"]) {
    for (const kind of ["onnx.wasm", "json"]) copy(`models/${model}.${kind}`, folder);
  }
  for (const name of ["LICENSE", "models/README.md", "docs/licences.md"]) copy(name, folder);
}

/** Returns the path of a file in a package. */
export function resolved(specifier: string): string {
  return createRequire(import.meta.url).resolve(specifier);
}

export function copy(file: string, folder: string, to = file): void {
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  copyFileSync(join(ROOT, file), join(folder, to));
}

export function write(file: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
}
