// Threads give the same results, whatever their number, wherever they come from, and even when a call is aborted.

import assert from "node:assert/strict";
import { clusterPatches, patchScores, type PatchSet, ThreadPool } from "../../mod.ts";
import { directedPlan, neighboursPlan, referencePlans, statisticsPlan } from "../../src/core/patch_kernel.ts";
import { newCore } from "../../src/core/instance.ts";
import { taskRunner } from "../../src/core/tasks/task_runner.ts";
import {
  type Plan,
  runHere,
  type RunOptions,
  runSpread,
  runStepsHere,
  runStepsSpread,
} from "../../src/core/run_plan.ts";
import { made, noise } from "../support/made_patches.ts";

Deno.test("any number of threads gives the same bits, without permissions", { permissions: "none" }, async () => {
  const patches = made(40, 5, 6, 10, noise);
  const references = made(9, 4, 4, 10, (at) => noise(at + 0.5));
  const run = async (threads: number) => {
    const { sum, smallest, largest } = await runSpread(statisticsPlan(patches), { threads });
    const hausdorff = await runSpread(directedPlan(patches, "hausdorff"), { threads });
    const { distances: nearest } = await runStepsSpread(referencePlans(patches, references), { threads });
    return [sum, smallest, largest, hausdorff, nearest].map((values) => Array.from(values));
  };
  const expected = await run(1);
  for (const threads of [2, 3]) assert.deepEqual(await run(threads), expected);
  assert.deepEqual(expected[0].map((sum) => Math.fround(sum / 39)), Array.from(patchScores(patches).data));
});

Deno.test("tasks are all pairs of images, and tell how many", () => {
  for (const count of [2, 3, 7, 8, 15, 16, 17, 33, 56, 64]) {
    const plan = statisticsPlan(made(count, 1, 2, 3, noise));
    const runner = taskRunner(newCore(), plan.workForThread(false));
    let done = 0;
    for (const task of plan.tasks) {
      runner.run(task);
      assert.equal(runner.counts().pairs, done += task.pairs, `${count} images`);
    }
    assert.equal(done, count * (count - 1) / 2, `${count} images`);
  }
});

Deno.test("without SharedArrayBuffer the ordinary path gives the same", async () => {
  const patches = made(12, 3, 3, 5, noise);
  const expected = Array.from(patchScores(patches).data);
  const shared = globalThis.SharedArrayBuffer;
  try {
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    const { sum } = await runSpread(statisticsPlan(patches), { threads: 2 });
    assert.deepEqual(Array.from(sum, (total) => Math.fround(total / 11)), expected);
  } finally {
    globalThis.SharedArrayBuffer = shared;
  }
});

Deno.test("where the runtime refuses workers, the other threads do their work", async () => {
  const script = (refusal: string) => `
    globalThis.Worker = class { constructor() { ${refusal} } postMessage() {} terminate() {} };
    if (PAGE) globalThis.document = {};
    const { statisticsPlan } = await import("${new URL("../../src/core/patch_kernel.ts", import.meta.url)}");
    const { runHere, runSpread } = await import("${new URL("../../src/core/run_plan.ts", import.meta.url)}");
    const data = Float32Array.from({ length: 20 * 9 * 5 }, (_, at) => Math.sin(at * 12.9898));
    const plan = () => statisticsPlan({ data, count: 20, rows: 3, cols: 3, channels: 5 });
    const [here, spread] = [runHere(plan()), await runSpread(plan(), { threads: 3 })];
    if (!here.sum.every((sum, at) => sum === spread.sum[at])) throw new Error("other sums");
    console.log("equal");`;
  const refusals = [
    'throw new Error("refused");',
    'setTimeout(() => this.onerror({ message: "refused", preventDefault() {} }));',
  ];
  for (const refusal of refusals) {
    for (const page of [false, true]) {
      const code = script(refusal).replace("PAGE", String(page));
      const args = ["eval", "--no-check", code];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        cwd: new URL("../..", import.meta.url),
      })
        .output();
      assert.equal(new TextDecoder().decode(stdout), "equal\n", new TextDecoder().decode(stderr));
    }
  }
});

Deno.test("an aborted run ends at once, with the signal's reason", async () => {
  const patches = made(64, 10, 10, 40, noise);
  for (const threads of [1, 2]) {
    const controller = new AbortController();
    const run = runSpread(statisticsPlan(patches), {
      threads,
      signal: controller.signal,
      onPairs: () => controller.abort(new Error("enough")),
    });
    await assert.rejects(run, /enough/);
  }
});

