// Networks of the Hugging Face hub in the program: downloaded once from a stand-in, then used without a connection.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { sha256 } from "../../src/embed/manifest.ts";
import { EXPORTS, HubServer } from "../support/hub_server.ts";
import { CHROMIUM, NATS, testWith } from "../support/needs.ts";
import {
  finish,
  type Finished,
  PROGRAM,
  PROJECT,
  resultsIn,
  start,
  withFolder,
  withImages,
} from "../support/program.ts";
import { Running, TestServer } from "../support/queue_server.ts";
import { BUN, NODE, testPrograms } from "../runtimes/support/programs.ts";

/** Runs the program with the network, unless it is not to have it; `env` may name no hub at all. */
function program(args: readonly string[], env: Record<string, string>, net = true): Promise<Finished> {
  const [deno, run, ...rest] = PROGRAM;
  return finish(start([deno, run, ...(net ? ["--allow-net"] : []), ...rest, ...args], { HF_TOKEN: "", ...env }));
}

/** What a task runs, with the permissions that it gives, and nothing asked. */
function taskCommand(name: string): string[] {
  const { tasks } = JSON.parse(readFileSync(join(PROJECT, "deno.json"), "utf8"));
  const [, run, ...rest] = tasks[name].command.split(" ");
  return [Deno.execPath(), run, "--no-prompt", ...rest];
}

/** Where nobody listens. */
const NOWHERE = "http://127.0.0.1:9";

Deno.test("cluster downloads a network once and tells what it is; then it, assign and evaluate need no connection", async () => {
  await using hub = new HubServer();
  await withImages(10, async (folder) => {
    const images = join(folder, "in");
    const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: join(folder, "cache") };
    const cluster = ["cluster", images, "--k", "3", "--engine", "wasm", "--model", "hf:test/dinov2"];
    const first = await program(cluster, env);
    assert.equal(first.code, 0, first.stderr);
    const digest = await sha256(readFileSync(join(EXPORTS, "dinov2/onnx/model.onnx")));
    const told =
      `network: test/dinov2 at ${hub.commit}, onnx/model.onnx, 0.16 MB, SHA-256 ${digest}, licence cc0-1.0, `;
    assert(first.stderr.includes(`${told}kept in ${join(folder, "cache", "networks")}`), first.stderr);
    assert.deepEqual(hub.asked, [
      "/test/dinov2/resolve/main/config.json",
      // The rest is of the commit that main stood for.
      ...["preprocessor_config.json", "README.md", "onnx/model.onnx"].map((file) => {
        return `/test/dinov2/resolve/${hub.commit}/${file}`;
      }),
      "/storage/dinov2/onnx/model.onnx",
    ]);
    const results = resultsIn(`${images}-clusters`);
    assert.match(JSON.parse(results[1]).model, new RegExp(`^dinov2 ${digest.slice(0, 8)} × 4 views@56 `));
    const model = join(`${images}-clusters`, "model.json");
    const { network } = JSON.parse(readFileSync(model, "utf8"));
    assert.equal(network.model, `hf:test/dinov2@${hub.commit}/onnx/model.onnx`);
    assert.deepEqual([network.file, network.sha256, network.size], ["onnx/model.onnx", digest, 56]);

    const offline = { ...env, HF_ENDPOINT: NOWHERE };
    const again = await program([...cluster, "--cache", join(folder, "cache")], offline, false);
    assert.equal(again.code, 0, again.stderr);
    assert(again.stderr.includes(`${told}from the cache`), again.stderr);
    assert.match(again.stderr, /cache: 10 of 10 images/);
    assert.deepEqual(resultsIn(`${images}-clusters`), results);

    const assigned = await program(["assign", model, images, "--engine", "wasm"], offline, false);
    assert.equal(assigned.code, 0, assigned.stderr);
    assert.match(assigned.stdout, /^10 images: 10 in groups, 0 in none of these$/m);

    // Options from a file name it too.
    const config = join(folder, "options.json");
    writeFileSync(config, JSON.stringify({ model: "hf:test/dinov2", k: 3, engine: "wasm" }));
    const byFile = await program(["cluster", images, "--config", config], offline, false);
    assert.equal(byFile.code, 0, byFile.stderr);
    assert.deepEqual(resultsIn(`${images}-clusters`), results);

    for (const kind of ["cut", "hole", "stain"]) {
      for (const at of [1, 2]) {
        const name = `${kind}-0${at}.jpg`;
        mkdirSync(join(folder, "classes", kind), { recursive: true });
        cpSync(join(PROJECT, "tests/data/fabric", kind, name), join(folder, "classes", kind, name));
      }
    }
    const sizes = ["--size", "56", "--protocol", "whole", "--presets", "paper", "--engine", "wasm"];
    const models = ["--models", "hf:test/dinov2,hf:test/dinov2/onnx/model.onnx"];
    const measured = await program(["evaluate", join(folder, "classes"), ...sizes, ...models], offline, false);
    assert.equal(measured.code, 2, "56 is no multiple of 32, which the preset's network asks for");
    const sized = sizes.map((value) => value === "56" ? "224" : value);
    const other = await program(["evaluate", join(folder, "classes"), ...sized, ...models], offline, false);
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stdout, /dinov2/);
  });
});

