/**
 * Builds the npm package: each module of the library as an ES module with its declarations, the WebAssembly of core and
 * codecs as files, and the included networks. TypeScript emits both; `@deno/dnt` is on JSR alone.
 *
 * Run: deno task npm [FOLDER]    writes npm/, to be packed by `npm pack ./npm`
 */

import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
// Here and not in deno.json, whose packages are downloaded with every task.
// deno-lint-ignore no-import-prefix
import ts from "npm:typescript@6.0.3";
import { plainCore, relaxedCore } from "../src/core/generated.ts";
import { copy, ROOT, write, writeLoadedFiles } from "./loaded_files.ts";

const CONFIG = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

/** Entry points of the package, which is the library: the others need Deno. */
const ENTRIES = [".", "./core", "./metrics", "./image", "./embed", "./deep"].map((
  name,
) => [name, CONFIG.exports[name]]);

/** Files of the library that are others in the package. */
const REPLACED: Record<string, string> = {
  "src/image/codecs.js": "tools/npm/codecs.js",
  "src/embed/engine.js": "tools/npm/engine.js",
};

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  isolatedDeclarations: true,
  declaration: true,
  strict: true,
};

/** Writes the package into a folder that is emptied before. */
export function buildPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const imported = new Set<string>();
  for (const file of libraryFiles()) emit(file, folder, imported);
  for (const name of ["read_file_node.js", "read_file_web.js"]) copy(`tools/npm/${name}`, folder, `src/image/${name}`);
  writeLoadedFiles(folder);
  write(join(folder, "wasm/core-relaxed.wasm"), Uint8Array.fromBase64(relaxedCore));
  write(join(folder, "wasm/core.wasm"), Uint8Array.fromBase64(plainCore));
  copy("README.md", folder);
  write(join(folder, "package.json"), JSON.stringify(manifest(imported), null, 2) + "\n");
}

/** Paths of the library's own modules, from the root: what the main entry brings, and what it leaves out. */
function libraryFiles(): Set<string> {
  return new Set(["mod.ts", "deep.ts"].flatMap(modulesOf));
}

function modulesOf(entry: string): string[] {
  const args = ["info", "--json", entry];
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { local?: string }[] };
  return modules.flatMap(({ local }) => local?.startsWith(ROOT) ? [relative(ROOT, local)] : []);
}

/** Writes a module, and declarations of what is TypeScript; gathers the packages that it imports. */
function emit(file: string, folder: string, imported: Set<string>): void {
  const source = readFileSync(join(ROOT, REPLACED[file] ?? file), "utf8");
  const transpiled = file.endsWith(".ts") ? javaScript(source, file) : source;
  const text = transpiled.replaceAll('"onnxruntime-web"', '"#onnxruntime"');
  for (const { fileName } of ts.preProcessFile(transpiled, true, true).importedFiles) {
    if (!/^[.#]|^node:/.test(fileName)) imported.add(fileName.split("/", fileName.startsWith("@") ? 2 : 1).join("/"));
  }
  write(join(folder, file.replace(/\.ts$/, ".js")), text);
  if (!file.endsWith(".ts")) return;
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, {
    fileName: file,
    compilerOptions: OPTIONS,
    reportDiagnostics: true,
  });
  refuse(diagnostics);
  // Types come from declarations, whose names end in .d.ts: what stands for them is the module's name.
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

/** The package's package.json; versions are those of deno.json. */
function manifest(imported: ReadonlySet<string>) {
  const versions = Object.entries<string>(CONFIG.imports).flatMap(([name, specifier]) =>
    imported.has(name) ? [[name, specifier.slice(`npm:${name}@`.length)]] : []
  );
  if (versions.length !== imported.size) throw new Error(`deno.json lacks one of ${[...imported].join(", ")}`);
  const exported = ENTRIES.map(([name, file]) => {
    const stem = file.replace(/\.ts$/, "");
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }];
  });
  return {
    name: CONFIG.name,
    version: CONFIG.version,
    description: "Groups images of one product or texture by kind of defect, without training and without labels",
    license: CONFIG.license,
    type: "module",
    engines: { node: ">=20" },
    sideEffects: false,
    exports: {
      ...Object.fromEntries(exported),
      "./wasm/*": "./wasm/*",
      "./models/*": "./models/*",
      "./package.json": "./package.json",
    },
    imports: {
      "#read-file": { node: "./src/image/read_file_node.js", default: "./src/image/read_file_web.js" },
      // The main entry brings other engines of 26 MB where it does not know Node.
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