/** Work of several shapes and kinds, one after the other. */
const KINDS: readonly ((options?: RunOptions) => Promise<unknown>)[] = [[40, 5, 6, 10], [9, 7, 7, 33], [30, 4, 4, 5]]
  .flatMap(([count, rows, cols, channels]) => {
    const patches = made(count, rows, cols, channels, noise);
    const references = made(9, 4, 4, channels, (at) => noise(at + 0.5));
    const plans: (() => Plan<unknown>)[] = [
      () => statisticsPlan(patches),
      () => directedPlan(patches, "hausdorff"),
      () => neighboursPlan(patches, { quantile: 0.3, withResiduals: true }),
    ];
    const steps = () => referencePlans(patches, references);
    return [
      ...plans.map((plan) => async (options?: RunOptions) =>
        options ? await runSpread(plan(), options) : runHere(plan())
      ),
      async (options?: RunOptions) => options ? await runStepsSpread(steps(), options) : runStepsHere(steps()),
    ];
  });

Deno.test("threads that stay find the same, whatever they did before", { permissions: "none" }, async () => {
  const expected = await Promise.all(KINDS.map((kind) => kind()));
  for (const size of [1, 2, 3]) {
    const threads = new ThreadPool(size);
    for (const order of [KINDS, KINDS.toReversed()]) {
      for (const kind of order) assert.deepEqual(await kind({ threads }), expected[KINDS.indexOf(kind)]);
    }
    assert.deepEqual(await Promise.all(KINDS.map((kind) => kind({ threads }))), expected, "all at the same time");
    threads.close();
  }
});

Deno.test("work that overlaps on a thread does not disturb itself", { permissions: "none" }, async () => {
  const [one, other] = [made(140, 8, 8, 64, noise), made(140, 8, 8, 64, (at) => noise(at + 0.3))];
  const pool = new ThreadPool(2);
  for (const threads of [1, pool]) {
    const scores = (set: PatchSet) => runSpread(statisticsPlan(set), { threads });
    const [expected, expectedOther] = [await scores(one), await scores(other)];
    const running = [scores(one), scores(other), scores(one)];
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      patchScores(made(4, 5, 5, 9, noise));
    }
    assert.deepEqual(await Promise.all(running), [expected, expectedOther, expected]);
  }
  pool.close();
});

Deno.test("a pool starts its workers once, and other calls their own", { permissions: "none" }, async () => {
  const { createObjectURL } = URL;
  let started = 0;
  URL.createObjectURL = (source) => {
    started++;
    return createObjectURL(source);
  };
  const threads = new ThreadPool(3);
  try {
    for (const kind of KINDS) await kind({ threads });
    assert.equal(started, 2, "beside this thread");
    for (const kind of KINDS) await kind({ threads: 3 });
    assert.equal(started, 2 + KINDS.length * 2);
  } finally {
    URL.createObjectURL = createObjectURL;
    threads.close();
  }
});

Deno.test("a pool is there for later calls when one is aborted or does not fit", { permissions: "none" }, async () => {
  const threads = new ThreadPool(2);
  const patches = made(64, 10, 10, 40, noise);
  const expected = runHere(statisticsPlan(patches));
  const controller = new AbortController();
  const onPairs = () => controller.abort(new Error("enough"));
  const aborted = runSpread(statisticsPlan(patches), { threads, signal: controller.signal, onPairs });
  await assert.rejects(aborted, /enough/);
  assert.deepEqual(await runSpread(statisticsPlan(patches), { threads }), expected);

  const small = statisticsPlan(patches);
  const tooLarge: Plan<unknown> = {
    ...small,
    workForThread: (spread) =>
      ({ ...small.workForThread(spread), block: 2 ** 30 }) as ReturnType<Plan<unknown>["workForThread"]>,
  };
  await assert.rejects(runSpread(tooLarge, { threads }), { code: "too-large" });
  assert.deepEqual(await runSpread(statisticsPlan(patches), { threads }), expected);
  threads.close();
});

Deno.test("a closed pool's workers end, and calls say so", { permissions: "none" }, async () => {
  const threads = new ThreadPool(3);
  const patches = made(64, 10, 10, 40, noise);
  const onPairs = () => threads.close();
  await assert.rejects(runSpread(statisticsPlan(patches), { threads, onPairs }), { code: "bad-argument" });
  await assert.rejects(clusterPatches(patches, { threads }), /the thread pool is closed: make another one/);
  for (const size of [0, 1.5, NaN]) assert.throws(() => new ThreadPool(size), { code: "bad-argument" });
});
