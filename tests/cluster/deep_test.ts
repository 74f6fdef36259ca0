// Deep clustering: gradients against PyTorch's and against finite differences, interrupted training, and the program.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gatcluster, iic, scan } from "../../deep.ts";
import {
  AnomalyClusterError,
  clusterPatches,
  decodeImage,
  DEFAULT_MODEL,
  joinPatches,
  kmeans,
  normalizedMutualInformation,
  onnxEmbedder,
  type PatchSet,
  pool,
} from "../../mod.ts";
import { constant, type LossValue, type Matrix, Tape } from "../../src/cluster/deep/autodiff.ts";
import {
  binaryCrossEntropy,
  consistencyLoss,
  labelLoss,
  mutualInformationLoss,
  negativeEntropy,
  relationLoss,
  similarityLoss,
} from "../../src/cluster/deep/losses.ts";
import { nearest } from "../../src/cluster/deep/scan.ts";
import { adam, batches, hasSettled, parameter, type TrainingOptions } from "../../src/cluster/deep/trainer.ts";
import { viewSource } from "../../src/cluster/deep/views.ts";
import { seededRandom } from "../../src/random.ts";
import { assertClose, golden } from "../support/golden.ts";
import { finish, PROGRAM, PROJECT, resultsIn, run, start, withFolder, withImages } from "../support/program.ts";
import { NPM_PACKAGE, testWith } from "../support/needs.ts";
import { output } from "../runtimes/support/installed.ts";

interface LossCase {
  readonly rows: number;
  readonly cols: number;
  readonly inputs: number[][];
  readonly value: number;
  readonly gradients: number[][];
  readonly targets: number[];
  readonly groups: number[];
  readonly labels: number[];
  readonly weights: number[];
}

interface DeepGolden {
  readonly losses: Record<string, LossCase>;
  readonly network: {
    readonly images: number;
    readonly side: number;
    readonly channels: number;
    readonly width: number;
    readonly k: number;
    readonly spread: number;
    readonly grid: number[];
    readonly parameters: number[][];
    readonly outputs: number[][];
    readonly value: number;
    readonly gradients: number[][];
  };
  readonly adam: {
    readonly start: number[];
    readonly slopes: number[][];
    readonly rate: number;
    readonly decay: number;
    readonly most: number;
    readonly end: number[];
  };
}

const LOSSES: Record<string, (inputs: readonly Matrix[], given: LossCase) => LossValue> = {
  mutualInformation: ([p, q]) => mutualInformationLoss(p, q),
  consistency: ([p, q]) => consistencyLoss(p, q),
  negativeEntropy: ([p]) => negativeEntropy(p),
  similarity: ([p], { targets }) => similarityLoss(p, targets),
  binaryCrossEntropy: ([p], { targets }) => binaryCrossEntropy(p, targets),
  relation: ([p], { groups }) => relationLoss(p, groups),
  labels: ([p], { labels, weights }) => labelLoss(p, labels, weights),
};

/** A matrix of float64, with a gradient. */
function variable(rows: number, cols: number, data: ArrayLike<number>) {
  return { rows, cols, data: Float64Array.from(data), gradient: new Float64Array(rows * cols) };
}

/** (f(x + h) − f(x − h)) / 2h for each number of a matrix. */
function differences({ data }: Matrix, value: () => number): number[] {
  const step = 1e-5;
  return Array.from(data, (original, at) => {
    data[at] = original + step;
    const above = value();
    data[at] = original - step;
    const below = value();
    data[at] = original;
    return (above - below) / (2 * step);
  });
}

