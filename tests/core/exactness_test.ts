// Filters may skip only what is proved not to be the minimum. Compares filtered searches with brute force, bit for bit,
// and checks how much work the filters save.

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeImage,
  fitWhitening,
  imageDistances,
  joinPatches,
  normalScores,
  onnxEmbedder,
  patchMinima,
  patchScores,
  type PatchSet,
  readNetwork,
  whiten,
  type WorkCounts,
} from "../../mod.ts";
import { plainCore, relaxedCore } from "../../src/core/generated/core.ts";
import { KEY_BITS } from "../../src/core/generated/structures.ts";
import { type CoreExports, newCore } from "../../src/core/instance.ts";
import { taskRunner } from "../../src/core/tasks/task_runner.ts";
import { directedPlan, minimaPlan, neighboursPlan, statisticsPlan } from "../../src/core/patch_kernel.ts";
import { quadQuantisation } from "../../src/core/quad_quantisation.ts";
import { INTEGERS, nearestBy } from "../support/integers.ts";
import { made, noise } from "../support/made_patches.ts";
import { withRegion } from "../../src/core/memory.ts";
import type { Plan } from "../../src/core/run_plan.ts";
import { spreadNormalNeighbours } from "../../src/distance/normal_scores.ts";
import { spreadNeighbours } from "../../src/distance/patch_minima.ts";
import { type Preset, PRESETS } from "../../src/preset.ts";

/** All minima one by one, by differences. */
function bruteForce(from: PatchSet, to: PatchSet): (i: number, m: number, j: number) => number {
  return withRegion((region) => {
    const [a, b] = [region.copyIn(from.data), region.copyIn(to.data)];
    const [perA, perB] = [from.rows * from.cols, to.rows * to.cols];
    const found = new Float32Array(from.count * perA * to.count);
    for (let patch = 0; patch < from.count * perA; patch++) {
      for (let j = 0; j < to.count; j++) {
        const others = b + j * perB * to.channels * 4;
        const squared = region.core.nearestSquared(a + patch * from.channels * 4, others, perB, from.channels);
        found[patch * to.count + j] = Math.sqrt(squared);
      }
    }
    return (i, m, j) => found[(i * perA + m) * to.count + j];
  });
}

/** Checks minima, max-Hausdorff distances and nearest references of a set. */
function checkAgainstBruteForce(patches: PatchSet): void {
  const perImage = patches.rows * patches.cols;
  const exact = bruteForce(patches, patches);
  const minima = patchMinima(patches).data;
  for (const [way, found] of Object.entries(byAllWays(() => minimaPlan(patches)))) assert.deepEqual(found, minima, way);
  const hausdorff = imageDistances(patches, "max-hausdorff").data;
  for (const [way, found] of Object.entries(byAllWays(() => directedPlan(patches, "hausdorff")))) {
    assert.deepEqual(found, hausdorff, `max-Hausdorff, ${way}`);
  }
  const split = Math.ceil(patches.count / 2);
  const part = (from: number, end: number): PatchSet => ({
    ...patches,
    data: patches.data.slice(from * perImage * patches.channels, end * perImage * patches.channels),
    count: end - from,
  });
  checkNearest(part(0, split), part(split, patches.count));
  for (let i = 0; i < patches.count; i++) {
    for (let j = 0; j < patches.count; j++) {
      let farthest = 0;
      for (let m = 0; i !== j && m < perImage; m++) {
        assert.equal(minima[(i * patches.count + j) * perImage + m], exact(i, m, j), `minimum of ${m} of ${i} in ${j}`);
        farthest = Math.max(farthest, exact(i, m, j), exact(j, m, i));
      }
      assert.equal(
        Math.fround(hausdorff[i * patches.count + j]),
        Math.fround(farthest),
        `max-Hausdorff of ${i} and ${j}`,
      );
    }
  }
}

