// Many machines, as processes on loopback: a real server, coordinators and workers, and what may go wrong with them.

import assert from "node:assert/strict";
import { join } from "node:path";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { type ChosenOptions, comparisonOf } from "../../src/cli/cluster/cluster_settings.ts";
import type { QueueStatus } from "../../src/cli/queue/status.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { NATS, testWith } from "../support/needs.ts";
import { PROJECT, resultsIn, run, withFolder, withImages } from "../support/program.ts";
import { drawLarge, LARGE_SETS } from "../../tools/drawn_surfaces.ts";
import { coordinator, type Running, status, TestServer, worker } from "../support/queue_server.ts";

const COUNT = 15;
const OPTIONS = ["--preset", "paper", "--size", "64", "--references", "6", "--k", "3"];
const QUEUE = [...OPTIONS, "--queue-batch", "2", "--queue-wait", "1"];

/** What one machine finds of the same images. */
const expected = NATS.value
  ? await (async () => {
    let found: string[] = [];
    await withImages(COUNT, async (folder) => {
      const { code, stderr } = await run("cluster", join(folder, "in"), ...OPTIONS);
      assert.equal(code, 0, stderr);
      found = resultsIn(join(folder, "in-clusters"));
    });
    return found;
  })()
  : [];

function test(name: string, fn: (folder: string) => Promise<void>): void {
  testWith(NATS, name, () => withImages(COUNT, fn));
}

async function finishes(running: Running, folder: string): Promise<string> {
  const { code, stderr } = await running.end();
  assert.equal(code, 0, stderr);
  assert.deepEqual(resultsIn(join(folder, "in-clusters")), expected);
  return stderr;
}

async function statusOf(url: string): Promise<QueueStatus> {
  const { code, stdout, stderr } = await status(url, "--json", "-").end();
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function stop(...workers: Running[]): Promise<void> {
  for (const one of workers) one.kill("SIGTERM");
  for (const one of workers) assert.equal((await one.end()).code, 0);
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

test("two workers: the result of one machine to the last byte; status tells of both; nothing stays", async (folder) => {
  await using server = await TestServer.start(folder);
  const workers = [worker(server.url, "cli.ts", "--name", "first"), worker(server.url)];
  await Promise.all(workers.map((one) => one.says(/waiting for jobs/)));
  const stderr = await finishes(coordinator(server.url, join(folder, "in"), ...QUEUE), folder);
  assert.doesNotMatch(stderr, /warning/);
  const { jobs, workers: alive } = await statusOf(server.url);
  assert.deepEqual(jobs, []);
  assert.equal(alive.length, 2);
  assert(alive.some(({ name }) => name === "first"));
  await stop(...workers);
  assert.equal((await statusOf(server.url)).workers.length, 0);
});

test("a worker is killed in the midst of a task: another one does it", async (folder) => {
  await using server = await TestServer.start(folder);
  const first = worker(server.url);
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  await first.says(/working for job/);
  await sleep(100);
  first.kill();
  await first.end();
  const { jobs: [left] } = await statusOf(server.url);
  assert.equal(left.coordinated, true);
  assert(left.working > 0 && left.done < COUNT, JSON.stringify(left));
  const second = worker(server.url);
  await finishes(job, folder);
  await stop(second);
});

test("the server is killed and comes back: coordinator and workers wait, and go on", async (folder) => {
  await using server = await TestServer.start(folder);
  const one = worker(server.url);
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  await one.says(/working for job/);
  await server.kill();
  await Promise.all([one.says(/does not answer: waiting for it/), sleep(500)]);
  await server.restart();
  await finishes(job, folder);
  assert.match(one.text, /answers again/);
  await stop(one);
});

test("the coordinator is killed and run again: it goes on, and no image is embedded twice", async (folder) => {
  await using server = await TestServer.start(folder);
  const first = coordinator(server.url, join(folder, "in"), ...QUEUE);
  const one = worker(server.url);
  await one.says(/working for job/);
  first.kill();
  await first.end();
  const second = coordinator(server.url, join(folder, "in"), ...QUEUE);
  const stderr = await finishes(second, folder);
  assert.match(stderr, /is on the queue already: going on with it/);
  assert.doesNotMatch(stderr, /Embedding references/);
  await sleep(3200); // Workers tell of themselves every three seconds.
  assert.equal((await statusOf(server.url)).workers[0].images, COUNT);
  await stop(one);
});

test("a job that nobody will go on with is ended, and nothing of it stays on the server", async (folder) => {
  await using server = await TestServer.start(folder);
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  await job.says(/no worker is there/);
  job.kill("SIGINT");
  const { code, stderr } = await job.end();
  assert.equal(code, 130);
  assert.match(stderr, /stopped: the job \w{24} stays on the queue, .*: the same command goes on from there/);
  const { jobs: [{ id, waiting }] } = await statusOf(server.url);
  assert.equal(waiting, Math.ceil(COUNT / 2));
  const unknown = await status(server.url, "--end", "none").end();
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, new RegExp(`--end none is no job of the server at .*: the jobs are ${id}`));
  assert.match((await status(server.url, "--end", id).end()).stdout, /0 jobs/);
});

test("a task goes to two workers, as the first one stood still: both may store its result", async (folder) => {
  await using server = await TestServer.start(folder);
  const first = worker(server.url);
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  await first.says(/working for job/);
  first.kill("SIGSTOP");
  const second = worker(server.url);
  await second.says(/working for job/);
  await sleep(1500);
  first.kill("SIGCONT");
  await finishes(job, folder);
  await stop(first, second);
});

test("workers of another network or version leave the job to others, and the coordinator says so", async (folder) => {
  await using server = await TestServer.start(folder);
  const other = join(folder, "other");
  Deno.mkdirSync(other);
  for (const name of ["src", "models", "cli.ts", "deno.lock"]) Deno.symlinkSync(join(PROJECT, name), join(other, name));
  const version = Deno.readTextFileSync(join(PROJECT, "deno.json")).replace(/"version": "[^"]+"/, '"version": "0.0.1"');
  Deno.writeTextFileSync(join(other, "deno.json"), version);
  const wrong = worker(server.url, "cli.ts", "--model", "models/efficientnet-lite0-pyramid.onnx.wasm");
  const old = worker(server.url, join(other, "cli.ts"));
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  await wrong.says(
    /leaving job \w+ \(in\) to others: efficientnet-lite0-pyramid.onnx is not the network of its images/,
  );
  await old.says(/to others: it is of version \S+ of this package, and the worker of 0.0.1/);
  await job.says(/no worker takes this job, of 2 that are there: /);
  const right = worker(server.url);
  await finishes(job, folder);
  await stop(wrong, old, right);
});

test("a full store: the job waits for room, or says in one sentence that there is none", async (folder) => {
  for (let at = 0; at < COUNT; at++) {
    const [file] = Array.from(Deno.readDirSync(join(folder, "in"))).slice(at, at + 1);
    // Bytes after the end of a JPEG are no part of it.
    Deno.writeFileSync(join(folder, "in", file.name), new Uint8Array(100_000), { append: true });
  }
  await using server = await TestServer.start(folder, "", "max_file_store: 900KB");
  const one = worker(server.url);
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  await finishes(job, folder);
  assert.match(job.text, /the store of the server at 127.0.0.1:\d+ is full: waiting for room/);
  await stop(one);
  await server.kill();
  await using small = await TestServer.start(folder, "", "max_file_store: 20KB");
  const refused = await coordinator(small.url, join(folder, "in"), ...QUEUE).end();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^error: the store of the server at 127.0.0.1:\d+ is full.*: raise its max_file_store/m);
});