Deno.test("losses and their gradients are PyTorch's in float64, and what differences say", async () => {
  const { losses } = await golden<DeepGolden>("deep");
  assert.deepEqual(Object.keys(losses), Object.keys(LOSSES));
  for (const [name, given] of Object.entries(losses)) {
    const inputs = given.inputs.map((data) => variable(given.rows, given.cols, data));
    const { value, gradients } = LOSSES[name](inputs, given);
    assertClose([value], [given.value], 1e-10, name);
    inputs.forEach((input, at) => {
      assertClose(gradients[at], given.gradients[at], 1e-6, `${name}, gradient ${at}`, 1e-3);
      // Of probabilities that stay normalised: the mutual information takes that for granted.
      if (name === "mutualInformation") return;
      const numeric = differences(input, () => LOSSES[name](inputs, given).value);
      assertClose(gradients[at], numeric, 1e-5, `${name}, differences ${at}`, 1e-2);
    });
  }
});

/** The golden network on a tape: as GATCluster has it, from the grid's cells to the two outputs. */
function outputsOf(tape: Tape, given: DeepGolden["network"], parameters: readonly Matrix[]): Matrix[] {
  const { images, side, channels, width, spread } = given;
  const [w1, b1, w2, b2, w3, b3] = parameters;
  const grid = constant(images * side * side, channels, Float64Array.from(given.grid));
  const map = tape.relu(tape.affine(grid, w1, b1));
  const theta = tape.sigmoid(tape.affine(tape.reshape(map, images, side * side * width), w2, b2));
  const even = constant(images, side * side, new Float64Array(images * side * side).fill(1 / side ** 2));
  return [even, tape.gaussian(theta, side, spread)]
    .map((weights) => tape.softmax(tape.affine(tape.weightedSum(map, weights), w3, b3)));
}

Deno.test("gradients through every layer are PyTorch's in float64, and what differences say", async () => {
  const { network } = await golden<DeepGolden>("deep");
  const { channels, width, side, k } = network;
  const shapes = [[channels, width], [1, width], [side * side * width, 3], [1, 3], [width, k], [1, k]];
  const parameters = network.parameters.map((data, at) => variable(shapes[at][0], shapes[at][1], data));
  const tape = new Tape();
  const outputs = outputsOf(tape, network, parameters);
  outputs.forEach((output, at) => assertClose(output.data, network.outputs[at], 1e-12, `output ${at}`));
  const value = tape.loss(outputs, mutualInformationLoss(outputs[0], outputs[1]));
  assertClose([value], [network.value], 1e-10, "loss");
  tape.backward();
  parameters.forEach(({ gradient }, at) => {
    assertClose(gradient, network.gradients[at], 1e-6, `gradient ${at}`, 1e-4);
    const numeric = differences(parameters[at], () => {
      const [p, q] = outputsOf(new Tape(), network, parameters);
      return mutualInformationLoss(p, q).value;
    });
    assertClose(gradient, numeric, 1e-4, `differences ${at}`, 1e-3);
  });
});

Deno.test("layers wider than four rows and columns, and float32, give the same gradients", () => {
  const random = seededRandom(3);
  const numbers = (count: number) => Array.from({ length: count }, () => random() - 0.5);
  const [rows, inner, cols] = [11, 7, 6];
  const [x, w, b] = [numbers(rows * inner), numbers(inner * cols), numbers(cols)];
  const targets = numbers(rows * cols);
  const both = [Float64Array, Float32Array].map((storage) => {
    const [input, weights, bias] = [[rows, inner, x], [inner, cols, w], [1, cols, b]].map(([rows, cols, data]) => ({
      rows: rows as number,
      cols: cols as number,
      data: storage.from(data as number[]),
      gradient: new storage((data as number[]).length),
    }));
    const tape = new Tape();
    const y = tape.affine(input, weights, bias);
    tape.loss([y], similarityLoss(y, targets));
    tape.backward();
    return [input, weights, bias].map(({ gradient }) => gradient);
  });
  const expected = [
    Array.from({ length: rows * inner }, (_, at) => {
      const [row, p] = [Math.floor(at / inner), at % inner];
      return -Array.from({ length: cols }, (_, j) => targets[row * cols + j] * w[p * cols + j])
        .reduce((sum, value) => sum + value) / rows;
    }),
  ];
  assertClose(both[0][0], expected[0], 1e-12, "by the input");
  both[0].forEach((gradient, at) => assertClose(both[1][at], gradient, 1e-5, `float32 ${at}`, 1e-3));
});

