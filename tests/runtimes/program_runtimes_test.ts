// The program in Node and Bun, from the npm package, against Deno: the same groups everywhere, and the same bytes in
// newer Node. The tests of the program check what else it does in each runtime.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GroupsFile } from "../../src/report/result.ts";
import { NATS, testWith } from "../support/needs.ts";
import { finish, run, start, withFolder, withImages } from "../support/program.ts";
import { BUN, DENO, NEWER_NODE, NODE, type Program } from "./support/programs.ts";
import { TestServer } from "../support/queue_server.ts";

/**
 * All files of results; of the report all but when it was made, and the map of images: a drawing that turns on the last
 * digit of `Math.exp` and `Math.log`, of which each version of an engine has its own.
 */
function filesIn(folder: string): Record<string, string> {
  const when = /\d{4}-\d\d-\d\dT[\d:.]+Z|\d+ \w+ \d{4} at \d\d:\d\d UTC/g;
  const contents = (name: string) => {
    const bytes = readFileSync(join(folder, name));
    return name === "report.html"
      ? bytes.toString().replaceAll(when, "").replace(/"map":\[[\d,]+\]/, "")
      : bytes.toString("latin1");
  };
  return Object.fromEntries(readdirSync(folder).sort().map((name) => [name, contents(name)]));
}

/** Groups the fabric set by each of the programs into the same folder; gives the files of each. */
async function fabricBy(programs: readonly Program[], ...args: string[]): Promise<Record<string, string>[]> {
  const found: Record<string, string>[] = [];
  await withFolder(async (folder) => {
    const out = join(folder, "out");
    for (const program of programs) {
      const { code, stderr } = await program.run(
        "cluster",
        "tests/data/fabric",
        "--labels",
        "folders",
        "--out",
        out,
        ...args,
      );
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /warning/i);
      found.push(filesIn(out));
      rmSync(out, { recursive: true });
    }
  });
  return found;
}

testWith([NEWER_NODE], "a newer Node writes Deno's bytes of the fabric set", async () => {
  for (const preset of ["paper", "default"]) {
    const [wanted, found] = await fabricBy([DENO, NEWER_NODE.get()], "--preset", preset);
    assert.deepEqual(Object.keys(wanted), ["groups.csv", "groups.json", "model.bin", "model.json", "report.html"]);
    for (const [name, text] of Object.entries(wanted)) assert(found[name] === text, `${name} by ${preset}`);
  }
});

testWith([NODE], "Node 20 and Bun find Deno's groups, and numbers that differ by rounding", async () => {
  const others = [NODE, BUN].flatMap(({ value }) => value ? [value] : []);
  const [wanted, ...found] = (await fabricBy([DENO, ...others], "--preset", "paper")).map((files) => {
    return JSON.parse(files["groups.json"]) as GroupsFile;
  });
  for (const { metrics, groups, images } of found) {
    assert.deepEqual(metrics, wanted.metrics);
    assert.deepEqual(groups, wanted.groups);
    for (const [at, { path, group, outlier, score, distance }] of wanted.images.entries()) {
      const image = images[at];
      assert.deepEqual([image.path, image.group, image.outlier], [path, group, outlier]);
      // Both are written with six digits.
      for (const [a, b] of [[image.score, score], [image.distance, distance]]) {
        assert(
          Math.abs(a - b) <= 2e-5 * b,
          path,
        );
      }
    }
  }
});

testWith([NODE, NEWER_NODE], "what Node 20 rounds otherwise comes of its lack of relaxed SIMD", async () => {
  const core = readFileSync(join(NODE.get().command[1], "../../@anomalies/cluster/wasm/core-relaxed.wasm"));
  const isRelaxed = `WebAssembly.validate(Buffer.from("${core.toString("base64")}", "base64"))`;
  if (execFileSync(NODE.get().command[0], ["-p", isRelaxed], { encoding: "utf8" }).trim() === "true") return;
  await withFolder(async (folder) => {
    const hide = join(folder, "hide.mjs");
    writeFileSync(
      hide,
      `const { validate } = WebAssembly;
       WebAssembly.validate = (bytes) => bytes.length !== ${core.length} && validate(bytes);`,
    );
    const [node, ...rest] = NEWER_NODE.get().command;
    const run: Program["run"] = (...args) => finish(start([node, "--import", hide, ...rest, ...args]));
    const [wanted, found] = await fabricBy([NODE.get(), { ...NEWER_NODE.get(), run }], "--preset", "paper");
    for (const [name, text] of Object.entries(wanted)) assert(found[name] === text, name);
  });
});

