// Comparing images with some images instead of all: estimates, their errors, and groups without a distance matrix.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  adjustedRandIndex,
  assignPatches,
  chooseReferences,
  clusterEmbeddings,
  clusterPatches,
  cut,
  type Embeddings,
  embedPatches,
  euclideanDistances,
  fitEmbedding,
  groupModel,
  linkage,
  patchScores,
  type PatchSet,
  wardLinkage,
} from "../../mod.ts";
import { someImages } from "../../src/embed/embedder.ts";
import { randomSample, seededRandom } from "../../src/random.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { PROJECT, runTask, withFolder } from "../support/program.ts";

/** Drawn patch embeddings: each image has noise of its own strength, and a mark of one of three kinds. */
function drawn(count: number, seed = 1): PatchSet {
  const random = seededRandom(seed);
  const [rows, cols, channels] = [3, 3, 5];
  const data = new Float32Array(count * rows * cols * channels);
  for (let i = 0; i < count; i++) {
    const [kind, strength] = [i % 3, 0.5 + random()];
    for (let m = 0; m < rows * cols; m++) {
      for (let channel = 0; channel < channels; channel++) {
        const mark = m === kind * 2 && channel === kind ? 6 : 0;
        data[(i * rows * cols + m) * channels + channel] = strength * (random() + random()) + mark;
      }
    }
  }
  return { data, count, rows, cols, channels };
}

/** Points in `kinds` clouds. */
function clouds(count: number, channels: number, kinds: number, seed = 1): Embeddings & { truth: Int32Array } {
  const random = seededRandom(seed);
  const centres = Float64Array.from({ length: kinds * channels }, () => 4 * random());
  const truth = Int32Array.from({ length: count }, () => Math.floor(random() * kinds));
  const data = Float32Array.from({ length: count * channels }, (_, at) => {
    return centres[truth[Math.floor(at / channels)] * channels + at % channels] + random() + random() - 1;
  });
  return { data, count, channels, truth };
}

Deno.test("the mean over a sample of the others lies about the mean over all as its standard error says", async () => {
  const patches = drawn(90);
  const exact = patchScores(patches);
  let [within, all, squares] = [0, 0, 0];
  for (let seed = 0; seed < 30; seed++) {
    const options = { references: 25, seed, k: 3, weight: { kind: "soft", tau: 1 } } as const;
    const { standardErrors, weights } = await clusterPatches(patches, options);
    const sample = chooseReferences(patches, 25, seed)!;
    assert.equal(sample.length, 25);
    const estimates = estimatesBy(weights.data, standardErrors!.count, standardErrors!.patches);
    // Weights are exponential in scores: differences of logarithms are differences of scores.
    for (let i = 0; i < patches.count; i++) {
      for (let m = 1; m < 9; m++) {
        const [at, first] = [i * 9 + m, i * 9];
        const error = (estimates[at] - estimates[first]) - (exact.data[at] - exact.data[first]);
        const deviation = Math.hypot(standardErrors!.data[at], standardErrors!.data[first]);
        within += Number(Math.abs(error) < 2 * deviation);
        squares += (error / deviation) ** 2;
        all++;
      }
    }
  }
  // Scores of one image share their references, so that their differences err less than two on their own would.
  assert(within / all > 0.93, `${within / all} within two standard errors`);
  assert(squares / all > 0.2 && squares / all < 1.3, `${squares / all} is the mean square of error ÷ standard error`);
});

function estimatesBy(weights: Float32Array, count: number, patches: number): Float64Array {
  return Float64Array.from({ length: count * patches }, (_, at) => Math.log(weights[at]));
}

Deno.test("references: all is exact, so are as many as there are images; others are the same for the same seed", async () => {
  const patches = drawn(40);
  const groups = async (references: Parameters<typeof chooseReferences>[1], seed = 0, threads?: number) =>
    (await clusterPatches(patches, { references, seed, k: 3, ...(threads && { threads }) })).embeddings!.data;
  const exact = await groups("all");
  assert.deepEqual(await groups(40), exact);
  assert.deepEqual(await groups({ coreset: 64 }), exact);
  assert.notDeepEqual(await groups(10), exact);
  assert.deepEqual(await groups(10, 7, 2), await groups(10, 7, 1));
  assert.notDeepEqual(await groups(10, 7), await groups(10, 8));
  assert.throws(() => chooseReferences(patches, 1), { code: "bad-argument", message: /1 references are too few/ });
});