Deno.test("Adam with weight decay and clipped gradients goes where PyTorch's does", async () => {
  const { adam: { start, slopes, rate, decay, most, end } } = await golden<DeepGolden>("deep");
  const zeros = () => new Float64Array(start.length);
  const moved = { ...variable(1, start.length, start), first: zeros(), second: zeros() };
  slopes.forEach((slope, at) => {
    moved.gradient.set(slope);
    adam([moved], { rate, step: at + 1, decay, most });
  });
  assertClose(moved.data, end, 1e-9, "after 8 steps");
  assert(moved.gradient.every((slope) => slope === 0));
});

Deno.test("batches hold each image once, and none is of a single one", () => {
  for (const [count, size] of [[5, 2], [60, 140], [583, 128], [3, 2]]) {
    const parts = batches(count, size, seededRandom(1));
    assert.deepEqual(
      parts.flatMap((part) => [...part]).sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    );
    for (const part of parts) assert(part.length >= 2 && part.length <= 2 * size);
  }
  assert.notDeepEqual(batches(60, 60, seededRandom(1)), batches(60, 60, seededRandom(2)));
});

Deno.test("a view without crop and without patches left out is the image, mirrored or not; cells are means", () => {
  const [rows, cols, channels] = [4, 4, 2];
  const data = Float32Array.from({ length: 3 * rows * cols * channels }, (_, at) => Math.sin(at * 12.9898) * 3);
  const patches: PatchSet = { data, count: 3, rows, cols, channels };
  const whole = viewSource(patches, 1);
  const [random, all] = [seededRandom(1), [0, 1, 2]];
  assertClose(whole.draw(all, { crop: 1, dropout: 0 }, random), whole.plain, 1e-5, "mean of all patches", 1e-3);
  for (let channel = 0; channel < channels; channel++) { // Standardised over the images.
    const values = all.map((image) => whole.plain[image * channels + channel]);
    assert(Math.abs(values.reduce((sum, value) => sum + value, 0)) < 1e-5);
    assert(Math.abs(values.reduce((sum, value) => sum + value * value, 0) / 3 - 1) < 1e-5);
  }
  const quarters = viewSource(patches, 2);
  const view = quarters.draw(all, { crop: 1, dropout: 0 }, random);
  const sorted = (from: Float32Array, image: number) =>
    [...from.subarray(image * 8, image * 8 + 8)].sort((a, b) => a - b);
  for (const image of all) assertClose(sorted(view, image), sorted(quarters.plain, image), 1e-5, "cells", 1e-3);
  assert(whole.draw(all, { crop: 0.5, dropout: 0.9 }, random).every(Number.isFinite));
  assert.notDeepEqual(whole.draw(all, { crop: 0.5, dropout: 0 }, random), whole.plain);
});

Deno.test("neighbours are the largest cosines, without the image itself", () => {
  const features = Float32Array.of(1, 0, 2, 0.1, 0, 3, 0.2, 1, -1, 0);
  assert.deepEqual(nearest(features, 5, 2, 2).map((own) => [...own]), [[1, 3], [0, 3], [3, 1], [2, 1], [2, 3]]);
});

Deno.test("a loss that has stopped falling has settled, one that falls has not", () => {
  const falling = Array.from({ length: 60 }, (_, at) => -at);
  const flat = [...falling, ...Array.from({ length: 45 }, () => -30)];
  assert(!hasSettled(falling, 20));
  assert(hasSettled(flat, 20) && !hasSettled(flat, 0));
  assert(!hasSettled(flat.slice(0, 70), 20));
});

