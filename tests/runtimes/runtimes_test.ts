// Checks the table of docs/runtimes.md in the real runtimes: the same images give the same groups everywhere.
// npm_test.ts checks Node.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import puppeteer from "puppeteer-core";
import { DEFAULT_MODEL } from "../../mod.ts";
import { CHROMIUM, NPM_PACKAGE, OTHER_RUNTIMES, testWith } from "../support/needs.ts";
import { bundle, output, program, ROOT } from "./support/installed.ts";
import { assertSame, type Found, foundByDeno, SAMPLE } from "./support/sample.ts";

const ENGINE = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
const OTHERS = [NPM_PACKAGE, OTHER_RUNTIMES];
const folder = NPM_PACKAGE.value;
const others = folder && OTHER_RUNTIMES.value;
const wanted = await foundByDeno();

if (folder) {
  for (const name of ["group.js", "node.js"]) {
    copyFileSync(join(ROOT, "tests/runtimes/support", name), join(folder, name));
  }
}

/** Runs a Deno process that has only these permissions and a line on standard input. */
async function deno(args: readonly string[], input = ""): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", ...args],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written = new Blob([input]).stream().pipeTo(process.stdin).catch(() => {});
  const { success, stdout, stderr } = await process.output();
  await written;
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("Deno groups encoded images without a permission, given the bytes of the network", async () => {
  const images = SAMPLE.map((file) => readFileSync(file).toBase64());
  const model = readFileSync(DEFAULT_MODEL).toBase64();
  const found = JSON.parse(await deno(["tests/runtimes/support/sandboxed.ts"], JSON.stringify({ images, model })));
  assertSame(found, wanted);
});

Deno.test("the program needs to read images, itself and its packages, to write its output, and two variables", async () => {
  const photos = await Deno.makeTempDir();
  const out = `${photos}-clusters`;
  try {
    for (const file of SAMPLE) {
      mkdirSync(join(photos, basename(dirname(file))), { recursive: true });
      copyFileSync(file, join(photos, basename(dirname(file)), basename(file)));
    }
    const { npmCache } = JSON.parse(await output(Deno.execPath(), ["info", "--json"])) as { npmCache: string };
    const read = [photos, out, join(ROOT, "src"), join(ROOT, "models"), npmCache];
    const run = (rights: { read: string[]; write?: string; env?: string }) => {
      const flags = Object.entries(rights).map(([name, to]) => `--allow-${name}=${to}`);
      return deno([...flags, "cli.ts", "cluster", photos, "--preset", "paper", "--k", "3", "--cache", "off"]);
    };
    const env = "INIT_CWD,ANOMALY_CLUSTER_CACHE";
    await run({ read, write: out, env });
    const { images } = JSON.parse(readFileSync(join(out, "groups.json"), "utf8")) as { images: { group: number }[] };
    assert.deepEqual(images.map(({ group }) => group - Math.min(...images.map(({ group }) => group))), wanted.groups);
    rmSync(out, { recursive: true });
    await assert.rejects(run({ read, env }), "without writing");
    for (const name of env.split(",")) await assert.rejects(run({ read, write: out, env: name }), `with ${name} alone`);
    for (const left of read) {
      const fewer = read.filter((path) => path !== left);
      await assert.rejects(run({ read: fewer, write: out, env }), `without reading ${left}`);
    }
  } finally {
    rmSync(photos, { recursive: true });
    rmSync(out, { recursive: true, force: true });
  }
});

testWith(OTHERS, "Bun groups them from the tarball", async () => {
  assertSame(JSON.parse(await output(program(others!, "bun"), ["node.js", ...SAMPLE], folder)), wanted);
});

/** A bundle of one of tests/runtimes/support/, and its size. */
async function bundled(name: string, platform: string, ...options: string[]): Promise<string> {
  const source = readFileSync(join(ROOT, "tests/runtimes/support", name), "utf8");
  return await bundle(folder!, others!, source, [`--platform=${platform}`, ...options]);
}

/** Bytes with gzip. */
function gzipped(data: string | Uint8Array): number {
  return gzipSync(data, { level: 9 }).length;
}