Deno.test("what is damaged in the cache is downloaded again; another file under the same name is refused", async () => {
  await using hub = new HubServer();
  await withFolder(async (folder) => {
    const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: folder };
    const network = (...args: string[]) => program(["network", "hf:test/convnext", "--engine", "wasm", ...args], env);
    assert.equal((await network()).code, 0);
    const kept = join(folder, "networks/hub/test/convnext/commits", hub.commit, "onnx/model.onnx");
    const whole = readFileSync(kept);
    const damaged = Uint8Array.from(whole, (byte, at) => at === 40_000 ? byte ^ 1 : byte);
    writeFileSync(kept, damaged);
    const asked = hub.asked.length;
    const mended = await network("--json", "-");
    assert.equal(mended.code, 0, mended.stderr);
    const sentence =
      /^warning: .*model\.onnx is damaged, its SHA-256 is \w{12}… and not \w{12}…: it is downloaded again$/m;
    assert.match(mended.stderr, sentence);
    assert.equal(hub.asked.length, asked + 2);
    assert.deepEqual(readFileSync(kept), whole);
    const { sha256: digest, patches, licence, secondsAnImage } = JSON.parse(mended.stdout);
    assert.deepEqual([digest, patches, licence], [await sha256(whole), [2, 2], "cc0-1.0"]);
    assert(secondsAnImage > 0);

    writeFileSync(kept, damaged);
    hub.files.set("convnext/onnx/model.onnx", damaged);
    const changed = await network();
    assert.equal(changed.code, 1);
    assert.match(
      changed.stderr,
      /^error: onnx\/model\.onnx of hf:test\/convnext is another file than before, .*: remove \S+/m,
    );
    hub.files.clear();

    // A newer commit is taken when asked for.
    writeFileSync(kept, whole);
    hub.commit = "2".repeat(40);
    const card = "---\nlicense: mit\n---\n";
    hub.files.set("convnext/README.md", card);
    assert.match((await network()).stderr, /at 1{40}, .* licence cc0-1\.0, from the cache$/m);
    assert.match((await network("--update")).stderr, /at 2{40}, .* licence mit, kept in/m);
    assert.match((await network()).stderr, /at 2{40}, .* licence mit, from the cache$/m);
    const pinned = await program(["network", `hf:test/convnext@${"1".repeat(40)}`], { ...env, HF_ENDPOINT: NOWHERE });
    assert.match(pinned.stderr, /at 1{40}, .* from the cache$/m);
  });
});

