// Config files and their schema, completions, help and colours: what they say about options, and which values are
// accepted.

import assert from "node:assert/strict";
import { join } from "node:path";
import { configSchema } from "../../src/cli/options/config_schema.ts";
import { optionsPage } from "../../src/cli/options/options_page.ts";
import { completionScript, SHELLS } from "../../src/cli/options/completions.ts";
import { program } from "../../src/cli/program.ts";
import { finish, PROJECT, resultsIn, run, start, withImages } from "../support/program.ts";
import { BUN, NODE, testPrograms } from "../runtimes/support/programs.ts";

const ROOT = program();
const CLUSTER = ROOT.commands.find((command) => command.name() === "cluster")!;

Deno.test("the published page of options is that of the program: else run `deno task options`", () => {
  assert.equal(Deno.readTextFileSync(join(PROJECT, "docs/options.md")), optionsPage(program()));
});

Deno.test("the published schema is that of the options: else run `deno task schema`", () => {
  const published = Deno.readTextFileSync(join(PROJECT, "docs/config.schema.json"));
  assert.equal(published, configSchema(CLUSTER));
  const properties = Object.keys(JSON.parse(published).properties);
  const options = CLUSTER.options.map(({ long }) => long!.slice(2)).filter((name) =>
    !/^(config|apply|queue)$/.test(name)
  );
  assert.deepEqual(properties, ["$schema", ...options]);
});