test("an image that stops every worker is left out with a warning, and no other image with it", async (folder) => {
  await using server = await TestServer.start(folder);
  const poisoned = "cut-02.jpg";
  const mark = new TextEncoder().encode("stops workers");
  Deno.writeFileSync(join(folder, "in", poisoned), mark, { append: true });
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE);
  let deaths = 0;
  // What starts workers again, as systemd or Docker would.
  const supervisor = (async () => {
    while (!job.isOver) {
      const one = worker(server.url, "tests/support/poisoned_worker.ts");
      while (!one.isOver && !job.isOver) await sleep(50);
      one.kill("SIGTERM");
      if ((await one.end()).code === 137) deaths++;
    }
  })();
  const { code, stderr } = await job.end();
  await supervisor;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /2 images stopped 3 workers: they are tried one by one/);
  assert.match(stderr, /^warning: cut-02.jpg: 3 workers stopped while they had it, skipped$/m);
  assert.equal(deaths, 6);
  const scores = (file: GroupsFile) => file.images.map(({ path, score }) => [path, score]);
  const found: GroupsFile = JSON.parse(resultsIn(join(folder, "in-clusters"))[1]);
  // An image's score depends on the references alone.
  assert.deepEqual(scores(found), scores(JSON.parse(expected[1])).filter(([path]) => path !== poisoned));
});

test("shared files: workers read them where they lie, below the folder that they were told alone", async (folder) => {
  await using server = await TestServer.start(folder);
  const outside = worker(server.url, "cli.ts", "--shared", join(folder, "elsewhere"));
  const unwilling = worker(server.url);
  const job = coordinator(server.url, join(folder, "in"), ...QUEUE, "--shared");
  await unwilling.says(/to others: its files are read where they lie: start the worker with --shared FOLDER/);
  await outside.says(/to others: .*in\/.*\.jpg lies outside the folder of --shared/);
  const willing = worker(server.url, "cli.ts", "--shared", folder);
  await finishes(job, folder);
  await stop(outside, unwilling, willing);
});

