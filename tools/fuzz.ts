/**
 * Reads damaged files of every supported kind, in search of a crash, a hang, a leak or an error that is no plain
 * sentence.
 *
 * Run: deno task fuzz [--runs 50000] [--seed 1] [--only png,zip]
 *      deno task fuzz --replay fuzz-failures/png-1-4711
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { fuzz, replay } from "./fuzz/run.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    replay: { type: "string" },
  },
});

/** Milliseconds after which a read counts as a hang. */
const PATIENCE = 10_000;

if (values.replay) {
  const [target] = basename(values.replay).split("-");
  const { refused, fault } = await replay(values.replay, target, PATIENCE);
  console.log(fault ?? (refused ? "refused as it should be" : "read"));
  Deno.exit(fault ? 1 : 0);
}

const [runs, seed] = [Number(values.runs), Number(values.seed)];
const began = performance.now();
const { counts, faults, memory, slowest } = await fuzz({
  runs,
  seed,
  only: values.only?.split(","),
  patience: PATIENCE,
  failures: "fuzz-failures",
  onProgress: (done, { faults }) => {
    if (done % 5000 !== 0) return;
    const megabytes = Math.round(Deno.memoryUsage().rss / 1e6);
    console.error(`${done} of ${runs}, ${faults.length} faults, ${megabytes} MB resident`);
  },
});
for (const fault of faults) console.log(fault);
for (const [name, { read, refused }] of Object.entries(counts)) {
  console.log(`${name}: ${read} read, ${refused} refused`);
}
console.log(`slowest: ${slowest.milliseconds.toFixed(0)} ms (${slowest.target})`);
console.log(`resident memory: ${memory[0]} MB after a tenth, ${memory.at(-1)} MB at the end`);
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`${runs} damaged files with seed ${seed} in ${seconds} s: ${faults.length} faults`);
Deno.exit(faults.length ? 1 : 0);