/** Reads a config as `cluster` does, with the action replaced: resolves to the options. */
async function optionsOf(config: unknown, ...args: string[]): Promise<Record<string, unknown>> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "options.json");
    Deno.writeTextFileSync(file, JSON.stringify(config));
    let options: Record<string, unknown> = {};
    const root = program();
    const command = root.commands.find((one) => one.name() === "cluster")!;
    command.action((_folder, found) => void (options = found));
    await root.parseAsync(["cluster", "photos", "--config", file, ...args], { from: "user" });
    return JSON.parse(JSON.stringify(options).replaceAll(folder, "HERE"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("each option means in a file what it means on the command line, which wins", async () => {
  const file = { "$schema": "../docs/config.schema.json", "cache-limit": "2GB", k: 4, views: 8, memory: true };
  assert.deepEqual(await optionsOf({ ...file, tau: ["20%", 0.5] }, "--k", "auto", "--seed", "7"), {
    ...await optionsOf({}),
    cacheLimit: 2e9,
    views: "8",
    memory: true,
    tau: [{ perplexity: 0.2 }, 0.5],
    seed: 7,
  });
  const paths = await optionsOf({ normals: "good", out: "/out", cache: "off", model: "nets/net.onnx", json: "-" });
  assert.deepEqual(
    [paths.normals, paths.out, paths.cache, paths.model, paths.json],
    ["HERE/good", "/out", "off", "HERE/nets/net.onnx", "-"],
  );
  // Every word of the schema is taken, and what lies outside it is not.
  const { properties } = JSON.parse(configSchema(CLUSTER));
  for (const [name, schema] of Object.entries<Record<string, unknown[]>>(properties)) {
    if (name === "$schema") continue;
    for (const word of schema.enum ?? []) await optionsOf({ [name]: word });
    for (const wrong of [null, {}, "no such value", [[]]]) {
      const isText = String(schema.type) === "string" && !schema.pattern && typeof wrong === "string";
      if (!isText) {
        await assert.rejects(optionsOf({ [name]: wrong }), new RegExp(`: "${name}" is `), `${name}: ${wrong}`);
      }
    }
  }
});

testPrograms("wrong config files: one sentence that names the key and what it may be, exit code 2", [
  NODE,
], async ({ run }) => {
  await withImages(2, async (folder) => {
    const file = join(folder, "options.json");
    const cases: [text: string, message: RegExp][] = [
      ['{"wieght": "soft"}', /options\.json: "wieght" is no option: did you mean "weight"\? It can be: out, k, /],
      ['{"apply": "groups.json"}', /"apply" is no option/],
      ['{"config": "other.json"}', /"config" is no option/],
      ['{"weight": "sfot"}', /"weight" is "sfot"\. Did you mean soft\? It can be: /],
      ['{"k": 0}', /"k" is 0\. It must be auto or a whole number from 1 on/],
      ['{"k": true}', /"k" is true\. It must be auto or/],
      ['{"memory": "yes"}', /"memory" is "yes"\. It must be true or false/],
      ['{"out": 3}', /"out" is 3\. It must be a text/],
      ['{"cache-limit": "4"}', /"cache-limit" is "4"\. It must be a number of megabytes or gigabytes, as 500MB or 4GB/],
      ["{", /options\.json is not JSON/],
      ["[]", /options\.json holds no options: write one object, as \{"k": 6/],
    ];
    for (const [text, message] of cases) {
      Deno.writeTextFileSync(file, text);
      const { code, stdout, stderr } = await run("cluster", join(folder, "in"), "--config", file);
      assert.equal(code, 2, `${text}: ${stderr}`);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.equal(stdout, "");
    }
    const missing = await run("cluster", join(folder, "in"), "--config", join(folder, "none.json"));
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /none\.json cannot be read: name a JSON file/);
  });
});

testPrograms("a run by a config file gives what the same options give", [NODE], async ({ run }) => {
  await withImages(5, async (folder) => {
    const [images, file] = [join(folder, "in"), join(folder, "options.json")];
    Deno.writeTextFileSync(file, JSON.stringify({ preset: "paper", k: 3, cluster: "kmeans", out: "from-file" }));
    assert.equal((await run("cluster", images, "--config", file)).code, 0);
    const args = ["--preset", "paper", "--k", "3", "--cluster", "kmeans", "--out", join(folder, "given")];
    assert.equal((await run("cluster", images, ...args)).code, 0);
    assert.deepEqual(resultsIn(join(folder, "from-file")), resultsIn(join(folder, "given")));
  });
});

/** What bash completes a line to. */
async function bashCompletes(script: string, line: string): Promise<string[]> {
  const words = line.split(" ");
  const ask = `${script}
    COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}
    compopt() { :; }
    ${words[0] === "deno" ? "_anomaly_cluster_task" : "_anomaly_cluster"}
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await finish(start(["bash", "-c", ask]));
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return stdout.split("\n").filter(Boolean);
}

Deno.test("completions: bash completes options, words and paths; every shell's script names every option", async () => {
  const printed = await run("completions", "bash");
  for (const { value } of [NODE, BUN]) if (value) assert.deepEqual(await value.run("completions", "bash"), printed);
  assert.equal(printed.stdout, `${completionScript(ROOT, "bash")}\n`);
  const script = printed.stdout;
  assert.deepEqual(await bashCompletes(script, "anomaly-cluster cl"), ["cluster"]);
  assert.deepEqual(await bashCompletes(script, "anomaly-cluster cluster --weight ha"), ["hard"]);
  assert.deepEqual(await bashCompletes(script, "deno task cluster demo --cache"), ["--cache", "--cache-limit"]);
  assert.deepEqual(await bashCompletes(script, "deno task evaluate --protocol "), ["subsets", "whole"]);
  assert.deepEqual(await bashCompletes(script, "deno task cluster demo --model models/efficientnet-lite0-pyramid.o"), [
    "models/efficientnet-lite0-pyramid.onnx.wasm",
  ]);
  assert.deepEqual(await bashCompletes(script, "deno task test --"), []);
  for (const shell of SHELLS) {
    const text = completionScript(ROOT, shell);
    for (const { long } of CLUSTER.options) assert(text.includes(shell === "fish" ? `-l ${long!.slice(2)}` : long!));
    const installed = await new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] }).output();
    if (!installed.success) continue;
    const file = await Deno.makeTempFile();
    Deno.writeTextFileSync(file, text);
    const { code, stderr } = await finish(start([shell, "-n", file]));
    assert.equal(code, 0, stderr);
    if (shell === "fish") {
      const asked = `source ${file}; complete -C "deno task cluster --weight ha"`;
      assert.match((await finish(start([shell, "-c", asked]))).stdout, /^hard\t/);
    }
    Deno.removeSync(file);
  }
  const refused = await run("completions", "zhs");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /Did you mean zsh\?/);
});

testPrograms("help has examples and no colours; a mistyped option or command is told the nearest", [
  NODE,
  BUN,
], async ({ run, command }) => {
  const { code, stdout } = await run("cluster", "--help");
  assert.equal(code, 0);
  assert.match(stdout, /^Examples:$/m);
  assert(!stdout.includes("\x1b"));
  const examples = stdout.match(/^ {2}cluster photos.*$/gm)!;
  for (const option of examples.join(" ").match(/--[a-z-]+/g)!) {
    assert(CLUSTER.options.some(({ long }) => long === option), option);
  }
  assert.match((await run("cluster", "demo", "--cach", "off")).stderr, /Did you mean --cache\?/);
  assert.match((await finish(start([...command, "clsuter", "demo"]))).stderr, /Did you mean cluster\?/);
});
