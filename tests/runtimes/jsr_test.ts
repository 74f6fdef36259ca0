// The package as JSR serves it, from a registry on this machine: in an empty folder, first without a cache and then
// again without a connection.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { NPM_PACKAGE, testWith } from "../support/needs.ts";
import { finish, PROJECT, runTask, withFolder } from "../support/program.ts";
import { type Registry, startRegistry } from "./support/registry.ts";

/** What README says that the program needs, as Deno's short options. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
const PROGRAM = "jsr:@anomalies/cluster/cli";

/** What of the environment is the machine's and not the user's: where programs lie, and how registries are reached. */
const MACHINE = Object.fromEntries(
  Object.entries(Deno.env.toObject()).filter(([name]) =>
    /^(path|npm_config_\w+|\w+_proxy|ssl_cert_\w+|node_extra_ca_certs|deno_cert|deno_tls_\w+)$/i.test(name)
  ),
);

/** A user who has nothing yet but Deno: an empty folder with photos, an empty HOME, an empty cache. */
class User {
  constructor(readonly folder: string, readonly registry: Registry) {
    cpSync(join(PROJECT, "tests/data/fabric"), join(folder, "fabric"), { recursive: true });
    cpSync(join(PROJECT, "demo"), join(folder, "demo"), { recursive: true }); // README's example is of these.
    mkdirSync(join(folder, "home"));
    // Which npm registry is reached is the machine's setting.
    const settings = join(homedir(), ".npmrc");
    if (existsSync(settings)) cpSync(settings, join(folder, "home/.npmrc"));
  }