testWith([...OTHERS, CHROMIUM], "Chromium groups them, in a page and in a worker", async () => {
  const script = await bundled("browser.js", "browser");
  const parts = join(folder!, "node_modules/@anomalies/cluster");
  const served = (path: string): [Uint8Array | string, string] => {
    if (path === "/") return ["<!doctype html><script type=module src=/app/main.js></script>", "text/html"];
    if (path === "/app/main.js") return [script, "text/javascript"];
    if (path === "/app/ort-wasm-simd-threaded.wasm") return [readFileSync(ENGINE), "application/wasm"];
    if (path.startsWith("/images/")) return [readFileSync(SAMPLE[Number(path.slice(8))]), "image/jpeg"];
    assert(/^\/(wasm|models)\/[\w.-]+$/.test(path), path);
    return [readFileSync(join(parts, path)), path.endsWith(".wasm") ? "application/wasm" : "application/octet-stream"];
  };
  const asked = new Set<string>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/favicon.ico") return new Response(null, { status: 404 });
    asked.add(pathname);
    const [body, type] = served(pathname);
    return new Response(body as BodyInit, { headers: { "content-type": type } });
  });
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM.get(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    await page.waitForFunction("globalThis.groupAll");
    assertSame(await page.evaluate(`groupAll(${SAMPLE.length})`) as Found, wanted);
    const inWorker = await page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker("/app/main.js", { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(${SAMPLE.length});
    })`);
    assertSame(inWorker as Found, wanted);
    assert(asked.has("/wasm/jpeg.wasm") && asked.has("/app/ort-wasm-simd-threaded.wasm"), [...asked].join());
    console.log(`Chromium ${await browser.version()}`);
    console.log(`bundle: ${script.length} bytes, ${gzipped(script)} with gzip`);
  } finally {
    await browser.close();
    await server.shutdown();
  }
});

/** Waits until a server answers on a port. */
async function answers(port: number, process: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200 && process.exitCode === null; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("workerd does not listen");
}

testWith(OTHERS, "workerd groups them, with compiled modules handed in", async () => {
  const script = await bundled("edge.js", "browser", "--external:./*.wasm", "--external:./*.onnx");
  const edge = join(folder!, "edge");
  const packaged = join(folder!, "node_modules/@anomalies/cluster");
  mkdirSync(edge, { recursive: true });
  writeFileSync(join(edge, "worker.js"), script);
  const modules = {
    "core.wasm": join(packaged, "wasm/core.wasm"),
    "jpeg.wasm": join(packaged, "wasm/jpeg.wasm"),
    "onnxruntime.wasm": ENGINE,
    "model.onnx": join(packaged, "models/efficientnet-lite0-reduction4.onnx.wasm"),
  };
  for (const [name, file] of Object.entries(modules)) copyFileSync(file, join(edge, name));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const embedded = Object.keys(modules).map((name) => {
    return `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "data"} = embed "${name}"),`;
  });
  writeFileSync(
    join(edge, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js"), ${embedded.join(" ")}],
    compatibilityDate = "2026-11-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  const server = spawn(program(others!, "workerd"), ["serve", "config.capnp"], { cwd: edge });
  let complaints = "";
  server.stderr.on("data", (data) => complaints += data);
  const ended = new Promise((resolve) => server.on("close", resolve));
  try {
    await answers(port, server).catch((error) => assert.fail(`${error}\n${complaints}`));
    const form = new FormData();
    SAMPLE.forEach((file, i) => form.append(String(i), new Blob([readFileSync(file)]), basename(file)));
    const refused = await fetch(`http://127.0.0.1:${port}/refusal`, { method: "POST", body: form });
    assert.match(
      await refused.json(),
      /^unsupported-runtime: this runtime compiles no WebAssembly from bytes: hand in the network's bytes as network\.model/,
    );
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: form });
    const text = await response.text();
    assert.equal(response.status, 200, `${text}\n${complaints}`);
    assertSame(JSON.parse(text), wanted);
  } finally {
    server.kill();
    await ended;
  }
  const parts = [script, ...["core.wasm", "jpeg.wasm"].map((name) => readFileSync(join(edge, name)))];
  const [raw, small] = [(part: string | Uint8Array) => part.length, gzipped].map((size) =>
    parts.reduce((sum, part) => sum + size(part), 0)
  );
  const engine = readFileSync(ENGINE);
  console.log(`without onnxruntime's WebAssembly: ${raw} bytes, ${small} with gzip`);
  console.log(`with it: ${raw + engine.length} bytes, ${small + gzipped(engine)} with gzip`);
  assert(small < 1_000_000);
});