testWith([NODE], "a Node without SQLite says so in one sentence, and what a newer one would do", async () => {
  await withImages(4, async (folder) => {
    const args = [join(folder, "in"), "--preset", "paper", "--k", "2", "--cache", join(folder, "cache")];
    const { code, stderr } = await NODE.get().run("cluster", ...args);
    assert.equal(code, 0, stderr);
    const [said] = stderr.split("\n").filter((line) => line.includes("cache"));
    if (NODE.get().keeps) assert.match(said, /^cache: 0 of 4 images from .*cache \(\d+ MB\)$/);
    else {
      assert.match(said, /^warning: cache: .* without it: Node [\d.]+ has no SQLite, Node 22\.13 or newer has$/);
      assert.equal(stderr.match(/warning/g)!.length, 1, stderr);
    }
    const interrupted = start([...NODE.get().command, "cluster", "tests/data/fabric", "--out", join(folder, "out")]);
    const output = finish(interrupted);
    await new Promise((resolve) => setTimeout(resolve, 900));
    interrupted.kill("SIGINT");
    assert.equal((await output).code, 130);
  });
});

testWith([NEWER_NODE, BUN], "what Node keeps, Deno and Bun find again", async () => {
  await withImages(5, async (folder) => {
    const args = [join(folder, "in"), "--preset", "paper", "--cache", join(folder, "cache")];
    for (const [at, program] of [NEWER_NODE.get(), DENO, BUN.get()].entries()) {
      const { code, stderr } = await program.run("cluster", ...args);
      assert.equal(code, 0, stderr);
      assert.match(stderr, at === 0 ? /^cache: 0 of 5 images/m : /^cache: 5 of 5 images/m);
    }
  });
});

testWith([NODE], "--json - is whole through a pipe that is read late, and a closed one is no fault", async () => {
  for (const { value: program } of [NODE, NEWER_NODE, BUN]) {
    if (!program) continue;
    const pipe = async (reader: string) => {
      const command = `"$@" cluster tests/data/fabric --preset paper --out "$0" --json - | ${reader}`;
      let text = "";
      await withFolder(async (folder) => {
        const { code, stdout, stderr } = await finish(start(["bash", "-c", command, folder, ...program.command]));
        assert.equal(code, 0, stderr);
        text = stdout;
      });
      return text;
    };
    const whole = await pipe("(sleep 4; cat)");
    assert.equal((JSON.parse(whole) as GroupsFile).images.length, 60, program.name);
    assert.equal((await pipe("head -c 1")).length, 1);
  }
});

testWith([NODE, NATS], "workers in Node and Bun embed for Deno, with one machine's result", async () => {
  await withImages(12, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "out")];
    const args = ["cluster", images, "--preset", "paper", "--references", "all"];
    const alone = await run(...args, "--out", join(folder, "alone"));
    assert.equal(alone.code, 0, alone.stderr);
    const server = await TestServer.start(folder);
    const workers = [NODE, BUN].flatMap(({ value: one }) => {
      return one ? [start([...one.command, "worker", "--queue", server.url, "--name", one.name])] : [];
    });
    const outputs = workers.map(finish);
    try {
      const submitted = start([
        ...NODE.get().command,
        ...args,
        "--queue",
        server.url,
        "--queue-batch",
        "2",
        "--out",
        out,
      ]);
      const both = finish(submitted);
      Promise.all(outputs).then(() => stop(submitted)); // Without a worker it would wait for ever.
      assert.equal((await both).code, 0, (await both).stderr);
      const told = await NODE.get().run("status", "--queue", server.url, "--json", "-");
      assert.equal(told.code, 0, told.stderr);
      assert.match(told.stdout, /Node \d/);
      const groupsOf = (folder: string) => readFileSync(join(folder, "groups.csv"), "utf8").replaceAll(/,[\d.]+/g, "");
      assert.equal(groupsOf(out), groupsOf(join(folder, "alone")));
    } finally {
      for (const worker of workers) stop(worker);
      for (const { code, stderr } of await Promise.all(outputs)) assert.equal(code, 0, stderr);
      await server.kill();
    }
  });
});

/** Asks a process to end that may have by itself. */
function stop(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGTERM");
  } catch {
    // It has.
  }
}

testWith([NODE, NEWER_NODE], "the library's entries load no module of the program", async () => {
  const source = (name: string) => `import(${JSON.stringify(name)})`;
  const entries = ["", "/core", "/metrics", "/image", "/embed", "/deep", "/handler"].map((name) =>
    `@anomalies/cluster${name}`
  );
  const script = `import { registerHooks } from "node:module";
const seen = [];
registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
await Promise.all([${entries.map(source).join()}]);
console.log(seen.filter((url) => /\\/src\\/cli\\/|commander|cli-progress|nats|srvx/.test(url)).join("\\n"), seen.length);
process.exit(0);`;
  const [node] = NEWER_NODE.get().command;
  const cwd = join(NODE.get().command[1], "../../..");
  const { success, stdout, stderr } = await new Deno.Command(node, { args: ["--input-type=module", "-e", script], cwd })
    .output();
  assert(success, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /^ \d{2,}\n$/);
});