  start(program: string, ...args: string[]): Deno.ChildProcess {
    return new Deno.Command(program, {
      args,
      cwd: this.folder,
      clearEnv: true,
      env: {
        ...MACHINE,
        HOME: join(this.folder, "home"),
        DENO_DIR: join(this.folder, "deno"),
        DENO_NO_UPDATE_CHECK: "1",
        NO_COLOR: "1",
        JSR_URL: this.registry.url,
        ANOMALY_CLUSTER_CACHE: "off",
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async run(program: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await finish(this.start(program, ...args));
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** `deno run` with these permissions. */
  async deno(...args: string[]): Promise<string> {
    return await this.run(Deno.execPath(), "run", "--quiet", "--no-prompt", ...args);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  json<T>(name: string): T {
    return JSON.parse(readFileSync(join(this.folder, name), "utf8"));
  }
}

/** README's library example, which imports the package from JSR. */
function readmeExample(): string {
  const readme = readFileSync(join(PROJECT, "README.md"), "utf8");
  const [, code] = readme.match(/## As a library\n\n```ts\n(.*?)```/s) ?? assert.fail("README has no library example");
  return code.replaceAll("@anomalies/cluster", "jsr:@anomalies/cluster");
}

/** Pixels, grouped by the preset's network, by who has no permission at all. */
const PIXELS = `
import { clusterImages } from "jsr:@anomalies/cluster";
const image = (at) => {
  const data = new Uint8Array(64 * 64 * 4).map((_, i) => i % 4 === 3 ? 255 : Math.floor(i / (at % 2 ? 4 : 16)) % 8 < 4 ? 220 : 40);
  return { data: data.map((value, i) => i % 4 === 3 ? 255 : value + at % 3), width: 64, height: 64 };
};
const { groups } = await clusterImages(Array.from({ length: 8 }, (_, at) => image(at)), { k: 2 });
console.log(JSON.stringify([...groups]));
`;

const CORE = `
import { clusterPatches } from "jsr:@anomalies/cluster/core";
const data = Float32Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 5);
const { groups } = await clusterPatches({ data, count: 8, rows: 2, cols: 2, channels: 3 }, { k: 2 });
console.log(groups.length);
`;

const HANDLER = `
import { createHandler } from "jsr:@anomalies/cluster/handler";
console.log(typeof createHandler);
`;

interface Groups {
  readonly images: readonly { readonly path: string; readonly group: number | null }[];
}

const groupsOf = ({ images }: Groups) => images.map(({ path, group }) => [path, group]);

/** Everything that a user can do, each with what a local run gives. */
async function useAll(user: User, local: { groups: Groups; assigned: Groups; table: string }): Promise<void> {
  const example = (await user.deno("--allow-read", "example.ts")).trim().split("\n").map((line) => line.split(" ")[2]);
  assert.deepEqual([example[0], example[2]], [example[1], example[3]]);
  assert.notEqual(example[0], example[2]);
  const pixels: number[] = JSON.parse(await user.deno("pixels.ts"));
  assert.equal(new Set(pixels).size, 2);
  pixels.forEach((group, at) => assert.equal(group, pixels[at % 2], "by kind"));
  assert.equal((await user.deno("handler.ts")).trim(), "function");

  await user.deno(...PERMISSIONS, PROGRAM, "cluster", "fabric");
  assert.deepEqual(groupsOf(user.json("fabric-clusters/groups.json")), groupsOf(local.groups));
  assert.match(readFileSync(join(user.folder, "fabric-clusters/report.html"), "utf8"), /^<!doctype html>/i);
  await user.deno(...PERMISSIONS, PROGRAM, "assign", "fabric-clusters/model.json", "fabric/hole", "--out", "assigned");
  assert.deepEqual(groupsOf(user.json("assigned/assignments.json")), groupsOf(local.assigned));
  const table = await user.deno(
    ...PERMISSIONS,
    PROGRAM,
    "evaluate",
    "fabric",
    ...EVALUATE,
    "--out",
    `evaluated-${crypto.randomUUID()}`,
  );
  assert.deepEqual(numbersOf(table), numbersOf(local.table));
  await serves(user);

  // By its address, as other servers than JSR have it.
  const address = `${user.registry.url}@anomalies/cluster/0.1.0/cli.ts`;
  const host = `--allow-import=${new URL(user.registry.url).host}`;
  await user.deno(...PERMISSIONS, host, address, "cluster", "fabric", "--out", "by-address");
  assert.deepEqual(groupsOf(user.json("by-address/groups.json")), groupsOf(local.groups));

  const install = ["install", "--quiet", "--global", "--force", "--root", join(user.folder, "installed")];
  await user.run(Deno.execPath(), ...install, ...PERMISSIONS, "--name", "anomaly-cluster", PROGRAM);
  await user.run(join(user.folder, "installed/bin/anomaly-cluster"), "cluster", "fabric", "--out", "by-name");
  assert.deepEqual(groupsOf(user.json("by-name/groups.json")), groupsOf(local.groups));
}

const EVALUATE = ["--presets", "default", "--protocol", "whole"];

/** The rows of a table, without times. */
function numbersOf(table: string): string[] {
  return table.split("\n").filter((line) => /^\| default/.test(line)).map((line) => line.replace(/[\d.]+ s/g, ""));
}

async function serves(user: User): Promise<void> {
  const net = "--allow-net=127.0.0.1";
  const child = user.start(
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--unstable-no-legacy-abort"] as const,
    ...["--allow-read", "--allow-env", "--allow-sys", net, PROGRAM, "serve", "--port", "0"],
  );
  const errors = new Response(child.stderr).text();
  try {
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) assert.fail(await errors);
      text += value;
    }
    const url = text.match(/http:\/\/\S+/)![0];
    const form = new FormData();
    for (const [kind, at] of [["cut", 1], ["cut", 2], ["hole", 1], ["hole", 2]] as const) {
      const name = `${kind}-0${at}.jpg`;
      form.append("images", new Blob([readFileSync(join(PROJECT, "tests/data/fabric", kind, name))]), name);
    }
    form.append("k", "2");
    const answer = await fetch(`${url}groups`, { method: "POST", body: form });
    const body = await answer.text();
    assert.equal(answer.status, 200, body);
    const [a, b, c, d] = (JSON.parse(body) as Groups).images.map(({ group }) => group);
    assert(a === b && c === d && a !== c, body);
    const samples = await fetch(`${url}samples.zip`);
    assert.deepEqual([samples.status, (await samples.bytes()).length > 50_000], [200, true]);
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await errors;
  }
}

testWith(
  NPM_PACKAGE,
  "from JSR: library, program, service and the installed program work, and again without a connection",
  async () => {
    await withFolder(async (folder) => {
      const registry = await startRegistry();
      const user = new User(folder, registry);
      try {
        const size = [...registry.files.values()].reduce((sum, { length }) => sum + length, 0);
        console.log(`package: ${registry.files.size} files, ${size} bytes`);
        assert(size < 20 * 2 ** 20, "JSR takes 20 MB");

        const out = join(folder, "local");
        const local = await runTask("cluster", join(folder, "fabric"), "--out", out);
        assert.equal(local.code, 0, local.stderr);
        const assigned = await runTask("assign", join(out, "model.json"), join(folder, "fabric/hole"), "--json", "-");
        assert.equal(assigned.code, 0, assigned.stderr);
        const evaluated = await runTask(
          "evaluate",
          join(folder, "fabric"),
          ...EVALUATE,
          "--out",
          join(folder, "evaluated"),
        );
        assert.equal(evaluated.code, 0, evaluated.stderr);
        const expected = {
          groups: JSON.parse(readFileSync(join(out, "groups.json"), "utf8")) as Groups,
          assigned: JSON.parse(assigned.stdout) as Groups,
          table: evaluated.stdout,
        };

        for (
          const [name, text] of Object.entries({
            example: readmeExample(),
            pixels: PIXELS,
            core: CORE,
            handler: HANDLER,
          })
        ) {
          user.write(`${name}.ts`, text);
        }
        assert.equal((await user.deno("core.ts")).trim(), "8");
        assert(![...registry.asked].some((path) => path.includes("/models/")), "the core alone brings no network");
        await useAll(user, expected);
        assert(![...registry.asked].some((path) => path.includes("lite2")), "only what is used is downloaded");

        await registry.stop();
        await useAll(user, expected);

        // More images start workers that no run before did.
        for (let copy = 0; copy < 6; copy++) {
          cpSync(join(folder, "fabric/cut/cut-01.jpg"), join(folder, `fabric/cut/copy-${copy}.jpg`));
        }
        await user.deno(...PERMISSIONS, PROGRAM, "cluster", "fabric", "--out", "many");
        assert.equal(user.json<Groups>("many/groups.json").images.length, 66);
        const { code, stderr } = await finish(
          user.start(
            ...[Deno.execPath(), "run", "--quiet"] as const,
            ...PERMISSIONS,
            PROGRAM,
            "cluster",
            "fabric",
            "--preset",
            "best",
          ),
        );
        assert.equal(code, 1);
        assert.match(
          stderr,
          /^error: the network efficientnet-lite0-lite2\.onnx cannot be fetched from 127\.0\.0\.1:\d+: the first run that needs it downloads it, so run once with a connection$/m,
        );
      } finally {
        await registry.stop().catch(() => {});
      }
    });
  },
);