test("no server, wrong password, no JetStream, no address: one sentence each, and no password in any", async (folder) => {
  const refused = async (url: string, sentence: RegExp, code = 1) => {
    const result = await coordinator(url, join(folder, "in"), ...QUEUE).end();
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, sentence);
    assert.doesNotMatch(result.stderr, /secret/);
    assert.equal(result.stderr.trimEnd().split("\n").length, 1, result.stderr);
  };
  await refused("nats://127.0.0.1:1", /^error: no NATS server answers at 127.0.0.1:1: start one with nats-server -js/);
  await refused("http://a:secret@localhost", /^error: --queue takes an address as nats:\/\/HOST:4222/, 2);
  await using server = await TestServer.start(folder, 'authorization { user: ann, password: "right" }');
  const address = `127.0.0.1:${server.port}`;
  await refused(`nats://ann:secret@${address}`, /^error: the server at 127.0.0.1:\d+ refuses these credentials/);
  assert.deepEqual((await statusOf(`nats://ann:right@${address}`)).jobs, []);
  const without = await run("cluster", join(folder, "in"), ...QUEUE, "--queue", server.url);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /cannot be connected to without --allow-net=127.0.0.1:\d+/);
  const whole = await run("cluster", join(folder, "in"), "--queue", server.url, "--cluster", "kmeans");
  assert.equal(whole.code, 2);
  assert.match(whole.stderr, /--cluster kmeans compares all images with each other: leave it or --queue out/);
});

testWith(NATS, "large photos: workers look at them closer, as one machine does", () =>
  withFolder(async (folder) => {
    const set = { ...LARGE_SETS.photos, width: 896, height: 672 };
    await Deno.mkdir(join(folder, "in"));
    for (let at = 0; at < 6; at++) {
      const { image } = drawLarge(set, 70 + at, ["pit", "spot"][at % 2]);
      await Deno.writeFile(join(folder, "in", `${at}.jpg`), new Uint8Array(await encodeJpeg(image, { quality: 90 })));
    }
    const options = ["--preset", "paper", "--detail", "16", "--references", "4", "--k", "2", "--cache", "off"];
    const alone = await run("cluster", join(folder, "in"), ...options);
    assert.equal(alone.code, 0, alone.stderr);
    const found = resultsIn(join(folder, "in-clusters"));
    await using server = await TestServer.start(folder);
    const one = worker(server.url);
    const { code, stderr } = await coordinator(server.url, join(folder, "in"), ...options).end();
    assert.equal(code, 0, stderr);
    assert.deepEqual(resultsIn(join(folder, "in-clusters")), found);
    const { images }: GroupsFile = JSON.parse(await Deno.readTextFile(join(folder, "in-clusters", "groups.json")));
    assert.equal(new Set(images.map(({ group }, at) => `${group} ${at % 2}`)).size, 2, "pits and spots are apart");
    await stop(one);
  }));

Deno.test("with a queue all images are compared with references, with all images where there are few", () => {
  const chosen = (options: object) => ({
    weight: "soft",
    distance: "weighted-average",
    cluster: "ward",
    preset: "paper",
    ...options,
  });
  const references = (options: object, count: number) =>
    comparisonOf(chosen(options) as ChosenOptions, count, false).references;
  const queue = "nats://host";
  assert.equal(references({}, 600), "all");
  assert.equal(references({ queue }, 600), 512);
  assert.equal(references({ queue }, 500), 500);
  assert.equal(references({ queue, references: "all" }, 500), 500);
  assert.equal(references({ queue, references: 64 }, 500), 64);
  assert.deepEqual(references({ queue, references: { coreset: 64 } }, 500), { coreset: 64 });
  assert.equal(references({ queue, references: { coreset: 64 } }, 60), 60);
  assert.throws(() => references({ queue, cluster: "kmeans" }, 5000), { code: "bad-argument" });
});

Deno.test("cluster without --queue gives the network up, and loads nothing that speaks to a server", async () => {
  await withFolder(async (folder) => {
    const script = join(folder, "loaded.ts");
    const cli = new URL("../../src/cli/", import.meta.url);
    Deno.writeTextFileSync(
      script,
      `import { createRequire } from "node:module";
       import { giveUpUnasked } from "${cli}system/permissions.ts";
       import { run } from "${cli}program.ts";
       const state = () => Deno.permissions.querySync({ name: "net" }).state;
       const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((name) => name.includes("@nats-io"));
       giveUpUnasked(["cluster", "photos", "--queue=nats://host"]);
       const kept = state();
       giveUpUnasked(["cluster", "photos"]);
       const code = await run(["cluster", "${join(folder, "none")}"]);
       const before = loaded();
       await import("@nats-io/transport-node");
       console.log(JSON.stringify([kept, state(), code, before, loaded()]));`,
    );
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "-A", "--config", join(PROJECT, "deno.json"), script],
      stderr: "null",
    });
    const found = JSON.parse(new TextDecoder().decode((await command.output()).stdout));
    assert.deepEqual(found, ["granted", "prompt", 2, false, true]);
  });
});