Deno.test("assign tells of another network under the recorded name", async () => {
  await using hub = new HubServer();
  await withImages(5, async (folder) => {
    const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: "off" };
    const images = join(folder, "in");
    const made = await program(["cluster", images, "--k", "2", "--engine", "wasm", "--model", "hf:test/dinov2"], env);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /licence cc0-1\.0, not kept$/m);
    const model = join(`${images}-clusters`, "model.json");
    hub.files.set("dinov2/onnx/model.onnx", readFileSync(join(EXPORTS, "dinov2/onnx/model_fp16.onnx")));
    const other = await program(["assign", model, images, "--engine", "wasm"], env);
    assert.equal(other.code, 1);
    assert.match(
      other.stderr,
      /^error: onnx\/model\.onnx is not the network of these groups, its SHA-256 is \w{12}… and not \w{12}…: name that one/m,
    );
    const without = await program(["assign", model, images, "--engine", "wasm"], env, false);
    assert.equal(without.code, 1);
    assert.match(
      without.stderr,
      /^error: hf:test\/dinov2@1{40} is not in the cache and this command may not connect to 127\.0\.0\.1:\d+: run deno task network hf:test\/dinov2@1{40} first$/m,
    );
    // A folder of the same form is the same network.
    const folderOf = await program(["assign", model, images, "--model", join(EXPORTS, "dinov2")], env, false);
    assert.equal(folderOf.code, 0, folderOf.stderr);

    // A record leads to no server that whoever wrote it chose.
    const record = JSON.parse(readFileSync(model, "utf8"));
    const address = `${hub.url}/test/dinov2/resolve/main/onnx/model.onnx`;
    writeFileSync(model, JSON.stringify({ ...record, network: { ...record.network, model: address } }));
    const asked = hub.asked.length;
    const led = await program(["assign", model, images, "--engine", "wasm"], { ...env, HF_ENDPOINT: NOWHERE });
    assert.equal(led.code, 1);
    assert.match(
      led.stderr,
      /^error: http:\S+ is not in the cache, and is not on the hub: run deno task network http:\S+ first$/m,
    );
    assert.equal(hub.asked.length, asked);
  });
});

Deno.test("addresses as browsers show them, files of one's choice, folders, and servers that tell nothing more", async () => {
  await using hub = new HubServer();
  await withFolder(async (folder) => {
    const env = { HF_ENDPOINT: NOWHERE, ANOMALY_CLUSTER_CACHE: folder };
    const told = async (name: string, env: Record<string, string>) => {
      const { code, stdout, stderr } = await program(["network", name, "--engine", "wasm", "--json", "-"], env);
      assert.equal(code, 0, `${name}: ${stderr}`);
      const { model, id } = JSON.parse(stdout);
      return { model, id: id.split("@")[0].split(" ")[0] };
    };
    const half = `${hub.url}/test/dinov2/resolve/${hub.commit}/onnx/model_fp16.onnx`;
    for (const below of ["blob/main/onnx/model_fp16.onnx", "resolve/main/onnx/model_fp16.onnx?download=true"]) {
      assert.deepEqual(await told(`${hub.url}/test/dinov2/${below}`, env), { model: half, id: "dinov2-fp16" });
    }
    for (const below of ["", "/", "/tree/main", "/tree/main/onnx"]) {
      assert.equal((await told(`${hub.url}/test/dinov2${below}`, env)).id, "dinov2");
    }
    const own = { ...env, HF_ENDPOINT: `${hub.url}/` };
    const address = { model: `hf:test/dinov2@${hub.commit}/onnx/model_fp16.onnx`, id: "dinov2-fp16" };
    assert.deepEqual(await told("hf://test/dinov2@main/onnx/model_fp16.onnx", own), address);
    assert.deepEqual(await told(`${hub.url}/test/dinov2/blob/main/onnx/model_fp16.onnx`, own), address);
    assert.deepEqual(await told("https://huggingface.co/test/dinov2/blob/main/onnx/model_fp16.onnx", own), address);
    assert.equal((await told("hf:test/dinov2/onnx/model_external.onnx", own)).id, "dinov2-external");
    const repository = join(EXPORTS, "dinov2");
    assert.deepEqual(await told(repository, env), { model: repository, id: "dinov2" });
    assert.equal((await told(join(repository, "onnx/model_fp16.onnx"), env)).id, "dinov2-fp16");

    hub.tells = false;
    assert.deepEqual(await told("hf:test/swin", own), { model: "hf:test/swin/onnx/model.onnx", id: "swin" });
    const asked = hub.asked.length;
    assert.equal((await told("hf:test/swin", own)).id, "swin");
    assert.equal(hub.asked.length, asked, "kept by the revision's name");
    const files = readdirSync(folder, { recursive: true }) as string[];
    assert(files.every((file) => !/[0-9a-f]{8}-[0-9a-f]{4}-/.test(file)), "nothing half written is left");
  });
});

