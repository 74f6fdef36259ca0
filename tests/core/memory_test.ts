// The core's memory: addresses above 2 GiB, memory that is full or dirty, and that no address leaves src/core.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { AnomalyClusterError, patchMinima, type PatchSet, resize, wardLinkage } from "../../mod.ts";
import { principalAxes } from "../../src/core/axes.ts";
import { type CoreExports, coreExports, newCore } from "../../src/core/instance.ts";
import { centroidMerges, chainMerges, type LinkageMethod, singleDistances } from "../../src/core/linkage_kernel.ts";
import { withRegion } from "../../src/core/memory.ts";
import {
  directedPlan,
  minimaPlan,
  neighboursPlan,
  projectionPlan,
  statisticsPlan,
} from "../../src/core/patch_kernel.ts";
import type { Plan } from "../../src/core/run_plan.ts";
import { taskRunner } from "../../src/core/tasks/task_runner.ts";
import type { Work } from "../../src/core/tasks/work.ts";
import { seededRandom } from "../../src/random.ts";
import { INTEGERS, nearestBy } from "../support/integers.ts";

/** Just below, so that arrays lie on both sides of it, and above it. */
const BASES = [2 ** 31 - 20_000, 2 ** 31 - 4_000, 2 ** 31 + 2 ** 24];

function drawn(count: number, channels = 12, levels?: readonly number[]): PatchSet {
  const random = seededRandom(count);
  const data = Float32Array.from({ length: count * 16 * channels }, () => random() - 0.5);
  // A coarsest level that is repeated over 2 × 2 patches, which is multiplied once.
  for (let at = 0; levels && at < data.length; at++) {
    const [patch, channel] = [Math.floor(at / channels) % 16, at % channels];
    if (channel < levels[0]) continue;
    const [row, col] = [Math.floor(patch / 4) & ~1, patch % 4 & ~1];
    data[at] = data[at - (patch - row * 4 - col) * channels];
  }
  return { data, count, rows: 4, cols: 4, channels, ...(levels && { levels }) };
}

/** The core with all that it uses from `base` on. */
function movedCore(base: number): CoreExports {
  const core = newCore();
  core.memory.grow(Math.ceil(base / 65536));
  return { ...core, heapBase: { value: base } as WebAssembly.Global };
}

function runOn<Result>(core: CoreExports, plan: Plan<Result>, integers = (work: Work): Work => work): Result {
  const runner = taskRunner(core, integers(plan.workForThread(false)));
  for (const task of plan.tasks) runner.run(task);
  return plan.result();
}

/** Every plan of the kernels, to its result. */
function results(coreOf: () => CoreExports): unknown[] {
  const [set, pyramid] = [drawn(19), drawn(9, 16, [8, 8])];
  const run = <Result>(plan: Plan<Result>) => runOn(coreOf(), plan);
  const centre = new Float32Array(12);
  const { axes, basis } = principalAxes(set, centre);
  const images = { data: set.data, count: 19, patches: 16, channels: 12 };
  const byIntegers = Object.values(INTEGERS).flatMap((integers) => {
    const plans = [
      statisticsPlan(set),
      statisticsPlan(pyramid),
      statisticsPlan(drawn(9, 210)),
      directedPlan(set, "hausdorff"),
    ];
    return [
      ...plans.map((plan: Plan<unknown>) => runOn(coreOf(), plan, integers)),
      nearestBy(integers, drawn(5), drawn(7), coreOf),
    ];
  });
  const kinds = ["mean", "smallest", "largest", "hausdorff", "all pairs"] as const;
  return [
    ...byIntegers,
    run(minimaPlan(set)),
    run(neighboursPlan(set, { quantile: 0.2, withResiduals: true, withErrors: true })),
    run(neighboursPlan(pyramid, { quantile: "mean", withResiduals: true, withErrors: true })),
    ...kinds.map((kind) => run(directedPlan(set, kind))),
    run(projectionPlan(images, centre, basis, axes)).data,
  ];
}

/** What runs on memory regions, to its result. */
function regionResults(): unknown[] {
  const [count, channels] = [90, 7];
  const points = drawn(count, channels).data.slice(0, count * channels);
  const distances = singleDistances(points, count, channels);
  const row = (i: number) => distances.subarray(i * count, (i + 1) * count);
  const methods: LinkageMethod[] = ["single", "complete", "average", "ward"];
  const data = Uint8Array.from({ length: 50 * 40 * 4 }, (_, at) => at * 7 % 251);
  return [
    distances,
    ...methods.map((method) => chainMerges(row, count, method)),
    centroidMerges(points, count, channels),
    resize({ data, width: 50, height: 40 }, 17, 61).data,
  ];
}