/** Four kinds of images, 10 of each, with noise: of 4 × 4 patches with 6 channels. */
function fourKinds(): { patches: PatchSet; truth: number[] } {
  const [count, rows, cols, channels] = [40, 4, 4, 6];
  const random = seededRandom(5);
  const data = Float32Array.from({ length: count * rows * cols * channels }, (_, at) => {
    const kind = Math.floor(at / (10 * rows * cols * channels));
    return (at % channels === kind ? 1 : 0) + random() - 0.5;
  });
  return { patches: { data, count, rows, cols, channels }, truth: Array.from({ length: count }, (_, i) => i / 10 | 0) };
}

const METHODS = { iic, gatcluster, scan };
const SHORT: Record<string, number> = { iic: 30, gatcluster: 15, scan: 100 };

Deno.test("each method finds four kinds that lie apart, the same ones for the same seed", async () => {
  const { patches, truth } = fourKinds();
  for (const [name, method] of Object.entries(METHODS)) {
    const agreements = [];
    for (const seed of [0, 1, 2]) {
      const options = { seed, epochs: SHORT[name], batch: 20, learningRate: 0.01 };
      const { groups, training } = await method(options).train(patches, 4, {});
      agreements.push(normalizedMutualInformation(truth, groups));
      assert(training.stages[0].losses.at(-1)! < training.stages[0].losses[0] - 0.1, `${name} learns`);
      if (seed === 0) assert.deepEqual(await method(options).train(patches, 4, {}), { groups, training });
    }
    assert(Math.max(...agreements) > 0.95, `${name}: ${agreements}`);
    assert(agreements.reduce((sum, value) => sum + value, 0) / 3 > 0.75, `${name}: ${agreements}`);
  }
});

Deno.test("cut off after any epoch, a training goes on to the same end; a checkpoint of others is not used", async () => {
  const { patches } = fourKinds();
  for (const method of Object.values(METHODS)) {
    const settings = { epochs: 6, batch: 20 };
    const kept: Uint8Array[] = [];
    let saved: Uint8Array | undefined;
    const checkpoints = { load: () => saved, save: (bytes: Uint8Array) => void kept.push(saved = bytes) };
    const whole = await method(settings).train(patches, 4, {});
    for (const stopAt of [1, 4]) {
      saved = undefined;
      const stop = new AbortController();
      const cut: TrainingOptions = {
        ...settings,
        onEpoch: (epoch) => epoch === stopAt && stop.abort(new Error("cut off")),
        checkpoints,
      };
      await assert.rejects(method(cut).train(patches, 4, { signal: stop.signal }), /cut off/);
      const epochs: number[] = [];
      const resumed = method({ ...settings, checkpoints, onEpoch: (epoch) => epochs.push(epoch) });
      assert.deepEqual(await resumed.train(patches, 4, {}), whole);
      assert.equal(epochs[0], stopAt + 1);
      const others: number[] = [];
      await method({ ...settings, seed: 1, checkpoints, onEpoch: (epoch) => others.push(epoch) }).train(patches, 4, {});
      assert.equal(others[0], 1);
    }
    for (const damaged of [new Uint8Array(0), kept[0].slice(0, -4), new TextEncoder().encode("{}\n")]) {
      saved = damaged;
      assert.deepEqual(await method({ ...settings, checkpoints }).train(patches, 4, {}), whole);
    }
  }
});

Deno.test("in the pipeline: groups of the training, no tree, k found by Ward where it is not given", async () => {
  const { patches, truth } = fourKinds();
  const heard: number[] = [];
  const result = await clusterPatches(patches, {
    cluster: scan({ epochs: 100, batch: 20, learningRate: 0.01 }),
    onProgress: (done, total) => total === 100 && heard.push(done),
  });
  assert.equal(result.tree, undefined);
  assert.equal(result.choice!.k, 4);
  assert.equal(heard.length, 100);
  assert.deepEqual(result.training!.stages.map(({ losses }) => losses.length), [80, 20]);
  assert(normalizedMutualInformation(truth, result.groups) > 0.9);
});