/** What a plan of pairs finds by integers of both widths, and in strips of few patches. */
function byAllWays<Result>(planOf: () => Plan<Result>): Record<string, Result> {
  const ways: Record<string, Result> = {};
  for (const strip of [undefined, 12]) {
    for (const [width, integers] of Object.entries(INTEGERS)) {
      const plan = planOf();
      const work = integers(plan.workForThread(false));
      assert(work.kind === "pairs");
      const runner = taskRunner(newCore(), { ...work, strip: strip ?? work.strip });
      for (const task of plan.tasks) runner.run(task);
      ways[`${width}, strips of ${strip ?? "many"} patches`] = plan.result();
    }
  }
  return ways;
}

/** Patch embeddings of some images of the fabric set: the real thing. */
async function fabricPatches(names: string[], { model, embedding }: Preset = PRESETS.paper): Promise<PatchSet> {
  const embedder = await onnxEmbedder({ ...await readNetwork(model), ...embedding });
  const parts = [];
  for (const name of names) {
    parts.push(
      await embedder.embed(await decodeImage(await Deno.readFile(new URL(`../data/fabric/${name}`, import.meta.url)))),
    );
  }
  await embedder.release();
  return joinPatches(parts);
}

const SOME = ["hole", "stain", "cut", "knot", "good"].flatMap((kind) =>
  [1, 2, 3].map((n) => `${kind}/${kind}-0${n}.jpg`)
);

Deno.test("real features: filtered minima, distances and scores are brute force's to the last bit", async () => {
  checkAgainstBruteForce(await fabricPatches(SOME.slice(0, 8)));
});

