// The npm package, from the tarball, in Node alone: it has types, and groups as in Deno.

import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// deno-lint-ignore no-import-prefix
import ts from "npm:typescript@6.0.3";
import { NPM_PACKAGE, testWith } from "../support/needs.ts";
import { output, ROOT } from "./support/installed.ts";
import { assertSame, foundByDeno, SAMPLE } from "./support/sample.ts";

const folder = NPM_PACKAGE.value;

testWith(NPM_PACKAGE, "Node groups images as Deno does, from the tarball alone", async () => {
  for (const name of ["group.js", "node.js"]) {
    copyFileSync(join(ROOT, "tests/runtimes/support", name), join(folder!, name));
  }
  const found = JSON.parse(await output("node", ["node.js", ...SAMPLE], folder));
  assertSame(found, await foundByDeno());
  console.log(`Node ${(await output("node", ["--version"])).trim()}`);
});

testWith(NPM_PACKAGE, "Node decodes every format that Deno does, to the same pixels", async () => {
  const files = readdirSync(join(ROOT, "tests/data/images")).filter((name) =>
    /\.(jpe?g|png|tiff?|webp|gif|bmp|avif|jxl|p[bgp]m)$/.test(name)
  )
    .map((name) => join(ROOT, "tests/data/images", name));
  assert(new Set(files.map((name) => name.split(".").pop())).size > 4);
  const decodeAll = `async (decodeImage, files, read) => {
    const sums = [];
    for (const file of files) {
      const bytes = await decodeImage(read(file)).then(({ data }) => data, (error) => new TextEncoder().encode(error.code));
      sums.push(bytes.reduce((sum, value, at) => (sum * 31 + value + at) % 1000003, 7));
    }
    return sums;
  }`;
  writeFileSync(
    join(folder!, "decode.js"),
    `import { readFileSync } from "node:fs";
     import { decodeImage } from "@anomalies/cluster/image";
     console.log(JSON.stringify(await (${decodeAll})(decodeImage, process.argv.slice(2), readFileSync)));`,
  );
  const inNode: number[] = JSON.parse(await output("node", ["decode.js", ...files], folder));
  const { decodeImage } = await import("../../image.ts");
  const inDeno: number[] = await (0, eval)(decodeAll)(decodeImage, files, readFileSync);
  assert.deepEqual(inNode, inDeno);
});

testWith(NPM_PACKAGE, "TypeScript finds the package's declarations at every entry point, without an error", () => {
  const file = join(folder!, "use.mts");
  writeFileSync(
    file,
    `import { clusterImages, type ClusterResult, PRESETS } from "@anomalies/cluster";
     import { cut, wardLinkage } from "@anomalies/cluster/core";
     import { type Label, purity } from "@anomalies/cluster/metrics";
     import { decodeImage } from "@anomalies/cluster/image";
     import { onnxEmbedder } from "@anomalies/cluster/embed";
     import { createHandler } from "@anomalies/cluster/handler";
     export const serve: (request: Request) => Promise<Response> = createHandler({ openNetwork: () => Promise.reject() });
     export const embedder = onnxEmbedder({ model: new Uint8Array(), ...PRESETS.paper.embedding });
     export const labels = (result: ClusterResult, truth: Label[]): number => purity(truth, [...result.groups]);
     // @ts-expect-error a number is no image
     decodeImage(5);
     export { clusterImages, cut, wardLinkage };`,
  );
  const options = { noEmit: true, strict: true, types: [], module: ts.ModuleKind.NodeNext };
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], { ...options, target: ts.ScriptTarget.ES2022 }));
  assert.deepEqual(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")), []);
});
