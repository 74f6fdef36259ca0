// Learning from a few labels, on synthetic points and on the fabric set: what must hold for any labels, and the
// accuracy.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  AnomalyClusterError,
  assignPatches,
  clusterPatches,
  decodeImage,
  type DistanceMatrix,
  euclideanDistances,
  groupModel,
  joinPatches,
  kindOf,
  type LearnedGroups,
  learnedKinds,
  learnGroups,
  linkage,
  type ModelRecord,
  onnxEmbedder,
  packModel,
  type PatchSet,
  pointBy,
  pointsOf,
  PRESETS,
  regroup,
  unpackModel,
} from "../../mod.ts";
import { learnedResult } from "../../src/learn/learned_result.ts";
import { cholesky, solveLower, solveUpper } from "../../src/learn/client/cholesky.js";
import { seededRandom } from "../../src/random.ts";
import { PROJECT } from "../support/program.ts";

/** Distances of points that lie about centres, one a kind: image i is of kind i mod `kinds`. */
function drawn(count: number, kinds: number, spread: number, seed: number): DistanceMatrix {
  const random = seededRandom(seed);
  const channels = 8;
  const centres = Array.from({ length: kinds * channels }, () => random() * 2 - 1);
  const data = Float32Array.from({ length: count * channels }, (_, at) => {
    const kind = Math.floor(at / channels) % kinds;
    return centres[kind * channels + at % channels] + spread * (random() + random() + random() - 1.5);
  });
  return euclideanDistances({ data, count, channels });
}

/** A label for the first `each` images of every kind, −1 for the others. */
function firstOf(count: number, kinds: number, each: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i < each * kinds ? i % kinds : -1);
}

/** Small sets with labels of some images, at least one of each kind. */
const LEARNABLE = fc.record({
  kinds: fc.integer({ min: 2, max: 4 }),
  more: fc.integer({ min: 4, max: 30 }),
  spread: fc.double({ min: 0.05, max: 1, noNaN: true }),
  seed: fc.integer({ min: 0, max: 1e6 }),
  each: fc.integer({ min: 1, max: 3 }),
}).map(({ kinds, more, spread, seed, each }) => {
  const count = kinds * each + more;
  return { kinds, count, distances: drawn(count, kinds, spread, seed), labels: firstOf(count, kinds, each) };
});

