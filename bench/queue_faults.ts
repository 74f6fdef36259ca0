/**
 * Causes random faults in a queue. Each run must still end with the same result as on one machine, to the last byte.
 *
 * Run: deno task queue:faults [--runs 50] [--seed N]    prints a line a run and a table; exits 1 where a result differs
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../src/random.ts";
import { resultsIn, run, withFolder, withImages } from "../tests/support/program.ts";
import { NATS } from "../tests/support/needs.ts";
import { coordinator, type Running, TestServer, worker } from "../tests/support/queue_server.ts";

const { values: { runs, seed } } = parseArgs({
  options: { runs: { type: "string", default: "50" }, seed: { type: "string", default: "1" } },
});
const OPTIONS = ["--preset", "paper", "--size", "64", "--references", "6", "--k", "3"];
const QUEUE = [...OPTIONS, "--queue-batch", "2", "--queue-wait", "1"];
const WORKERS = 2;
const LONGEST = 120_000;

/** The faults, which happen while a job runs. */
const FAULTS = [
  "worker killed, another started",
  "worker stopped for 2 s",
  "worker asked to end, another started",
  "coordinator killed, run again",
  "server killed, started again",
  "server away for 3 s",
  "worker and server killed",
  "coordinator and server killed",
] as const;

type Fault = (typeof FAULTS)[number];

NATS.get(); // Fails if there is no NATS server, and says how to get one.
const random = seededRandom(Number(seed));
const table = new Map<Fault, { runs: number; same: number }>(FAULTS.map((fault) => [fault, { runs: 0, same: 0 }]));
let wrong = 0;

await withImages(15, async (folder) => {
  const images = join(folder, "in");
  const alone = await run("cluster", images, ...OPTIONS, "--out", join(folder, "alone"));
  if (alone.code !== 0) throw new Error(alone.stderr);
  const expected = resultsIn(join(folder, "alone")).join();
  for (let at = 0; at < Number(runs); at++) {
    const faults = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
      fault: FAULTS[Math.floor(random() * FAULTS.length)],
      after: 100 + Math.floor(random() * 1800),
    }));
    const started = performance.now();
    const outcome = await withFaults(images, faults, expected);
    if (outcome !== "same") wrong++;
    for (const { fault } of faults) {
      const row = table.get(fault)!;
      row.runs++;
      if (outcome === "same") row.same++;
    }
    const told = faults.map(({ fault, after }) => `${fault} after ${after} ms`).join("; ");
    console.log(`${at + 1}. ${outcome}, ${((performance.now() - started) / 1000).toFixed(1)} s: ${told}`);
  }
});

console.log("\n| fault | times | ended with the same result |\n| --- | --- | --- |");
for (const [fault, { runs, same }] of table) console.log(`| ${fault} | ${runs} | ${same} |`);
console.log(`\n${Number(runs) - wrong} of ${runs} runs (seed ${seed}) ended with the result of one machine`);
if (wrong) Deno.exit(1);

/** Runs one job and its faults one after another, beginning when a worker has started. */
async function withFaults(
  images: string,
  faults: readonly { readonly fault: Fault; readonly after: number }[],
  expected: string,
): Promise<string> {
  let outcome = "same";
  await withFolder(async (folder) => {
    await using server = await TestServer.start(folder);
    const submit = () => coordinator(server.url, images, ...QUEUE, "--out", join(folder, "out"));
    const workers = Array.from({ length: WORKERS }, () => worker(server.url));
    let job = submit();
    const limit = setTimeout(() => job.kill(), LONGEST);
    const all: Running[] = [...workers, job];
    const again = (index: number) => all.push(workers[index] = worker(server.url));
    const resubmit = () => all.push(job = submit());
    const does: Record<Fault, (index: number) => Promise<unknown> | unknown> = {
      "worker killed, another started": (index) => (workers[index].kill(), again(index)),
      "worker stopped for 2 s": async (index) => {
        workers[index].kill("SIGSTOP");
        await sleep(2000);
        workers[index].kill("SIGCONT");
      },
      "worker asked to end, another started": (index) => (workers[index].kill("SIGTERM"), again(index)),
      "coordinator killed, run again": () => (job.kill(), resubmit()),
      "server killed, started again": async () => {
        await server.kill();
        await server.restart();
      },
      "server away for 3 s": async () => {
        await server.kill();
        await sleep(3000);
        await server.restart();
      },
      "worker and server killed": async (index) => {
        workers[index].kill();
        await server.kill();
        await server.restart();
        again(index);
      },
      "coordinator and server killed": async () => {
        job.kill();
        await server.kill();
        await server.restart();
        resubmit();
      },
    };
    await Promise.race(workers.map((one) => one.says(/working for job/).catch(() => {})));
    for (const { fault, after } of faults) {
      await sleep(after);
      await does[fault](Math.floor(random() * WORKERS));
    }
    // If the coordinator was done before it was killed, nothing is left to continue. Its rerun then does the job anew.
    const { code, stderr } = await job.end();
    clearTimeout(limit);
    if (code !== 0) outcome = `exit code ${code} (${stderr.trim().split("\n").at(-1)})`;
    else if (resultsIn(join(folder, "out")).join() !== expected) outcome = "ANOTHER RESULT";
    for (const one of all) one.kill();
    await Promise.all(all.map((one) => one.end()));
  });
  return outcome;
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