Deno.test("one sentence for what cannot be had, and what to do", async () => {
  await using hub = new HubServer();
  await withImages(2, async (folder) => {
    const images = join(folder, "in");
    const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: join(folder, "cache") };
    const fails = async (
      model: string,
      code: number,
      sentence: RegExp,
      more: Record<string, string> = {},
      net = true,
    ) => {
      const found = await program(["cluster", images, "--engine", "wasm", "--model", model], { ...env, ...more }, net);
      assert.match(found.stderr, sentence, `${model}: ${found.stderr}`);
      assert.equal(found.code, code, model);
      assert.equal(found.stderr.match(/^error: /gm)?.length, 1);
      assert.equal(existsSync(`${images}-clusters/report.html`), false);
    };
    for (
      const wrong of [
        "hf:dinov2",
        "hf:",
        "hf:../x",
        "hf:a/b/c",
        "hf:a/b@..",
        "hf:a/b/../c.onnx",
        `${hub.url}/a/b/wiki`,
        "https://",
      ]
    ) {
      await fails(
        wrong,
        2,
        /^error: --model \S+( names no repository of the hub: write hf:OWNER\/NAME|: c is no ONNX)/m,
      );
    }
    await fails(
      EXPORTS,
      2,
      /^error: --model \S+ is a folder without onnx\/model\.onnx or model\.onnx: name its ONNX file$/m,
    );
    await fails("hf:test/none", 1, /^error: http:\S+ has no repository test\/none that may be read: .* set HF_TOKEN/m);
    await fails("hf:test/swin@v9", 1, /^error: \S+\/test\/swin has no revision v9: name a branch, a tag or a commit/m);
    await fails(
      "hf:test/swin/onnx/model_q4.onnx",
      1,
      /^error: hf:test\/swin has no onnx\/model_q4\.onnx: name the file, as hf:test\/swin\/onnx\/model_fp16\.onnx$/m,
    );
    await fails(
      "hf:test/swin",
      1,
      /^error: config\.json of hf:test\/swin cannot be downloaded, 127\.0\.0\.1:9 cannot be reached/m,
      {
        HF_ENDPOINT: NOWHERE,
        ANOMALY_CLUSTER_CACHE: "off",
      },
    );
    await fails("hf:test/swin", 1, /^error: HF_ENDPOINT hub is no address/m, {
      HF_ENDPOINT: "hub",
      ANOMALY_CLUSTER_CACHE: "off",
    });
    await fails(
      "hf:test/convnext",
      1,
      /^error: hf:test\/convnext is not in the cache and this command may not connect to \S+: run deno task network hf:/m,
      {},
      false,
    );
    hub.fault = (path) => path.endsWith("/config.json") ? new Response("", { status: 503 }) : undefined;
    await fails(
      "hf:test/convnext",
      1,
      /^error: hf:test\/convnext cannot be downloaded, \S+ answers 503: try again later$/m,
    );
    hub.fault = (path) => path.endsWith("/config.json") ? new Response("", { status: 404 }) : undefined;
    await fails("hf:test/convnext", 1, /^error: \S+ has no config\.json in test\/convnext at main: look at the name/m);
    hub.fault = (path) => path.startsWith("/storage") ? new Response(new Uint8Array(80_000)) : undefined;
    const came =
      /^error: onnx\/model\.onnx of hf:test\/convnext@1{40} came damaged, 80000 bytes by SHA-256 \w{12}…: try again$/m;
    await fails("hf:test/convnext", 1, came);
    hub.fault = () => new Response("<!DOCTYPE html>");
    await fails(
      "hf:test/dinov3-vit",
      1,
      /^error: onnx\/model\.onnx of hf:test\/dinov3-vit is no ONNX file, or one cut short/m,
    );
    hub.fault = undefined;
    const again = await program(["network", "hf:test/dinov3-vit", "--engine", "wasm"], env);
    assert.equal(again.code, 0, "such a page is not kept");
    hub.files.set("dino-vit-s16/config.json", JSON.stringify({ model_type: "whisper" }));
    await fails(
      "hf:test/dino-vit-s16",
      1,
      /^error: dino-vit-s16: config\.json's model_type whisper is not one that is known: /m,
    );

    // A cache that cannot be written is no reason to stop.
    writeFileSync(join(folder, "file"), "");
    const args = ["cluster", images, "--k", "2", "--engine", "wasm", "--model", "hf:test/swin"];
    const unkept = await program(args, { ...env, ANOMALY_CLUSTER_CACHE: join(folder, "file") });
    assert.equal(unkept.code, 0, unkept.stderr);
    assert.match(unkept.stderr, /^warning: the network is not kept, as \S+ cannot be written/m);
    rmSync(`${images}-clusters`, { recursive: true });
  });
});