Deno.test("wrong options are refused, and a stopped training stops", async () => {
  const { patches } = fourKinds();
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof AnomalyClusterError && error.code === "bad-argument" && message.test(error.message);
  assert.throws(() => iic({ epochs: 0 }), refused(/0 epochs/));
  assert.throws(() => scan({ patience: -1 }), refused(/patience of -1/));
  assert.throws(() => scan({ batch: 1 }), refused(/batches of 1/));
  assert.throws(() => gatcluster({ learningRate: 0 }), refused(/learning rate 0/));
  await assert.rejects(clusterPatches(patches, { k: 1, cluster: scan() }), refused(/at least 2 groups, got 1/));
  await assert.rejects(clusterPatches(patches, { threshold: 1, cluster: scan() }), refused(/which only linkages have/));
  const stopped = scan().train(patches, 4, { signal: AbortSignal.timeout(50) });
  await assert.rejects(stopped, { name: "TimeoutError" });
});

Deno.test("the trained part of a network keeps its scale: a layer starts within one over the root of its inputs", () => {
  const { data } = parameter(100, 50, seededRandom(0));
  assert(data.every((value) => Math.abs(value) <= 0.1) && data.some((value) => value > 0.09));
});

Deno.test("killed again and again while it trains, the program ends with the same groups; nothing else is left", async () => {
  await withImages(20, async (folder) => {
    const cache = join(folder, "cache");
    const command = (out: string) => [
      ...[...PROGRAM, "cluster", join(folder, "in"), "--preset", "paper", "--cache", cache, "--k", "4"],
      ...["--cluster", "gatcluster", "--epochs", "240", "--patience", "0", "--out", join(folder, out)],
    ];
    assert.equal((await finish(start(command("whole")))).code, 0);
    const checkpoint = join(folder, "cut", "training.checkpoint");
    const sizeOf = () => {
      try {
        return Deno.statSync(checkpoint).mtime!.getTime();
      } catch {
        return 0;
      }
    };
    for (let times = 0; times < 2; times++) { // Each gets a second of training further.
      const [before, child] = [sizeOf(), start(command("cut"))];
      for (let waited = 0; sizeOf() === before; waited += 5) {
        assert(waited < 60_000, "no checkpoint came");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      child.kill("SIGKILL");
      await finish(child);
    }
    assert.deepEqual(Array.from(Deno.readDirSync(join(folder, "cut")), ({ name }) => name), ["training.checkpoint"]);
    const { code, stderr, stdout } = await finish(start(command("cut")));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Training gatcluster: 240 in/m);
    assert.match(stdout, /20 images in [2-4] groups/);
    assert.deepEqual(resultsIn(join(folder, "cut")), resultsIn(join(folder, "whole")));
    const names = (out: string) => Array.from(Deno.readDirSync(join(folder, out)), ({ name }) => name).sort();
    assert.deepEqual(names("cut"), names("whole"));
    assert(!names("cut").includes("training.checkpoint"));
    const report = Deno.readTextFileSync(join(folder, "cut", "report.html"));
    assert.match(
      report,
      /aria-label="similarity, relation, entropy and attention together by epoch, from \S+ in the first to/,
    );
    const { training } = JSON.parse(Deno.readTextFileSync(join(folder, "cut", "groups.json")));
    assert.equal(training[0].losses.length, 240);
  });
});