Deno.test("a coreset covers: no image is farther from it than from a random sample's worst, and it takes the strangest", () => {
  const patches = drawn(60);
  patches.data.fill(50, 0, 45); // An image like no other.
  const chosen = chooseReferences(patches, { coreset: 8 })!;
  assert(chosen.includes(0));
  assert.equal(new Set(chosen).size, 8);
  const equal = { ...patches, data: new Float32Array(patches.data.length) };
  assert.deepEqual(chooseReferences(equal, { coreset: 8 }), [0]);
});

Deno.test("random samples: each number as often as any other, ascending, none twice", () => {
  const counts = new Int32Array(20);
  for (let seed = 0; seed < 2000; seed++) {
    const sample = randomSample(20, 5, seed);
    assert.deepEqual(sample, [...new Set(sample)].sort((a, b) => a - b));
    assert.equal(sample.length, 5);
    for (const at of sample) counts[at]++;
  }
  assert(counts.every((count) => Math.abs(count - 500) < 110), String(counts));
  assert.deepEqual(randomSample(4, 9, 1), [0, 1, 2, 3]);
});

Deno.test("an image's vector depends on the references alone, not on the images that come with it", async () => {
  const patches = drawn(70);
  const references = someImages(patches, randomSample(70, 20, 0));
  const features = [{ whiten: true }, { content: "residual", length: "root" }] as const;
  const fit = await fitEmbedding(references, references, { features, weight: { kind: "soft" } });
  const { data, channels } = await embedPatches(patches, fit);
  for (const at of [0, 33, 69]) {
    const alone = await embedPatches(someImages(patches, [at]), fit);
    assert.deepEqual(alone.data, data.slice(at * channels, (at + 1) * channels));
  }
});

Deno.test("Ward of weighted points is Ward of as many equal ones", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 25 }), fc.integer({ min: 1, max: 4 }), fc.nat(), (count, channels, seed) => {
      const points = clouds(count, channels, 3, seed);
      const random = seededRandom(seed + 1);
      const weights = Array.from({ length: count }, () => 1 + Math.floor(random() * 4));
      const repeated = weights.flatMap((weight, i) => Array(weight).fill(i));
      const data = new Float32Array(repeated.flatMap((i) => {
        return Array.from(points.data.slice(i * channels, (i + 1) * channels));
      }));
      const exact = linkage(euclideanDistances({ data, count: repeated.length, channels }));
      const heights = exact.heights.slice(repeated.length - count);
      const weighted = wardLinkage(points, weights);
      heights.forEach((height, t) => assert(Math.abs(height - weighted.heights[t]) <= 1e-5 * (1 + height)));
      assert.equal(weighted.sizes[count - 2], repeated.length);
    }),
    { numRuns: 60 },
  );
  assert.throws(() => wardLinkage(clouds(3, 2, 1), [1, 0, 2]), { code: "bad-argument" });
  assert.throws(() => wardLinkage(clouds(3, 2, 1), [1, 2]), { code: "bad-argument" });
});

Deno.test("groups from vectors: exact they are the pipeline's, of micro-clusters nearly so; medoids lie at the mean", async () => {
  const points = clouds(3000, 6, 5);
  const exact = await clusterEmbeddings(points);
  assert.equal(exact.k, 5);
  assert(adjustedRandIndex(exact.groups, points.truth) > 0.99);
  assert.equal(adjustedRandIndex(exact.groups, cut(wardLinkage(points), 5)), 1);
  assert.equal(exact.micro, undefined);
  const micro = await clusterEmbeddings(points, { exactUpTo: 1000, microClusters: 200 });
  assert.equal(micro.k, 5);
  assert(adjustedRandIndex(micro.groups, exact.groups) > 0.99);
  assert(micro.micro!.count <= 200 && micro.micro!.within > 0 && micro.micro!.within < 0.2);
  for (const { groups, medoids, distances } of [exact, micro]) {
    medoids.forEach((medoid, group) => {
      assert.equal(groups[medoid], group);
      assert.equal(distances[medoid], 0);
    });
  }
  const fence = await clusterEmbeddings({ ...points, data: points.data.map((value, at) => at < 6 ? 90 : value) }, {
    k: 5,
  });
  assert.equal(fence.outliers[0], 1);
  assert(fence.outliers.reduce((sum, one) => sum + one, 0) < 5);
  await assert.rejects(clusterEmbeddings(points, { k: 3001 }), { code: "bad-argument" });
  await assert.rejects(clusterEmbeddings({ ...points, count: 1 }), { code: "too-few-images" });
});