Deno.test("adversarial features: filtered searches are brute force's to the last bit", () => {
  const cases: Record<string, PatchSet> = {
    "equal patches": made(4, 5, 5, 7, () => 3.25),
    "few different values": made(4, 5, 5, 3, (at) => Math.round(noise(at))),
    "a huge offset": made(4, 4, 5, 9, (at) => 30000 + noise(at)),
    "scales of 1e4 and 1e-4": made(4, 4, 5, 8, (at) => noise(at) * (at % 8 < 4 ? 1e4 : 1e-4)),
    "one outlier among near patches": made(4, 4, 4, 6, (at) => at === 100 ? 1e6 : noise(at) * 1e-3),
    "one dimension": made(5, 6, 6, 1, noise),
    "one dimension, equal": made(3, 2, 2, 1, () => -7),
    "one patch": made(5, 1, 1, 40, noise),
    "all zero but one": made(3, 3, 3, 4, (at) => at === 17 ? 1 : 0),
    "more channels than a check apart": made(3, 3, 4, 531, noise),
    "numbers near the smallest that there are": made(4, 4, 4, 6, (at) => noise(at) * 1e-42),
    "a few numbers among such": made(6, 6, 6, 30, (at) => noise(at) * (at % 5003 ? 1e-42 : 1)),
    "patches far from most, in many channels": made(
      6,
      6,
      6,
      90,
      (at) => noise(at) * (Math.floor(at / 90) % 17 ? 1 : 40),
    ),
    "a few numbers far above the others": made(6, 6, 6, 30, (at) => noise(at) * (at % 331 ? 1 : 60)),
    "many references, axes that hold most": made(12, 6, 6, 48, (at) => noise(at) * (at % 48 < 6 ? 9 : 1)),
  };
  for (const [name, patches] of Object.entries(cases)) {
    try {
      checkAgainstBruteForce(patches);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
});

Deno.test(
  "nearest references that integers can hardly tell from others, or cannot hold",
  { permissions: "none" },
  () => {
    const channels = 24;
    const length = (patch: number) => {
      return Math.sqrt(
        Array.from({ length: channels }, (_, k) => noise(patch * channels + k) ** 2).reduce((a, b) => a + b),
      );
    };
    const direction = (at: number) => noise(at) / length(Math.floor(at / channels));
    // All references at almost the same distance from all queries.
    const queries = made(6, 6, 6, channels, (at) => noise(at + 0.25) * 1e-5);
    checkNearest(
      queries,
      made(9, 6, 6, channels, (at) => direction(at) * (1 + 1e-4 * noise(Math.floor(at / channels)))),
    );
    // A patch as long as integers can hold; its nearest is longer, so that more of it is cut off, and one that is little
    // farther away is not.
    const many = 160;
    const small = (at: number) => at % 997 ? noise(at) / 20 : 1;
    const long = (at: number) => at < 5 ? 0.86 : 0;
    const images = made(8, 4, 6, many, (at) => at < many ? long(at) : small(at));
    for (let ratio = 1.004; ratio < 1.1; ratio += 0.004) {
      const away = 1.02 * (ratio - 1) * 0.86 * Math.sqrt(5);
      const references = made(20, 4, 6, many, (at) => {
        const [patch, channel] = [Math.floor(at / many), at % many];
        if (patch === 0) return channel === 7 ? away : long(channel);
        return patch === 30 ? long(channel) * ratio : small(at + 0.5);
      });
      checkNearest(images, references);
    }
  },
);

/** Vectors as they are before they are rounded to 8 bits; of 16 or 128 channels, turned once more they are as before. */
function turned(data: Float32Array, channels: number): Float32Array {
  return withRegion((region) => {
    const at = region.copyIn(data);
    region.core.rotatePatches(at, data.length / channels, channels, channels);
    return region.floats(at, data.length).slice();
  });
}

const SIXTEEN = 16;
const all = (value: number, channels = SIXTEEN) => Array<number>(channels).fill(value);
const only = (at: number, value: number, channels = SIXTEEN) => all(0, channels).map((_, k) => k === at ? value : 0);

/** Two images, and some of zeros, whose numbers become integers of the same size; drawn up with their mirror images. */
function inSteps(one: number[][], other: number[][], zeros: number): PatchSet {
  const mirrored = (patches: number[][]) => patches.concat(patches.map((patch) => patch.map((value) => -value)));
  const images = [one, other, ...Array(zeros).fill(one.map(() => all(0)))].map(mirrored);
  const data = turned(Float32Array.from(images.flat(2)), SIXTEEN);
  return { data, count: images.length, rows: 1, cols: images[0].length, channels: SIXTEEN };
}

/** A second patch in whole steps from one of `error` in all channels, hardly farther than `distance`. */
function hardlyFarther(distance: number, error: number, channels = SIXTEEN): number[] {
  const whole = Math.floor(distance / Math.sqrt(channels));
  let larger = 0;
  while (channels * whole ** 2 + larger * (2 * whole + 1) <= distance ** 2) larger++;
  return all(0, channels).map((_, k) => error + whole + (k < larger ? 1 : 0));
}

Deno.test("integers whose errors all go one way, about as far as is reckoned with and farther", () => {
  let nearReach = 0;
  for (const error of [0.29, 0.45]) {
    for (let far = 3; far < 60; far++) {
      // Rounded, the nearest patch moves away by twice the error, another one that is hardly farther by nothing.
      const nearest = 4 * (far - 2 * error);
      // The nearest patch finds itself in the first image, or it would be measured for its own sake.
      const one = [all(error), all(far - error), only(3, 127), only(4, 60)];
      const other = [all(far - error), hardlyFarther(nearest, error), only(5, 90), only(6, 90)];
      // Images of zeros make A reach less far, and so raise it by little more than is needed.
      const set = inSteps(one, other, 14);
      const settings = { centre: new Float32Array(SIXTEEN), radius: 127, bits: KEY_BITS, shared: 0, both: false };
      const { reach, scale } = quadQuantisation([set], settings);
      assert(Math.abs(scale - 1) < 1e-6);
      if (nearest > 0.85 * reach && nearest < reach) nearReach++;
      checkAgainstBruteForce(set);
    }
  }
  assert(nearReach > 1, `${nearReach} distances near the reach`);
});

Deno.test("nearest references by integers whose errors all go one way", () => {
  const channels = 128;
  // As many directions as there are: a few axes do not hold them, and patches are searched as they are.
  const around = Array.from({ length: channels }, (_, k) => [only(k, 127, channels), only(k, -127, channels)]).flat();
  const set = (first: number[], last: number[]): PatchSet => {
    const [one, other] = [first, last].map((patch) => patch.map((value) => -value));
    // Three times, so that not all are searched at once; the last patch long after the first.
    const data = turned(Float32Array.from([first, one, ...around, ...around, ...around, other, last].flat()), channels);
    return { data, count: 1, rows: 1, cols: data.length / channels, channels };
  };
  for (const error of [0.29, 0.45]) {
    for (let far = 2; far < 30; far++) {
      const nearest = Math.sqrt(channels) * (far - 2 * error);
      const references = set(hardlyFarther(nearest, error, channels), all(far - error, channels));
      checkNearest(set(all(error, channels), all(error, channels)), references);
    }
  }
});

/** Beside these steps, fine ones: as many in one of them as a power of two keeps below 16 bits. */
const FINER = 256;

Deno.test("fine integers whose errors all go one way, as far as can be", () => {
  for (let far = 2; far < 40; far++) {
    const error = 0.49;
    // To 8-bit integers all these are one; the farther patch comes first, and so is measured first.
    const finely = (patch: number[]) => patch.map((value) => value / FINER);
    const [near, start] = [finely(all(far - error)), finely(all(error))];
    const one = [start, near, only(3, 127), only(4, 60)];
    const other = [finely(hardlyFarther(4 * (far - 2 * error), error)), near, only(5, 90), only(6, 90)];
    checkAgainstBruteForce(inSteps(one, other, 2));
  }
});

/** A pyramid of these patches, each seen 2 × 2 times, with the last sixteen channels on its coarsest level. */
function asPyramid(images: number[][][]): PatchSet {
  const mirrored = images.map((patches) => patches.concat(patches.map((patch) => patch.map((value) => -value))));
  const wide = mirrored.map((patches) => patches.flatMap((patch) => [patch, patch]));
  const fine = turned(Float32Array.from(wide.flat().flatMap((patch) => patch.slice(0, SIXTEEN))), SIXTEEN);
  const [cols, channels] = [wide[0].length, 2 * SIXTEEN];
  const data = Float32Array.from(wide.flatMap((patches) => patches.concat(patches)).flat());
  const at = (place: number) => Math.floor(place / (2 * cols)) * cols + place % cols;
  for (let place = 0; place < data.length / channels; place++) {
    data.set(fine.subarray(at(place) * SIXTEEN, (at(place) + 1) * SIXTEEN), place * channels);
  }
  return { data, count: images.length, rows: 2, cols, channels, levels: [SIXTEEN, SIXTEEN] };
}

/** Checks the minima of two images, found with what four patches share multiplied once. */
function checkPyramid(patches: PatchSet): void {
  const exact = bruteForce(patches, patches);
  const perImage = patches.rows * patches.cols;
  const expected = Float32Array.from({ length: 2 * perImage }, (_, at) => {
    return exact(Math.floor(at / perImage), at % perImage, at < perImage ? 1 : 0);
  });
  for (const [way, { smallest }] of Object.entries(byAllWays(() => statisticsPlan(patches)))) {
    assert.deepEqual(smallest, expected, way);
  }
}

Deno.test("what four patches share, in integers whose errors all go one way", () => {
  const nothing = all(0);
  /** Keep the steps of both sides: the norm of the second makes a fine step a sixteenth of the others. */
  const anchors = [[...only(3, 127), ...nothing], [...nothing, ...only(3, 1400)], [...nothing, ...only(5, 1200)]];
  const set = asPyramid([anchors, anchors]);
  const settings = {
    centre: new Float32Array(2 * SIXTEEN),
    radius: 1400,
    bits: KEY_BITS,
    shared: SIXTEEN,
    both: false,
  };
  const { scale, finerBits } = quadQuantisation([set], settings);
  assert(Math.abs(scale - 1) < 1e-6 && finerBits === 4, `${scale}, ${finerBits}`);
  for (const steps of [1, 16]) {
    // Far ones too: there a step is more than the bits that cells of 16 bits do without.
    for (const far of Array.from({ length: 50 }, (_, at) => at < 38 ? at + 2 : 200 * steps + at)) {
      for (const error of [0.2, 0.49]) {
        const shared = (patch: number[]) => [...nothing, ...patch.map((value) => value / steps)];
        const [near, start] = [shared(all(far - error)), shared(all(error))];
        const farther = shared(hardlyFarther(4 * (far - 2 * error), error));
        checkPyramid(asPyramid([[start, near, ...anchors], [farther, near, ...anchors]]));
        checkPyramid(asPyramid([[start, near, ...anchors], [near, farther, ...anchors]]));
      }
    }
  }
  // Whole fine steps: what is nearer by the least that there is.
  for (let seed = 0; seed < 40; seed++) {
    const some = (image: number) =>
      Array.from({ length: 12 }, (_, patch) => {
        return [
          ...nothing,
          ...all(0).map((_, k) => Math.round(6 * noise(seed * 1e4 + image * 1e3 + patch * 20 + k)) / 16),
        ];
      });
    checkPyramid(asPyramid([[...some(0), ...anchors], [...some(1), ...anchors]]));
  }
});

Deno.test("max-Hausdorff distances that hang on integers whose errors all go one way", () => {
  const largest = 127 / 1.1;
  for (let far = 3; far < 20; far++) {
    const error = 0.29;
    // Of the only patch that the other image lacks the nearest moves away, one hardly farther does not.
    const pair = [all(far - error), hardlyFarther(4 * (far - 2 * error), error)];
    checkAgainstBruteForce(
      inSteps([all(error), ...pair, only(3, largest)], [...pair, only(3, largest), only(3, largest)], 0),
    );
    // Two patches are lacking: the farther one comes last, and with its nearest moves together.
    const near = 4 * far + 1.8;
    const [first, second] = [only(3, largest), only(3, largest).map((value, k) => k === 5 ? near : value)];
    const [last, itsNearest] = [-error, far + error].map((value) => only(8, 40).map((offset) => offset + value));
    checkAgainstBruteForce(
      inSteps([first, last, second, itsNearest], [second, itsNearest, second, itsNearest], 0),
    );
  }
});

function checkNearest(patches: PatchSet, references: PatchSet): void {
  const exact = bruteForce(patches, references);
  const perImage = patches.rows * patches.cols;
  for (const [width, integers] of Object.entries(INTEGERS)) {
    const { distances, places } = nearestBy(integers, patches, references);
    distances.forEach((distance, at) => {
      let least = Infinity;
      for (let j = 0; j < references.count; j++) {
        least = Math.min(least, exact(Math.floor(at / perImage), at % perImage, j));
      }
      assert.equal(distance, least, `nearest reference of patch ${at}, ${width}`);
    });
    for (const at of [0, distances.length - 1]) assert.equal(places[at], firstNearest(patches, at, references), width);
  }
}

/** Of all patches of the references the first that is nearest to a patch. */
function firstNearest({ data, channels }: PatchSet, at: number, references: PatchSet): number {
  return withRegion((region) => {
    const patch = region.copyIn(data.subarray(at * channels, (at + 1) * channels));
    const others = region.copyIn(references.data);
    let [best, place] = [Infinity, -1];
    for (let other = 0; other < references.data.length / channels; other++) {
      const squared = region.core.nearestSquared(patch, others + other * channels * 4, 1, channels);
      if (squared < best) [best, place] = [squared, other];
    }
    return place;
  });
}

Deno.test("features of any shape: filtered searches are brute force's to the last bit", () => {
  const shapes = fc.record({
    count: fc.integer({ min: 2, max: 5 }),
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.integer({ min: 1, max: 5 }),
    channels: fc.integer({ min: 1, max: 37 }),
    levels: fc.integer({ min: 1, max: 1000 }),
    seed: fc.nat({ max: 1e6 }),
  });
  fc.assert(
    fc.property(shapes, ({ count, rows, cols, channels, levels, seed }) => {
      checkAgainstBruteForce(made(count, rows, cols, channels, (at) => Math.round(noise(at + seed) * levels) / levels));
    }),
    { numRuns: 60 },
  );
});

Deno.test("max-Hausdorff distances of patches at opposite ends of a set, farther than places without a patch look", () => {
  // In steps of the 16-bit integers, 73 and -123 are farther apart than 73 and a place behind the last patch.
  checkAgainstBruteForce(made(3, 1, 2, 1, (at) => [15, 71, -123, -123, 63, 73][at] / 126));
  for (let seed = 0; seed < 300; seed++) {
    const [rows, channels] = [1 + seed % 13, 1 + seed % 3];
    // Few directions, so that many patches lie at opposite ends.
    checkAgainstBruteForce(made(4, rows, 1, channels, (at) => Math.round(3 * noise(at + seed * 1000)) / 3));
  }
});

Deno.test("keys that tell several panels, as of very many patches, lead to the same patches", () => {
  const patches = made(6, 13, 14, 20, noise);
  for (const integers of Object.values(INTEGERS)) {
    const [first, ...others] = [0, 1, 2, 9].map((panelShift) => {
      const plan = statisticsPlan(patches);
      const work = integers(plan.workForThread(false));
      assert(work.kind === "pairs");
      const runner = taskRunner(newCore(), { ...work, panelShift });
      for (const task of plan.tasks) runner.run(task);
      return { result: plan.result(), measured: runner.counts().measured };
    });
    for (const { result, measured } of [first, ...others]) {
      assert.deepEqual(result, first.result);
      // The likeliest ones are nearly all that is measured; which of two as likely ones is, the panels' order may decide.
      assert(measured < 1.6 * 15 * 13 * 14 && Math.abs(measured - first.measured) < 10, `${measured} distances`);
    }
  }
});

const NEAREST = { quantile: 0.4, withResiduals: true, withErrors: true };

Deno.test("a level repeated over 2 × 2 patches is multiplied once for the four, and nothing changes", () => {
  for (
    const [rows, cols, fine, coarse] of [[4, 6, 5, 8], [2, 2, 6, 2], [14, 14, 10, 12], [6, 4, 8, 10], [3, 4, 4, 8]]
  ) {
    const channels = fine + coarse;
    const values = (flaw: number) =>
      made(5, rows, cols, channels, (at) => {
        const [place, channel] = [Math.floor(at / channels), at % channels];
        const [image, row, col] = [Math.floor(place / (rows * cols)), Math.floor(place / cols) % rows, place % cols];
        const block = (image * 100 + (row >> 1) * 10 + (col >> 1)) * channels + channel;
        return channel < fine || at === flaw ? noise(at) : 3 * noise(block + 0.5);
      });
    // With a single number that is not repeated the level must not be taken for shared.
    for (const patches of [values(-1), values(rows * cols * channels * 3 - 1)]) {
      let counts!: WorkCounts;
      const plain = patchScores(patches);
      const shared = patchScores({ ...patches, levels: [fine, coarse] }, { onCounts: (heard) => counts = heard });
      assert.deepEqual(shared.data, plain.data, `${rows} × ${cols} × ${fine} + ${coarse}`);
      const pyramid = { ...patches, levels: [fine, coarse] };
      for (const { sum } of Object.values(byAllWays(() => statisticsPlan(pyramid)))) {
        assert.deepEqual(Float32Array.from(sum, (total) => total / 4), plain.data);
      }
      const [first, ...others] = Object.values(byAllWays(() => neighboursPlan(pyramid, NEAREST)));
      for (const other of others) assert.deepEqual(other, first);
      assert.equal(counts.pairs, 10);
      const exact = bruteForce(patches, patches);
      for (let m = 0; m < rows * cols; m++) {
        const mean = [1, 2, 3, 4].reduce((sum, j) => sum + exact(0, m, j), 0) / 4;
        assert(Math.abs(mean - shared.data[m]) < 1e-6 * mean);
      }
    }
  }
});

Deno.test("the build without relaxed instructions finds the same nearest patches", { permissions: "none" }, () => {
  const [patches, references] = [made(9, 6, 7, 50, noise), made(8, 5, 5, 50, (at) => noise(at + 0.5))];
  const [relaxed, plain] = [relaxedCore, plainCore].map((build) => {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(build));
    const core = () => new WebAssembly.Instance(module).exports as unknown as CoreExports;
    return nearestBy(INTEGERS["16 bits"], patches, references, core);
  });
  assert.deepEqual(plain.places, relaxed.places);
  plain.distances.forEach((distance, at) => assert(Math.abs(distance - relaxed.distances[at]) < 1e-6 * distance));
});

Deno.test("sets that do not fit into the core's memory give the same bits", { permissions: "none" }, () => {
  const patches = made(40, 4, 6, 10, noise);
  const plans = () => [
    statisticsPlan(patches),
    directedPlan(patches, "hausdorff"),
    directedPlan(patches, "largest"),
    neighboursPlan(patches, { quantile: 0.3, withResiduals: true, withErrors: true }),
    neighboursPlan(patches, { quantile: "mean", against: 11 }),
  ];
  const run = (plan: Plan<unknown>, keepAll: boolean) => {
    const work = plan.workForThread(false);
    assert(work.kind === "pairs" && work.keepAll);
    const runner = taskRunner(newCore(), { ...work, keepAll });
    for (const task of plan.tasks) runner.run(task);
    return plan.result();
  };
  const expected = plans().map((plan) => run(plan, true));
  assert.deepEqual(plans().map((plan) => run(plan, false)), expected);
});

Deno.test("the filters leave little: counts on real features", async () => {
  const patches = await fabricPatches(SOME);
  const perImage = patches.rows * patches.cols;
  const pairs = patches.count * (patches.count - 1) / 2;
  let counts!: WorkCounts;
  const onCounts = (heard: WorkCounts) => counts = heard;

  patchScores(patches, { onCounts });
  assert.equal(counts.pairs, pairs, "each pair is computed once, for both directions");
  const patchesOfPairs = 2 * pairs * perImage;
  assert(counts.measured < 1.1 * patchesOfPairs, `${counts.measured / patchesOfPairs} distances measured a patch`);
  const pyramid = await fabricPatches(SOME, PRESETS.default);
  patchScores(await whiten(pyramid, fitWhitening(pyramid)), { onCounts });
  assert(
    counts.measured < 1.1 * patchesOfPairs,
    `${counts.measured / patchesOfPairs} distances measured, of a pyramid`,
  );

  imageDistances(patches, "max-hausdorff", { onCounts });
  const tiles = 2 * pairs * Math.ceil(perImage / 3) * Math.ceil(perImage / 12);
  assert(counts.hausdorffTiles < 0.2 * tiles, `${counts.hausdorffTiles / tiles} of the tiles for max-Hausdorff`);

  normalScores(patches, patches, { onCounts });
  const distances = patches.count ** 2 * perImage ** 2;
  assert(counts.measured < 0.07 * distances, `${counts.measured / distances} of the distances to references measured`);
});

Deno.test(
  "quantiles and residuals over the other images are those of a double loop",
  { permissions: "none" },
  async () => {
    // An even grid whose last levels repeat over 2 × 2 patches, one that does not, and one of odd sides.
    const sets = [
      coarse(made(9, 4, 4, 8, noise), 4),
      coarse(made(9, 4, 4, 41, noise), 25),
      coarse(made(9, 4, 4, 40, noise), 20),
      made(9, 4, 4, 8, noise),
      made(5, 3, 5, 7, (at) => Math.round(noise(at) * 2) / 2),
    ];
    for (const set of sets) {
      const [perImage, others] = [set.rows * set.cols, set.count - 1];
      for (const over of ["mean", "min", "max", { quantile: 0 }, { quantile: 0.3 }, { quantile: 1 }] as const) {
        const { scores, residuals } = await spreadNeighbours(set, over, true, { threads: 2 });
        if (typeof over === "object") assert.deepEqual(patchScores(set, { over }), scores);
        for (let patch = 0; patch < set.count * perImage; patch++) {
          const own = patchOf(set, patch);
          const nearest = Array.from({ length: set.count }, (_, j) => j)
            .filter((j) => j !== Math.floor(patch / perImage))
            .map((j) => nearestTo(own, set, j * perImage, (j + 1) * perImage));
          const minima = nearest.map(({ distance }) => distance).sort((a, b) => a - b);
          const expected = over === "mean" ? minima.reduce((sum, value) => sum + value, 0) / others : minima[
            over === "min" ? 0 : over === "max" ? others - 1 : Math.min(others - 1, Math.floor(over.quantile * others))
          ];
          assert(
            Math.abs(scores.data[patch] - expected) <= 1e-6 * expected,
            `score ${scores.data[patch]}, not ${expected}`,
          );
          if (nearest.some(({ ties }) => ties)) continue;
          own.forEach((value, channel) => {
            const mean = nearest.reduce((sum, { patch }) => sum + patch[channel], 0) / others;
            assert(Math.abs(residuals!.data[patch * set.channels + channel] - (value - mean)) < 1e-5);
          });
        }
      }
    }
  },
);

Deno.test(
  "residuals against labelled normals are differences to the nearest of all",
  { permissions: "none" },
  async () => {
    const set = made(6, 3, 4, 10, noise);
    const normals = made(7, 2, 3, 10, (at) => noise(at + 0.5));
    const { scores, residuals } = await spreadNormalNeighbours(set, normals, true, { threads: 2 });
    for (let patch = 0; patch < set.count * 12; patch++) {
      const own = patchOf(set, patch);
      const { distance, patch: nearest } = nearestTo(own, normals, 0, 42);
      assert(Math.abs(scores.data[patch] - distance) <= 1e-6 * distance);
      own.forEach((value, channel) => {
        assert(Math.abs(residuals!.data[patch * 10 + channel] - (value - nearest[channel])) < 1e-6);
      });
    }
  },
);

Deno.test("residuals are the same to the last bit for any number of threads", async () => {
  const set = made(40, 4, 6, 10, noise);
  const [one, three] = [1, 3].map((threads) => spreadNeighbours(set, { quantile: 0.1 }, true, { threads }));
  assert.deepEqual(await three, await one);
});

/** The same set with its last channels made equal over 2 × 2 patches. */
function coarse(set: PatchSet, shared: number): PatchSet {
  const data = set.data.map((value, at) => {
    const channel = at % set.channels;
    if (channel < set.channels - shared) return value;
    const patch = Math.floor(at / set.channels);
    const [row, col] = [Math.floor(patch / set.cols), patch % set.cols];
    return set.data[((row - row % 2) * set.cols + col - col % 2) * set.channels + channel];
  });
  return { ...set, data, levels: [set.channels - shared, shared] };
}

function patchOf({ data, channels }: PatchSet, patch: number): Float32Array {
  return data.subarray(patch * channels, (patch + 1) * channels);
}

function nearestTo(own: Float32Array, set: PatchSet, from: number, end: number) {
  const all = Array.from({ length: end - from }, (_, at) => {
    const patch = patchOf(set, from + at);
    return { patch, distance: Math.sqrt(own.reduce((sum, value, channel) => sum + (value - patch[channel]) ** 2, 0)) };
  }).sort((a, b) => a.distance - b.distance);
  return { ...all[0], ties: all.length > 1 && all[1].distance - all[0].distance < 1e-6 };
}