Deno.test("the program refuses options of trainings where nothing is trained", async () => {
  for (
    const [options, message] of [
      [["--epochs", "5"], /--cluster ward is not trained: leave --epochs out/],
      [["--cluster", "scan", "--k", "1"], /--cluster scan needs at least 2 groups/],
      [["--cluster", "iic", "--threshold", "1"], /--cluster iic has no tree that --threshold could cut/],
      [["--cluster", "scna"], /Did you mean scan\?/],
    ] as const
  ) {
    const { code, stderr } = await run("cluster", "tests/data/fabric", ...options);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

Deno.test("evaluate measures trainings: last and best epoch beside the other rows, kept from run to run", async () => {
  await withFolder(async (out) => {
    const args = [
      "evaluate",
      "tests/data/fabric",
      "--presets",
      "paper",
      "--protocol",
      "whole",
      "--out",
      out,
      "--cluster",
      "scan",
    ];
    const first = await run(...args, "--training-seeds", "2", "--epochs", "20");
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /\| paper \| none \| scan, last epoch \| \.\d{3} ± \.\d{3} \| \.\d{3}/);
    assert.match(first.stdout, /\| paper \| none \| scan, best epoch by the labels \| \.\d{3} ± \.\d{3} \| /);
    const second = await run(...args, "--training-seeds", "2", "--epochs", "20");
    assert.doesNotMatch(second.stderr, /scan, seed/);
    assert.equal(second.stdout, first.stdout);
    assert(!Array.from(Deno.readDirSync(out), ({ name }) => name).includes("training.checkpoint"));
  });
});

Deno.test("importing the library loads none of it: deep clustering is an entry point of its own", async () => {
  const command = new Deno.Command(Deno.execPath(), { args: ["info", "--json", "mod.ts"], stdout: "piped" });
  const { modules } = JSON.parse(new TextDecoder().decode((await command.output()).stdout));
  const loaded = modules.map(({ specifier }: { specifier: string }) => specifier);
  assert(loaded.some((specifier: string) => specifier.endsWith("/src/cluster/clusterer.ts")));
  assert(!loaded.some((specifier: string) => specifier.includes("/cluster/deep/")));
});

Deno.test("on the fabric set each comes to within a fifth of k-means on the same features", async () => {
  const embedder = await onnxEmbedder({ model: await Deno.readFile(DEFAULT_MODEL) });
  const truth = ["cut", "good", "hole", "knot", "stain"].flatMap((kind) => Array.from({ length: 12 }, () => kind));
  const parts = [];
  for (const [at, kind] of truth.entries()) {
    const name = `${kind}-${String(at % 12 + 1).padStart(2, "0")}.jpg`;
    parts.push(
      await embedder.embed(await decodeImage(await Deno.readFile(join(PROJECT, "tests/data/fabric", kind, name)))),
    );
  }
  await embedder.release();
  const patches = joinPatches(parts);
  const agreementOf = (groups: Int32Array) => normalizedMutualInformation(truth, groups);
  const wanted = 0.8 * agreementOf(kmeans(pool(patches, { kind: "average" }), { k: 5 }).labels);
  for (const [name, method] of Object.entries(METHODS)) {
    const { groups } = await method({ patience: 40 }).train(patches, 5, {});
    assert(agreementOf(groups) >= wanted, `${name}: NMI ${agreementOf(groups)} instead of ${wanted}`);
  }
});

const folder = NPM_PACKAGE.value;

testWith(NPM_PACKAGE, "Node trains to the same groups as Deno, from the tarball alone", async () => {
  const { patches } = fourKinds();
  const settings = { epochs: 10, batch: 20, learningRate: 0.01 };
  const { data, ...shape } = patches;
  writeFileSync(join(folder!, "patches.json"), JSON.stringify({ data: [...data], shape, settings }));
  writeFileSync(
    join(folder!, "train.js"),
    `import { readFileSync } from "node:fs";
     import * as methods from "@anomalies/cluster/deep";
     const { data, shape, settings } = JSON.parse(readFileSync("patches.json", "utf8"));
     const groups = {};
     for (const [name, method] of Object.entries(methods)) {
       groups[name] = [...(await method(settings).train({ ...shape, data: Float32Array.from(data) }, 4, {})).groups];
     }
     console.log(JSON.stringify(groups));`,
  );
  const inNode = JSON.parse(await output("node", ["train.js"], folder));
  assert.deepEqual(Object.keys(inNode).sort(), Object.keys(METHODS).sort());
  for (const [name, method] of Object.entries(METHODS)) {
    assert.deepEqual([...(await method(settings).train(patches, 4, {})).groups], inNode[name], name);
  }
});