/** Equal but for rounding. */
function near(actual: number, expected: number, tolerance: number): void {
  assert(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}, to ${tolerance}`);
}

const RUNS = { numRuns: 60, seed: 20230103 };

const rowOf = ({ probabilities, kinds }: LearnedGroups, image: number) => {
  return probabilities.subarray(image * kinds, (image + 1) * kinds);
};

Deno.test("labelled images keep their labels, probabilities sum to 1, and what is asked for has no label", {
  permissions: "none",
}, () => {
  fc.assert(
    fc.property(LEARNABLE, ({ count, kinds, distances, labels }) => {
      const learned = learnGroups(pointsOf(distances).points, labels, { next: 5 });
      assert.equal(learned.kinds, kinds);
      for (let image = 0; image < count; image++) {
        const group = learned.groups[image];
        near(rowOf(learned, image).reduce((sum, value) => sum + value, 0), 1, 1e-9);
        if (labels[image] >= 0) assert.deepEqual([group, learned.confidences[image]], [labels[image], 1]);
        else if (group < kinds) {
          const most = Math.max(...rowOf(learned, image));
          assert.deepEqual([rowOf(learned, image)[group], learned.confidences[image]], [most, most]);
        } else assert(group < kinds + learned.found && Number.isNaN(learned.confidences[image]));
      }
      const open = labels.filter((label) => label < 0).length;
      assert.equal(new Set(learned.next).size, Math.min(5, open));
      assert(learned.next.every((image) => labels[image] === -1));
      const { labels: left, right } = learned.check;
      assert(right <= left && left <= labels.filter((label) => label >= 0).length);
    }),
    RUNS,
  );
});

Deno.test("the same input gives the same answer, and kinds in another order the same under other numbers", () => {
  fc.assert(
    fc.property(LEARNABLE, fc.integer({ min: 1, max: 3 }), ({ count, kinds, distances, labels }, by) => {
      const { points } = pointsOf(distances);
      const [first, again] = [learnGroups(points, labels), learnGroups(points, labels)];
      assert.deepEqual(first, again);
      const other = (kind: number) => (kind + by) % kinds;
      const turned = learnGroups(points, labels.map((label) => label < 0 ? label : other(label)));
      for (let image = 0; image < count; image++) {
        const [own, its] = [rowOf(first, image), rowOf(turned, image)];
        own.forEach((value, kind) => near(its[other(kind)], value, 1e-6));
        const sorted = [...own].sort((a, b) => b - a);
        const group = first.groups[image];
        if (group >= kinds) assert.equal(turned.groups[image], group);
        else if (labels[image] >= 0 || sorted[0] - sorted[1] > 1e-5) assert.equal(turned.groups[image], other(group));
      }
      assert.deepEqual(turned.check, first.check);
    }),
    RUNS,
  );
});

Deno.test("an image's point by its distances is its own, of length 1, and gives its probabilities", () => {
  fc.assert(
    fc.property(LEARNABLE, ({ count, distances, labels }) => {
      const { points, axes } = pointsOf(distances);
      const learned = learnGroups(points, labels);
      for (let image = 0; image < count; image++) {
        const squared = Float64Array.from(axes.anchors, (anchor) => distances.data[image * count + anchor] ** 2);
        const point = pointBy(axes, squared);
        assert.deepEqual(point, points.data.slice(image * points.dims, (image + 1) * points.dims));
        near(Math.hypot(...point), 1, 1e-5);
        const chances = kindOf(learned.classifier, point);
        chances.forEach((value, kind) => near(value, rowOf(learned, image)[kind], 1e-4));
      }
    }),
    RUNS,
  );
});

Deno.test("directions of points are those of the images about their middle", () => {
  const count = 30;
  const random = seededRandom(4);
  const data = Float32Array.from({ length: count * 5 }, () => random() * 2 - 1);
  const { points } = pointsOf(euclideanDistances({ data, count, channels: 5 }));
  const means = Array.from({ length: 5 }, (_, channel) => {
    return Array.from({ length: count }, (_, i) => data[i * 5 + channel]).reduce((sum, value) => sum + value) / count;
  });
  const centred = (i: number) => means.map((mean, channel) => data[i * 5 + channel] - mean);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    return Array.from(a).reduce((sum, value, at) => sum + value * b[at], 0);
  };
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [centred(i), centred(j)];
      const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      const [p, q] = [i, j].map((at) => points.data.subarray(at * points.dims, (at + 1) * points.dims));
      near(dot(p, q), cosine, 1e-3);
    }
  }
});

Deno.test("clear kinds are told from a few labels each, and one that has none is found", () => {
  const [count, kinds] = [80, 4];
  const distances = drawn(count, kinds, 0.15, 12);
  const tree = linkage(distances, "ward");
  const { points } = pointsOf(distances);
  const all = learnGroups(points, firstOf(count, kinds, 3), { tree });
  assert.deepEqual([...all.groups], Array.from({ length: count }, (_, i) => i % kinds));
  assert.equal(all.found, 0);
  assert.deepEqual(all.check, { labels: 12, right: 12 });
  const one = learnGroups(points, firstOf(count, kinds, 1), { tree });
  assert(one.probabilities.every((value, at) => value < 0.5 || at % kinds === Math.floor(at / kinds) % kinds));
  const some = firstOf(count, kinds, 3).map((label) => label === 3 ? -1 : label);
  const learned = learnGroups(points, some, { tree });
  assert.equal(learned.found, 1);
  assert.deepEqual([...learned.groups], Array.from({ length: count }, (_, i) => i % kinds));
  assert(learned.confidences.every((value, i) => Number.isNaN(value) === (i % kinds === 3)));
  assert(learned.next.some((image) => image % kinds === 3), "an image of the new kind is worth a look");
});

Deno.test("more images than anchors and landmarks: what a new image is does not need them all", () => {
  const [count, kinds] = [900, 3];
  const distances = drawn(count, kinds, 0.2, 5);
  const { points, axes } = pointsOf(distances);
  assert.equal(axes.anchors.length, 400);
  const { classifier, groups } = learnGroups(points, firstOf(count, kinds, 2), { tree: linkage(distances, "ward") });
  assert.equal(classifier.landmarks.length, 256 * classifier.dims);
  assert.deepEqual([...groups], Array.from({ length: count }, (_, i) => i % kinds));
});

Deno.test("equal images, and images that are all equal but one, do no harm", () => {
  const data = new Float32Array(12 * 3);
  data.set([1, 2, 3], 33);
  const { points } = pointsOf(euclideanDistances({ data, count: 12, channels: 3 }));
  assert(points.data.every(Number.isFinite));
  const learned = learnGroups(points, [0, ...new Array(10).fill(-1), 1]);
  assert.deepEqual([...learned.groups], [...new Array(11).fill(0), 1]);
  const same = pointsOf(euclideanDistances({ data: new Float32Array(12), count: 4, channels: 3 })).points;
  assert(same.data.every(Number.isFinite));
  assert(learnGroups(same, [0, 1, -1, -1]).probabilities.every(Number.isFinite));
});

Deno.test("all images labelled: nothing is left to tell, ask or find", () => {
  const labels = firstOf(12, 3, 4);
  const learned = learnGroups(pointsOf(drawn(12, 3, 0.4, 9)).points, labels);
  assert.deepEqual([...learned.groups], [...labels]);
  assert.deepEqual([learned.found, learned.next.length, learned.check.labels], [0, 0, 12]);
  assert(learned.confidences.every((confidence) => confidence === 1));
});

Deno.test("a learned result: kinds in their order, then found groups, the largest first; copies follow, medoids are members", async () => {
  // Kinds 0 to 2 of drawnPatches, and two of its images again; labels of kinds 2 and 0, in this order.
  const some = drawnPatches(47, 5);
  const patches = { ...some, data: some.data.slice() };
  for (const [copy, of] of [[45, 0], [46, 2]]) {
    patches.data.set(patches.data.subarray(of * 36, (of + 1) * 36), copy * 36);
  }
  const clustered = await clusterPatches(patches, { k: 3 });
  const labels = new Int32Array(47).fill(-1);
  for (const image of [2, 5, 8]) labels[image] = 0;
  for (const image of [0, 3, 6]) labels[image] = 1;
  const { result, confidences, shared, learned } = learnedResult(clustered, labels);
  const kindOfImage = (image: number) => image === 45 ? 1 : image === 46 ? 0 : [1, 2, 0][image % 3];
  assert.deepEqual([...result.groups], Array.from({ length: 47 }, (_, image) => kindOfImage(image)));
  assert.deepEqual([result.k, learned.kinds, learned.found], [3, 2, 1]);
  assert.deepEqual([confidences[45], confidences[46], shared.known[45], shared.taught[45]], [1, 1, 1, -1]);
  assert(confidences.every((value, image) => Number.isNaN(value) === (result.groups[image] === 2)));
  for (const [group, medoid] of result.medoids.entries()) {
    assert.equal(result.groups[medoid], group);
    assert.equal(result.distances[medoid], 0);
  }
  result.distances.forEach((distance, image) => {
    assert.equal(distance, result.matrix.data[image * 47 + result.medoids[result.groups[image]]]);
  });
  assert.equal("choice" in result, false);
});

Deno.test("labels that cannot be learned from are refused in one sentence", () => {
  const { points } = pointsOf(drawn(6, 2, 0.1, 1));
  const refused = (labels: ArrayLike<number>, reason: RegExp) => {
    assert.throws(() => learnGroups(points, labels), (error: unknown) => {
      assert(error instanceof AnomalyClusterError && error.code === "bad-argument");
      assert.match(error.message, reason);
      return true;
    });
  };
  refused([-1, -1, -1, -1, -1, -1], /labels of 0 kinds/);
  refused([0, 0, -1, -1, -1, -1], /labels of 1 kinds say nothing of the others: label images of at least 2/);
  refused([0, 1, -1], /3 labels do not fit 6 images/);
  refused([0, 2, -1, -1, -1, -1], /numbered to 2, but only 2 have labels/);
  refused([0, 1, -2, -1, -1, -1], /label -2 of image 2/);
  refused([0, 1, 0.5, -1, -1, -1], /label 0.5 of image 2/);
  assert.throws(() => pointsOf({ data: new Float32Array(1), count: 1 }), /at least 2 images, got 1/);
  const tree = linkage(drawn(5, 2, 0.1, 1), "ward");
  assert.throws(() => learnGroups(points, [0, 1, -1, -1, -1, -1], { tree }), /tree of 5 images does not fit 6 points/);
  const { classifier } = learnGroups(points, [0, 1, -1, -1, -1, -1]);
  assert.throws(() => kindOf(classifier, new Float32Array(classifier.dims + 1)), /takes points of \d+ numbers/);
});

Deno.test("the Cholesky factor gives its matrix again, and solves it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 1e6 }), (size, seed) => {
      const random = seededRandom(seed);
      const root = Float64Array.from({ length: size * size }, () => random() * 2 - 1);
      const matrix = new Float64Array(size * size);
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < size; b++) {
          for (let at = 0; at < size; at++) matrix[a * size + b] += root[a * size + at] * root[b * size + at];
        }
        matrix[a * size + a] += 0.5;
      }
      const lower = cholesky(matrix, size);
      const vector = Float64Array.from({ length: size }, () => random());
      const solution = vector.slice();
      solveLower(lower, size, solution);
      solveUpper(lower, size, solution);
      for (let a = 0; a < size; a++) {
        let sum = 0;
        for (let b = 0; b < size; b++) sum += matrix[a * size + b] * solution[b];
        near(sum, vector[a], 1e-8);
      }
    }),
    RUNS,
  );
});

/** Drawn patch embeddings of three kinds. */
function drawnPatches(count: number, seed: number): PatchSet {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: count * 9 * 4 }, (_, at) => {
    const [image, patch, channel] = [Math.floor(at / 36), Math.floor(at / 4) % 9, at % 4];
    return random() + (patch === image % 3 * 2 && channel === image % 3 ? 5 + random() : 0);
  });
  return { data, count, rows: 3, cols: 3, channels: 4 };
}

Deno.test("a model that learned tells the kinds of new images, stored or not; another grouping forgets, names do not", {
  permissions: "none",
}, async () => {
  const patches = drawnPatches(45, 3);
  const result = await clusterPatches(patches, { k: 3 });
  const labels = Int32Array.from(result.groups, (group, image) => image < 9 ? group : -1);
  const plain = await groupModel(patches, result);
  const model = { ...plain, kinds: learnedKinds(plain.embeddings, labels) };
  const { record, bytes } = packModel(model);
  const stored = unpackModel(JSON.parse(JSON.stringify(record)), bytes);
  assert.deepEqual(stored.kinds, model.kinds);
  const others = drawnPatches(30, 8);
  const found = await assignPatches(model, others);
  assert.deepEqual(await assignPatches(stored, others), found);
  const groupOfKind = [0, 1, 2].map((kind) => result.groups[kind]);
  for (const [image, { group, confidence }] of found.entries()) {
    assert.equal(group, groupOfKind[image % 3]);
    assert(confidence! > 0.5 && confidence! <= 1);
  }
  assert((await assignPatches(plain, others)).every((one) => one.confidence === undefined));
  const far = { ...others, data: others.data.map((value) => value * 40) };
  assert((await assignPatches(model, far)).every((one) => one.group === undefined && one.confidence === undefined));
  assert.equal(unpackModel(packModel(plain).record, packModel(plain).bytes).kinds, undefined);

  assert.deepEqual(regroup(model, result).kinds, model.kinds);
  const moved = result.groups.map((group, image) => image === 30 ? (group + 1) % 3 : group);
  assert.equal(regroup(model, { groups: moved, medoids: result.medoids }).kinds, undefined);

  const damaged: [string, (record: ModelRecord) => unknown][] = [
    ["labels of another number", ({ kinds }) => ({ kinds: { ...kinds, labels: kinds!.labels.slice(1) } })],
    ["a label that is no kind", ({ kinds }) => ({ kinds: { ...kinds, labels: kinds!.labels.map(() => 3) } })],
    ["an anchor that is no image", ({ kinds }) => ({ kinds: { ...kinds, anchors: kinds!.anchors.map(() => 45) } })],
    ["fewer anchors", ({ kinds }) => ({ kinds: { ...kinds, anchors: kinds!.anchors.slice(1) } })],
    ["no sharpness", ({ kinds }) => ({ kinds: { ...kinds, sharpness: undefined } })],
    ["nothing but guesses", ({ kinds }) => ({ kinds: { ...kinds, guessing: 1 } })],
    ["no arrays", ({ arrays }) => ({ arrays: arrays.filter(({ name }) => name !== "kinds.weights") })],
    ["other points", ({ arrays }) => ({
      arrays: arrays.map((one) => one.name === "kinds.landmarks" ? { ...one, shape: [1, 2] } : one),
    })],
  ];
  for (const [what, change] of damaged) {
    const changed = { ...record, ...change(record) as Partial<ModelRecord> };
    assert.throws(() => unpackModel(changed, bytes), { code: "bad-model" }, what);
  }
});

const KINDS = ["cut", "good", "hole", "knot", "stain"];

Deno.test("fabric set: from three labels a kind nearly all others are told, and a kind without labels is found", async () => {
  const { model, embedding, tau } = PRESETS.paper;
  const embedder = await onnxEmbedder({ model: await Deno.readFile(model), ...embedding, threads: 2 });
  const all = [];
  for (let at = 0; at < 60; at++) {
    const kind = KINDS[Math.floor(at / 12)];
    const file = join(PROJECT, "tests/data/fabric", kind, `${kind}-${String(at % 12 + 1).padStart(2, "0")}.jpg`);
    all.push(await embedder.embed(await decodeImage(await Deno.readFile(file))));
  }
  await embedder.release();
  const { matrix, tree } = await clusterPatches(joinPatches(all), { weight: { kind: "soft", tau } });
  const { points } = pointsOf(matrix);
  const kindOfImage = (at: number) => Math.floor(at / 12);
  const labels = Int32Array.from({ length: 60 }, (_, at) => at % 12 % 4 === 1 ? kindOfImage(at) : -1);
  const { groups, confidences, found } = learnGroups(points, labels, { tree });
  const right = Array.from(groups).filter((group, at) => group === kindOfImage(at)).length;
  assert(right >= 56, `${right} of 60 are right, ${found} kinds found`);
  const sure = Array.from(groups.keys()).filter((at) => labels[at] < 0 && confidences[at] > 0.8);
  assert(sure.length > 0 && sure.filter((at) => groups[at] === kindOfImage(at)).length >= 0.9 * sure.length);
  for (const kind of KINDS.keys()) {
    const others = Int32Array.from(labels, (label) => label === kind ? -1 : label > kind ? label - 1 : label);
    const learned = learnGroups(points, others, { tree });
    const of = (at: number) => learned.groups[at] >= learned.kinds;
    const [own, strange] = [0, 1].map((other) => {
      return Array.from(learned.groups.keys()).filter((at) => (kindOfImage(at) !== kind) === (other > 0) && of(at));
    });
    assert(own.length >= 8 && strange.length <= 6, `${KINDS[kind]}: ${own.length} of 12, ${strange.length} others`);
  }
});
