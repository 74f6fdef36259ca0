// Which engine runs the network, depending on what is installed and allowed.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { GroupsFile } from "../../src/report/result.ts";
import { testWith, tried } from "../support/needs.ts";
import { finish, start, withFolder } from "../support/program.ts";

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
