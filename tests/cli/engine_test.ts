// Which engine runs the network, depending on what is installed and allowed.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { decodeImage, type Engine, onnxEmbedder, PRESETS, readNetwork } from "../../mod.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { graphicsAdapter } from "../../src/runtime/graphics.ts";
import { testWith, tried } from "../support/needs.ts";
import { finish, PROGRAM, start, withFolder } from "../support/program.ts";

/** What a process of its own chooses: it must not write the native package into deno.lock. */
async function automatic(before = ""): Promise<string> {
  const tell = 'console.log(await (await import("./src/cli/network/engine.ts")).chosenEngine("auto"));';
  const { stdout, stderr, code } = await finish(start([Deno.execPath(), "eval", "--no-lock", `${before} ${tell}`]));
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

// 290 MB that change what users' runs choose: not downloaded unasked.
const NATIVE_ENGINE = tried(
  "the native engine",
  "deno task cluster:native demo",
  await automatic() === "native",
);

const GRAPHICS = tried(
  "a graphics adapter for Deno, of a card or of software",
  "Debian's packages libegl1 and libgl1-mesa-dri",
  await graphicsAdapter() !== undefined,
);

Deno.test("auto takes the wasm engine without permission for native code, or where the package was never downloaded", async () => {
  assert.equal(await automatic('Deno.env.set("DENO_DIR", "nowhere");'), "wasm");
  assert.equal(await automatic('Deno.permissions.revokeSync({ name: "ffi" });'), "wasm");
});

testWith(
  NATIVE_ENGINE,
  "the native engine is chosen where it is there and allowed, and gives the wasm engine's groups of the fabric set",
  async () => {
    await withFolder(async (folder) => {
      const groups = async (out: string, ...options: string[]) => {
        const program = [Deno.execPath(), "run", "--quiet", "-A", "--no-lock", "cli.ts"];
        const args = [
          "cluster",
          "tests/data/fabric",
          "--preset",
          "paper",
          "--json",
          "-",
          "--out",
          join(folder, out),
          ...options,
        ];
        const { stdout, stderr, code } = await finish(start([...program, ...args]));
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout) as GroupsFile;
      };
      const native = await groups("native");
      const wasm = await groups("wasm", "--engine", "wasm");
      assert.deepEqual([native.settings.engine, wasm.settings.engine], ["native", "wasm"]);
      assert.deepEqual(native.images.map(({ group }) => group), wasm.images.map(({ group }) => group));
    });
  },
);

Deno.test("--engine webgpu without a graphics adapter ends with one sentence", async () => {
  await withFolder(async (folder) => {
    // A system for graphics that this operating system does not have.
    const env = { DENO_WEBGPU_BACKEND: Deno.build.os === "windows" ? "metal" : "dx12" };
    const args = ["cluster", "tests/data/fabric", "--engine", "webgpu", "--out", join(folder, "out")];
    const { code, stderr } = await finish(start([...PROGRAM, ...args], env));
    assert.equal(code, 2);
    assert.equal(
      stderr,
      "error: --engine webgpu: no graphics adapter can be had here by WebGPU; --engine wasm needs none\n",
    );
  });
});

testWith(GRAPHICS, "the engine webgpu gives the wasm engine's groups, and the cache keeps the two apart", async () => {
  await withFolder(async (folder) => {
    const images = join(folder, "photos");
    for (const kind of ["cut", "hole"]) {
      for (const at of [1, 2, 3]) {
        const name = `${kind}/${kind}-0${at}.jpg`;
        cpSync(join("tests/data/fabric", name), join(images, name));
      }
    }
    const run = async (engine: Engine) => {
      const options = ["--preset", "paper", "--k", "2", "--cache", join(folder, "cache"), "--json", "-"];
      const args = ["cluster", images, "--engine", engine, ...options, "--out", join(folder, engine)];
      const { code, stdout, stderr } = await finish(start([...PROGRAM, ...args]));
      assert.equal(code, 0, stderr);
      const found: GroupsFile = JSON.parse(stdout);
      assert.equal(found.settings.engine, engine);
      return { groups: found.images.map(({ group }) => group), cached: /cache: (\d+) of 6/.exec(stderr)?.[1] };
    };
    const card = await run("webgpu");
    assert.equal(card.cached, "0");
    assert.deepEqual(await run("wasm"), card, "none of the first run's is taken");
    assert.deepEqual(await run("webgpu"), { ...card, cached: "6" });
  });
});

testWith(
  GRAPHICS,
  "patch embeddings of webgpu and wasm differ by less than a ten-thousandth of the largest",
  async () => {
    const image = await decodeImage(await Deno.readFile("tests/data/fabric/cut/cut-01.jpg"));
    const { model, embedding } = PRESETS.best;
    const embedded = async (engine: Engine) => {
      const embedder = await onnxEmbedder({ ...await readNetwork(model), ...embedding, views: 1, engine });
      const { data } = await embedder.embed(image);
      await embedder.release();
      return data;
    };
    const [card, processor] = [await embedded("webgpu"), await embedded("wasm")];
    const largest = processor.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    card.forEach((value, at) => assert(Math.abs(value - processor[at]) < 1e-4 * largest));
  },
);
