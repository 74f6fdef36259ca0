/**
 * Builds the npm package: each module of the library and the program as an ES module, declarations for the library, the
 * WebAssembly of core and codecs as files, and the included networks. TypeScript emits modules and declarations, as
 * `@deno/dnt` is only on JSR.
 *
 * Run: deno task npm [FOLDER]    writes npm/, to be packed by `npm pack ./npm`
 */

import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
// Not in deno.json, because Deno downloads the packages named there with every task.
// deno-lint-ignore no-import-prefix
import ts from "npm:typescript@6.0.3";
import { plainCore, relaxedCore } from "../src/core/generated/core.ts";
import { copy, resolved, ROOT, write, writeLoadedFiles } from "./loaded_files.ts";

const CONFIG = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

/** Entry points of the library. The program is not among them: `bin` names it. */
const ENTRIES = [".", "./core", "./metrics", "./image", "./embed", "./deep", "./handler"].map((
  name,
): [string, string] => [name, CONFIG.exports[name].slice(2)]);

/** Modules of the program that no other module imports. */
const PROGRAM = [
  "cli.ts",
  "src/cli/images/image_worker.ts",
  "src/embed/workers/embed_worker.ts",
  "src/cli/cluster/defect_worker.ts",
];

/** Files that the package replaces by others. */
const REPLACED: Record<string, string> = {
  "src/image/codecs.js": "tools/npm/codecs.js",
  "src/embed/engine.js": "tools/npm/engine.js",
  "src/report/encode_jpeg.ts": "tools/npm/encode_jpeg.js",
};

/** Files that the package replaces by generated text, because Node warns about importing JSON. */
const GENERATED: Record<string, string> = {
  "src/cli/system/manifest.ts": `export const VERSION = ${JSON.stringify(CONFIG.version)};
export const PACKAGES = ${JSON.stringify(CONFIG.imports, null, 2)};
`,
};

/** The command that `bin` names. */
const COMMAND = "bin/anomaly-cluster.js";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  isolatedDeclarations: true,
  declaration: true,
  strict: true,
};

/** Writes the package into a folder, which is emptied first. */
export function buildPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const imported = new Set<string>();
  const library = modulesOf(ENTRIES.map(([, file]) => file));
  const all = modulesOf([...library.modules, ...PROGRAM]);
  for (const file of all.modules) emit(file, folder, imported);
  for (const file of library.modules) if (file.endsWith(".ts")) declare(file, folder);
  for (const file of all.texts) {
    const text = readFileSync(join(ROOT, file), "utf8");
    write(join(folder, `${file}${TEXT}`), `export default ${JSON.stringify(text)};\n`);
  }
  for (const name of ["read_file_node.js", "read_file_web.js"]) copy(`tools/npm/${name}`, folder, `src/image/${name}`);
  copy("tools/npm/anomaly-cluster.js", folder, COMMAND);
  write(join(folder, "wasm/jpeg-encoder.wasm"), readFileSync(resolved("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm")));
  writeLoadedFiles(folder);
  write(join(folder, "wasm/core-relaxed.wasm"), Uint8Array.fromBase64(relaxedCore));
  write(join(folder, "wasm/core.wasm"), Uint8Array.fromBase64(plainCore));
  copy("README.md", folder);
  write(join(folder, "package.json"), JSON.stringify(manifest(imported), null, 2) + "\n");
}

/** What is appended to the name of a text file to name the module that exports its text. */
const TEXT = ".text.js";

/** Returns all modules that the entries need, and the files that they import as text, as paths from the root. */
function modulesOf(entries: Iterable<string>): { modules: Set<string>; texts: Set<string> } {
  const [modules, texts] = [new Set<string>(), new Set<string>()];
  for (const entry of entries) {
    if (modules.has(entry)) continue;
    const found = new Map(graphOf(entry).map((module) => [module.specifier, module]));
    const walk = (specifier: string) => {
      const module = found.get(specifier);
      if (!module?.local?.startsWith(ROOT) || modules.has(relative(ROOT, module.local))) return;
      modules.add(relative(ROOT, module.local));
      if (relative(ROOT, module.local) in GENERATED) return;
      for (const { code, type, assertionType } of module.dependencies ?? []) {
        const name = code && found.get(code.specifier)?.local;
        if (name && assertionType === "text") texts.add(relative(ROOT, name));
        else if (code ?? type) walk((code ?? type)!.specifier); // Declarations name modules that hold only types.
      }
    };
    walk(pathToFileURL(join(ROOT, entry)).href);
  }
  return { modules, texts };
}