Deno.test("cluster --references as a process: the fabric set's kinds, settings that say so, a model that assigns", async () => {
  await withFolder(async (folder) => {
    const out = (name: string) => join(folder, name);
    const cached = ["--cache", out("cache"), "--json", "-"];
    const cluster = (name: string, ...args: string[]) => {
      const options = ["--preset", "paper", "--labels", "folders", "--out", out(name), ...cached];
      return runTask("cluster", "tests/data/fabric", ...options, ...args);
    };
    const some = await cluster("some", "--references", "20", "--export", "embeddings,coco");
    assert.equal(some.code, 0, some.stderr);
    const file: GroupsFile = JSON.parse(some.stdout);
    assert.equal(file.metrics!.nmi, 1);
    assert.equal(file.settings.references, "20 at random");
    assert.match(String(file.settings.standardError), /^\d\.\d+ % of their deviation$/);
    const again = await cluster("again", "--references", "20");
    assert.deepEqual(JSON.parse(again.stdout), file);
    const assigned = await runTask(
      "assign",
      join(out("some"), "model.json"),
      join(PROJECT, "tests/data/fabric/knot"),
      "--out",
      out("knots"),
      "--json",
      "-",
    );
    assert.equal(assigned.code, 0, assigned.stderr);
    const knots = file.images.find(({ path }) => path === "knot/knot-01.jpg")!.group;
    assert(JSON.parse(assigned.stdout).images.every(({ group }: { group: number }) => group === knots));

    const refused = await cluster("refused", "--references", "20", "--cluster", "kmedoids");
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /--cluster kmedoids compares all images with each other: leave it or --references out/,
    );
    const few = await cluster("few", "--references", "1");
    assert.equal(few.code, 2);
    assert.match(few.stderr, /coreset/);
  });
});

Deno.test("what images were grouped by makes their vectors again, and is the model's: nothing is compared twice", async () => {
  const patches = drawn(60);
  const features = [{ whiten: true, length: "root" }, { content: "residual", length: "root" }] as const;
  for (const tau of ["auto", { standardDeviations: 0.3 }, [{ perplexity: 0.2 }, { perplexity: 0.5 }]] as const) {
    const weight = { kind: "soft", tau, over: { quantile: 0.05 } } as const;
    const result = await clusterPatches(patches, { references: 20, k: 3, features, weight });
    const again = await embedPatches(patches, result.fit!);
    assert.equal(again.channels, result.embeddings!.channels);
    const largest = Math.max(...result.embeddings!.data.map(Math.abs));
    again.data.forEach((value, at) => {
      assert.ok(
        Math.abs(value - result.embeddings!.data[at]) < 1e-5 * largest,
        `${value}, ${result.embeddings!.data[at]}`,
      );
    });
    const model = await groupModel(patches, result, { features, weight });
    assert.equal(model.fit, result.fit);
    assert.equal(model.embeddings, result.embeddings);
    const assigned = await assignPatches(model, patches);
    assigned.forEach(({ group, distance }, at) => {
      assert.equal(group, result.groups[at]);
      assert.ok(distance < 1e-3, `${distance}`);
    });
  }
});

Deno.test("a model of images that were compared with each other keeps 32: the same as one that is fitted anew", async () => {
  const drawnOnce = drawn(60);
  const twice = { ...drawnOnce, count: 62, data: new Float32Array(drawnOnce.data.length * 62 / 60) };
  twice.data.set(drawnOnce.data);
  twice.data.set(drawnOnce.data.subarray(0, drawnOnce.data.length * 2 / 60), drawnOnce.data.length);
  const features = [{ whiten: true, length: "root" }, { content: "residual", length: "root" }] as const;
  const weight = { kind: "soft", tau: [{ perplexity: 0.2 }, { perplexity: 0.5 }], over: { quantile: 0.05 } } as const;
  for (const patches of [drawnOnce, twice]) { // With and without equal images.
    const result = await clusterPatches(patches, { references: "all", k: 3, features, weight });
    assert.equal(result.fit!.parts[0].references!.count, 60);
    const model = await groupModel(patches, result, { features, weight });
    const { groups, medoids } = result;
    const anew = await groupModel(patches, { groups, medoids }, { features, weight });
    assert.deepEqual(model.fit.parts.map(({ references }) => references!.count), [32, 32]);
    assert.equal(model.embeddings.count, patches.count);
    const largest = Math.max(...anew.embeddings.data.map(Math.abs));
    model.embeddings.data.forEach((value, at) => {
      assert.ok(Math.abs(value - anew.embeddings.data[at]) < 1e-5 * largest, `${value}, ${anew.embeddings.data[at]}`);
    });
    model.radii.forEach((radius, group) => assert.ok(Math.abs(radius / anew.radii[group] - 1) < 1e-4));
    (await assignPatches(model, patches)).forEach(({ group, distance }, at) => {
      assert.equal(group, groups[at]);
      assert.ok(distance < 1e-3, `${distance}`);
    });
  }
});