Deno.test("kernels give the same bits with all their arrays across and above 2 GiB", { permissions: "none" }, () => {
  const expected = results(newCore);
  for (const base of BASES) {
    const core = movedCore(base);
    assert.deepEqual(results(() => core), expected);
    assert(core.memory.buffer.byteLength > 2 ** 31);
  }
  const below = regionResults();
  for (const base of BASES) {
    const above = withRegion((region) => {
      region.allocate(base);
      return regionResults();
    });
    assert.deepEqual(above, below);
  }
});

Deno.test("what the memory held before changes no result, and nothing before the arrays is written", {
  permissions: "none",
}, () => {
  const [expected, regions] = [results(newCore), regionResults()];
  for (const dirt of [0xff, 0x7f, 0x01]) { // NaN, large numbers, small ones.
    const core = movedCore(2 ** 20);
    core.memory.grow(64);
    const start = newCore().heapBase.value;
    const dirty = () => {
      new Uint8Array(core.memory.buffer).fill(dirt, start);
      return core;
    };
    assert.deepEqual(results(dirty), expected);
    assert(new Uint8Array(core.memory.buffer, start, 2 ** 20 - start).every((byte) => byte === dirt));
    const guarded = withRegion((region) => {
      const guard = region.allocate(4096);
      new Uint8Array(region.core.memory.buffer).fill(dirt, guard);
      const found = regionResults();
      assert(region.bytes(guard, 4096).every((byte) => byte === dirt));
      return found;
    });
    assert.deepEqual(guarded, regions);
  }
});

Deno.test("memory that does not suffice: a typed error, and the next call works", { permissions: "none" }, () => {
  const expected = regionResults();
  const tooLarge = (message: RegExp) => (error: unknown) => {
    return error instanceof AnomalyClusterError && error.code === "too-large" && message.test(error.message);
  };
  const before = coreExports().memory.buffer.byteLength;
  assert.throws(
    () => withRegion((region) => region.allocate(2 ** 32)),
    tooLarge(/^this needs 4\.0 GiB of WASM memory/),
  );
  assert.throws(
    () => withRegion((region) => [region.allocate(2 ** 31), region.allocate(2 ** 31)]),
    tooLarge(/of which there are at most 4: use fewer or smaller images$/),
  );
  assert.deepEqual(regionResults(), expected);
  assert(coreExports().memory.buffer.byteLength <= before + 2 ** 20, "what had grown is kept");

  const full = movedCore(2 ** 31);
  full.memory.grow(65536 - full.memory.buffer.byteLength / 65536);
  const moved = { ...full, heapBase: { value: 2 ** 32 - 70_000 } as WebAssembly.Global };
  assert.throws(() => runOn(moved, minimaPlan(drawn(19))), RangeError);

  const many = { data: new Float32Array(1e6), count: 1e6, rows: 1, cols: 1, channels: 1 };
  assert.throws(() => patchMinima(many), tooLarge(/^this needs 3725\.3 GiB at once, more than there is/));
  assert.equal(patchMinima(drawn(3)).data.length, 3 * 3 * 16);
  assert.throws(() => wardLinkage({ data: new Float32Array(4e4), count: 4e4 } as never), AnomalyClusterError);
});

Deno.test("no address leaves src/core: others import nothing that takes or gives one, and results are copies", async () => {
  const WITH_ADDRESSES = ["CoreExports", "coreExports", "coreModule", "newCore", "dropCore", "Region", "withRegion"]
    .concat("taskRunner", "TaskRunner", "plainCore", "relaxedCore");
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const files = [...sources(`${root}src`)].filter((file) => !file.startsWith(`${root}src/core/`));
  const imported = new Set<string>();
  for (const file of [...files, ...["core", "embed", "image", "metrics", "mod"].map((name) => `${root}${name}.ts`)]) {
    const text = await Deno.readTextFile(file);
    for (const [, names] of text.matchAll(/(?:im|ex)port\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"[^"]*\/core\/[^"]*"/g)) {
      for (const name of names.split(",")) imported.add(name.trim().replace(/^type /, "").split(" as ")[0]);
    }
    assert(
      !/import\s+\*[^;]*\/core\/|import\("[^"]*\/core\//.test(text),
      `${file} imports all of a module of the core`,
    );
  }
  assert(imported.has("chainMerges") && imported.has("statisticsPlan"));
  for (const name of WITH_ADDRESSES) assert(!imported.has(name), `${name} is used outside of src/core`);
  for (const result of regionResults() as Float64Array[]) assert.equal(result.buffer.byteLength, result.byteLength);
});

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}