/** A module, as `deno info` describes it. */
interface GraphModule {
  readonly specifier: string;
  readonly local?: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
    readonly assertionType?: string;
  }[];
}

function graphOf(entry: string): GraphModule[] {
  const args = ["info", "--json", entry];
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

/** Writes a module, and collects the names of the packages that it imports. */
function emit(file: string, folder: string, imported: Set<string>): void {
  const source = GENERATED[file] ?? readFileSync(join(ROOT, REPLACED[file] ?? file), "utf8");
  const transpiled = file.endsWith(".ts") ? javaScript(source, file) : source;
  for (const { fileName } of ts.preProcessFile(transpiled, true, true).importedFiles) {
    if (!/^[.#]|^node:/.test(fileName)) imported.add(fileName.split("/", fileName.startsWith("@") ? 2 : 1).join("/"));
  }
  const text = transpiled
    .replaceAll(/(from |import\()"onnxruntime-web"/g, '$1"#onnxruntime"')
    .replaceAll(/"(\.[^"]*)" with \{ type: "text" \}/g, `"$1${TEXT}"`)
    .replaceAll(/((?:new URL|import)\("\.[^"]*)\.ts"/g, '$1.js"');
  write(join(folder, file.replace(/\.ts$/, ".js")), text);
}

/** Writes a module's declarations. */
function declare(file: string, folder: string): void {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(join(ROOT, file), "utf8"), {
    fileName: file,
    compilerOptions: OPTIONS,
    reportDiagnostics: true,
  });
  refuse(diagnostics);
  // A declaration is found by the name of its module, which ends in .js here.
  write(join(folder, file.replace(/\.ts$/, ".d.ts")), outputText.replace(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
}

function javaScript(source: string, fileName: string): string {
  const options = { fileName, compilerOptions: { ...OPTIONS, declaration: false, isolatedDeclarations: false } };
  const { outputText, diagnostics = [] } = ts.transpileModule(source, { ...options, reportDiagnostics: true });
  refuse(diagnostics);
  return outputText;
}

function refuse(diagnostics: readonly ts.Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const host = {
    getCurrentDirectory: () => ROOT,
    getCanonicalFileName: (name: string) => name,
    getNewLine: () => "\n",
  };
  throw new Error(ts.formatDiagnostics(diagnostics, host));
}

/** Returns the package's package.json, with the versions of deno.json. */
function manifest(imported: ReadonlySet<string>) {
  const versions = Object.entries<string>(CONFIG.imports).flatMap(([name, specifier]) =>
    imported.has(name) ? [[name, specifier.slice(`npm:${name}@`.length)]] : []
  );
  if (versions.length !== imported.size) throw new Error(`deno.json lacks one of ${[...imported].join(", ")}`);
  const exported = ENTRIES.map(([name, file]) => {
    const stem = file.replace(/\.ts$/, "");
    return [name, { types: `./${stem}.d.ts`, default: `./${stem}.js` }];
  });
  return {
    name: CONFIG.name,
    version: CONFIG.version,
    description: "Groups images of one product or texture by kind of defect, without training and without labels",
    license: CONFIG.license,
    type: "module",
    engines: { node: ">=20.16" },
    bin: { "anomaly-cluster": COMMAND },
    sideEffects: false,
    exports: {
      ...Object.fromEntries(exported),
      "./wasm/*": "./wasm/*",
      "./models/*": "./models/*",
      "./package.json": "./package.json",
    },
    imports: {
      "#read-file": { node: "./src/image/read_file_node.js", default: "./src/image/read_file_web.js" },
      // Outside Node the main entry would bring another 26 MB of engines.
      "#onnxruntime": { node: "onnxruntime-web", default: "onnxruntime-web/wasm" },
    },
    dependencies: Object.fromEntries(versions),
  };
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? join(ROOT, "npm");
  buildPackage(folder);
  console.log(`${relative(Deno.cwd(), folder) || "."}: ${CONFIG.name} ${CONFIG.version}, to be packed by npm pack`);
}