Deno.test("a token goes to the hub, and to no server that it sends on to", async () => {
  await using hub = new HubServer();
  const tokens: (string | null)[] = [];
  await using storage = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    tokens.push(request.headers.get("authorization"));
    return new Response(readFileSync(join(EXPORTS, "swin/onnx/model.onnx")));
  });
  await using gate = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    if (request.headers.get("authorization") !== "Bearer secret") return new Response("", { status: 401 });
    const { pathname } = new URL(request.url);
    const location = pathname.endsWith(".onnx") ? `http://127.0.0.1:${storage.addr.port}/x` : `${hub.url}${pathname}`;
    return new Response(null, { status: 302, headers: { location } });
  });
  const env = { HF_ENDPOINT: `http://127.0.0.1:${gate.addr.port}` };
  const without = await program(["network", "hf:test/swin"], env);
  assert.match(without.stderr, /^error: .* set HF_TOKEN to an access token that may read it$/m);
  const found = await program(["network", "hf:test/swin", "--engine", "wasm"], { ...env, HF_TOKEN: "secret" });
  assert.equal(found.code, 0, found.stderr);
  assert.deepEqual(tokens, [null]);
});

/** Runs `serve` as its task does until `use` ends. */
async function withService(
  args: readonly string[],
  env: Record<string, string>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const child = start([...taskCommand("serve"), "--port", "0", ...args], env);
  const errors = new Response(child.stderr).text();
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) assert.fail(await errors);
    text += value;
  }
  try {
    await use(text.match(/^serving on (http:\/\/\S+)\/ until/)![1]);
  } finally {
    child.kill("SIGTERM");
    reader.releaseLock();
    await Promise.all([child.status, child.stdout.cancel().catch(() => {}), errors]);
  }
}

testWith(
  CHROMIUM,
  "the service groups by a network of the cache, tells at its start when there is none, and takes none",
  async () => {
    await using hub = new HubServer();
    await withImages(4, async (folder) => {
      const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: join(folder, "cache") };
      const args = ["--preset", "paper", "--model", "hf:test/dinov3-vit"];
      // Its permission is for addresses of this machine alone, where the stand-in is.
      const elsewhere = { ...env, HF_ENDPOINT: "http://hub.invalid" };
      const without = await finish(start([...taskCommand("serve"), "--port", "0", ...args], elsewhere));
      assert.equal(without.code, 1);
      assert.match(
        without.stderr,
        /^error: hf:test\/dinov3-vit is not in the cache and this command may not connect to .* first$/m,
      );
      assert.equal((await program(["network", "hf:test/dinov3-vit", "--engine", "wasm"], env)).code, 0);
      const asked = hub.asked.length;
      await withService(args, env, async (url) => {
        const body = new FormData();
        for (const name of readdirSync(join(folder, "in"))) {
          body.append("images", new File([readFileSync(join(folder, "in", name))], name));
        }
        const answer = await fetch(`${url}/groups?k=2`, { method: "POST", body });
        const groups = await answer.json();
        assert.equal(answer.status, 200, JSON.stringify(groups));
        assert.match(groups.model, /^dinov3-vit \w{8}@64 /);

        const browser = await puppeteer.launch({
          executablePath: CHROMIUM.get(),
          args: ["--no-sandbox", "--disable-gpu"],
        });
        try {
          const page = await browser.newPage();
          await page.goto(url);
          const input = await page.$("input#folder") as unknown as { uploadFile(path: string): Promise<void> };
          await input.uploadFile(join(EXPORTS, "swin"));
          await page.waitForFunction(() => !(document.querySelector("#problem") as HTMLElement).hidden);
          const problem = await page.$eval("#problem", (element) => element.textContent);
          assert.equal(problem, "This service takes no networks: whoever runs it names one by serve --model.");
        } finally {
          await browser.close();
        }
      });
      assert.equal(hub.asked.length, asked);
    });
  },
);

