// Importing the library has no effects, and each entry point loads only the modules that it needs.

import assert from "node:assert/strict";
import * as library from "../../mod.ts";
import { NPM_PACKAGE, OTHER_RUNTIMES, testWith } from "../support/needs.ts";
import { bundle, output, ROOT } from "./support/installed.ts";

/** Counts what an import could do, imports, and tells what it did. */
const WATCHED_IMPORT = `
await import("ml-matrix"); // Deno prepares for Node's kind of module with the first one, which changes globals.
const happened = [];
const watch = (owner, name) => {
  const original = owner[name];
  owner[name] = new Proxy(original, {
    apply: (target, self, given) => (happened.push(name), Reflect.apply(target, self, given)),
    construct: (target, given, as) => (happened.push(name), Reflect.construct(target, given, as)),
  });
};
for (const name of ["Module", "Instance", "Memory", "compile", "instantiate", "validate"]) watch(WebAssembly, name);
for (const name of ["setTimeout", "setInterval", "queueMicrotask", "fetch", "Worker", "addEventListener"]) {
  watch(globalThis, name);
}
const before = new Map(Object.getOwnPropertyNames(globalThis).map((name) => [name, globalThis[name]]));
await import("${new URL("../../mod.ts", import.meta.url)}");
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (!Object.is(before.get(name), globalThis[name])) happened.push("global " + name);
}
console.log(JSON.stringify(happened));
`;

Deno.test("importing the library compiles no WASM, starts nothing and needs no permission", async () => {
  const script = await Deno.makeTempFile({ suffix: ".mjs" });
  try {
    await Deno.writeTextFile(script, WATCHED_IMPORT);
    const flags = ["run", "--quiet", "--no-prompt", "--no-check", "--config", `${ROOT}deno.json`, script];
    assert.equal((await output(Deno.execPath(), flags)).trim(), "[]");
  } finally {
    await Deno.remove(script);
  }
});

Deno.test("the entry points together are the library, and nothing is in two but what several need", async () => {
  const parts = await Promise.all(["core", "image", "embed", "metrics"].map((name) => import(`../../${name}.ts`)));
  const names = new Set(parts.flatMap((part) => Object.keys(part)));
  const inOneCall = ["clusterImages", "releaseNetworks"]; // They bring all the parts.
  assert.deepEqual([...names, ...inOneCall].sort(), Object.keys(library).sort());
  assert.deepEqual(Object.keys(parts[3]).filter((name) => name in parts[0]), ["AnomalyClusterError"]);
});

testWith(
  [NPM_PACKAGE, OTHER_RUNTIMES],
  "a bundle of the metrics holds neither the WASM core nor an ONNX runtime nor a codec",
  async () => {
    const bundled = (source: string) => bundle(NPM_PACKAGE.get(), OTHER_RUNTIMES.get(), source, ["--platform=browser"]);
    const metrics = await bundled('export * from "@anomalies/cluster/metrics"');
    const core = await bundled('export * from "@anomalies/cluster/core"');
    const all = await bundled('export * from "@anomalies/cluster"');
    const one = await bundled('export { cut } from "@anomalies/cluster"');
    console.log(`bytes: metrics ${metrics.length}, core ${core.length}, all ${all.length}, cut ${one.length}`);
    const [wasm, engine] = ["AGFzbQEAAAAB", /ort-wasm|mozjpeg/]; // WebAssembly begins so, in base64.
    assert(core.includes(wasm) && engine.test(all));
    assert(!engine.test(core));
    for (const text of [metrics, one]) assert(!text.includes(wasm) && !engine.test(text) && text.length < 12_000);
  },
);