testWith(NATS, "workers have the job's network from the hub or from the cache, and write nothing", async () => {
  await using hub = new HubServer();
  await withImages(10, async (folder) => {
    await using server = await TestServer.start(folder);
    const images = join(folder, "in");
    const cluster = [
      "cluster",
      images,
      "--k",
      "3",
      "--engine",
      "wasm",
      "--references",
      "4",
      "--model",
      "hf:test/dinov2",
    ];
    const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: join(folder, "cache") };
    const alone = await program(cluster, env);
    assert.equal(alone.code, 0, alone.stderr);
    const results = resultsIn(`${images}-clusters`);
    const empty = join(folder, "empty");
    const workers: [env: Record<string, string>, told: RegExp][] = [
      [{ HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: empty }, /^network: test\/dinov2 at 1{40}, .*, not kept$/m],
      [{ HF_ENDPOINT: NOWHERE, ANOMALY_CLUSTER_CACHE: join(folder, "cache") }, /^network: .*, from the cache$/m],
    ];
    for (const [own, told] of workers) {
      const worker = new Running(start([...taskCommand("worker"), "--queue", server.url], own));
      const job = await program([...cluster, "--queue", server.url], env);
      assert.equal(job.code, 0, job.stderr);
      assert.match(worker.text, told);
      assert.match(worker.text, /working for job/);
      assert.deepEqual(resultsIn(`${images}-clusters`), results);
      worker.kill("SIGTERM");
      await worker.end();
    }
    assert.equal(existsSync(empty), false);
    const lost = new Running(
      start([...taskCommand("worker"), "--queue", server.url], { HF_ENDPOINT: NOWHERE, ANOMALY_CLUSTER_CACHE: "off" }),
    );
    const job = new Running(start([...taskCommand("cluster"), ...cluster.slice(1), "--queue", server.url], env));
    await lost.says(
      /to others: config\.json of hf:test\/dinov2@1{40} cannot be downloaded, 127\.0\.0\.1:9 cannot be reached/,
    );
    job.kill();
    lost.kill("SIGTERM");
    await Promise.all([job.end(), lost.end()]);
  });
});

testPrograms("networks of the hub in each runtime, with one cache for all", [NODE, BUN], async ({ command }) => {
  await using hub = new HubServer();
  await withImages(4, async (folder) => {
    const images = join(folder, "in");
    const env = { HF_ENDPOINT: hub.url, ANOMALY_CLUSTER_CACHE: join(folder, "cache") };
    const [runtime, ...rest] = command;
    const allowed = rest[0] === "run" ? ["run", "--allow-net", ...rest.slice(1)] : rest;
    const args = [
      "cluster",
      images,
      "--k",
      "2",
      "--engine",
      "wasm",
      "--model",
      "hf:test/dinov2/onnx/model_external.onnx",
    ];
    const first = await finish(start([runtime, ...allowed, ...args], env));
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /SHA-256 \w{64} and \w{64} of model_external\.onnx_data, licence cc0-1\.0, kept in/);
    const results = resultsIn(`${images}-clusters`);
    const again = await program(args, { ...env, HF_ENDPOINT: NOWHERE }, false);
    assert.equal(again.code, 0, again.stderr);
    const groups = (text: string) => JSON.parse(text).images.map(({ group }: { group: number }) => group);
    assert.deepEqual(groups(resultsIn(`${images}-clusters`)[1]), groups(results[1]));
  });
});
