// How patches make an image's embedding, how the number of groups is chosen, and which images fit in no group.

import assert from "node:assert/strict";
import {
  chooseGroupCount,
  clusterPatches,
  countsAsClear,
  cut,
  euclideanDistances,
  type Feature,
  linkage,
  outliers,
  type PatchSet,
} from "../../mod.ts";
import { seededRandom } from "../../src/random.ts";
import { assertClose, samePartition } from "../support/golden.ts";

/**
 * 24 images of 4 × 4 patches of four materials, all in each image; one patch, of any material, has a defect of one of
 * three directions and of a strength from 1 to 20. The second level is noise that tells nothing.
 */
function defective(): { patches: PatchSet; kinds: number[] } {
  const random = seededRandom(7);
  const [count, perImage, channels] = [24, 16, 8];
  const kinds = Array.from({ length: count }, (_, i) => i % 3);
  const data = new Float32Array(count * perImage * channels);
  for (let i = 0; i < count; i++) {
    const [place, strength] = [Math.floor(random() * perImage), 20 ** random()];
    for (let m = 0; m < perImage; m++) {
      for (let channel = 0; channel < channels; channel++) {
        const ground = channel === 3 ? 40 * (m % 4) : 0;
        const defect = m === place && channel === kinds[i] ? strength : 0;
        data[(i * perImage + m) * channels + channel] = ground + defect + (channel < 4 ? 0.1 : 6) * (random() - 0.5);
      }
    }
  }
  return { patches: { data, count, rows: 4, cols: 4, channels, levels: [4, 4] }, kinds };
}

async function groupsBy(patches: PatchSet, ...features: Feature[]): Promise<Int32Array> {
  const weight = { kind: "soft", tau: { perplexity: 0.1 } } as const;
  return (await clusterPatches(patches, { k: 3, features, weight })).groups;
}

Deno.test("residuals of one level, by direction alone, find kinds that ground and strength hide", async () => {
  const { patches, kinds } = defective();
  assert(samePartition(await groupsBy(patches, { levels: [0], content: "residual", length: "unit" }), kinds));
  assert(!samePartition(await groupsBy(patches, {}), kinds));
  assert(!samePartition(await groupsBy(patches, { levels: [0], content: "residual" }), kinds), "length hides kinds");
  assert(!samePartition(await groupsBy(patches, { levels: [0], length: "unit" }), kinds), "the ground hides kinds");
});

Deno.test("a consensus of one feature twice is that feature; a missing level is named", async () => {
  const { patches } = defective();
  const feature: Feature = { whiten: { shrinkage: 0.2 }, length: "root" };
  const once = await groupsBy(patches, feature);
  assert(samePartition(await groupsBy(patches, feature, feature), once));
  await assert.rejects(groupsBy(patches, { levels: [2] }), /level 2 of 2 levels is missing/);
  await assert.rejects(groupsBy(patches), /at least one feature/);
});

Deno.test("square-root lengths are square roots, from the mean of all patches; a zero stays zero", async () => {
  const { patches } = defective();
  const embeddings = async (feature: Feature) => {
    return (await clusterPatches(patches, { features: [feature], k: 2, weight: { kind: "uniform" } })).embeddings!;
  };
  const { data, count, channels } = await embeddings({});
  const root = await embeddings({ length: "root" });
  const mean = Float64Array.from({ length: channels }, (_, c) => {
    return Array.from({ length: count }, (_, i) => data[i * channels + c]).reduce((a, b) => a + b) / count;
  });
  for (let i = 0; i < count; i++) {
    const own = Array.from(mean, (value, c) => data[i * channels + c] - value);
    const norm = Math.hypot(...own);
    assertClose(
      root.data.subarray(i * channels, (i + 1) * channels),
      own.map((value) => value / Math.sqrt(norm)),
      1e-3,
      "root",
      1,
    );
  }
  const same = { ...patches, data: new Float32Array(patches.data.length).fill(3) };
  const { embeddings: zero } = await clusterPatches(same, { features: [{ length: "unit" }, { content: "residual" }] });
  assert(zero!.data.every((value) => value === 0));
});

/** Points around `centres`, `each` of them, at most `spread` away on each axis. */
function blobs(centres: readonly (readonly number[])[], each: number, spread: number) {
  const random = seededRandom(11);
  const data = centres.flatMap((centre) => {
    return Array.from({ length: each }, () => centre.map((value) => value + spread * (random() - 0.5))).flat();
  });
  return euclideanDistances({
    data: Float64Array.from(data),
    count: centres.length * each,
    channels: centres[0].length,
  });
}

Deno.test("the number of groups: four that lie in two pairs are four", () => {
  const centres = [[0, 0, 0], [0, 9, 0], [20, 0, 0], [20, 0, 9]];
  const distances = blobs(centres, 12, 4);
  const tree = linkage(distances);
  const choice = chooseGroupCount(distances, (k) => cut(tree, k), { tree, method: "ward" });
  assert.equal(choice.k, 4);
  const four = choice.tried.find(({ k }) => k === 4)!;
  assert(four.predictionStrength! > 0.99 && four.gap! > 0.5 && four.silhouette > 0.5);
  assert.equal(four.clarity, 1);
  assert.deepEqual(countsAsClear(choice.tried), [4]);
  for (const { clarity, gap, predictionStrength, leastPredictionStrength } of choice.tried) {
    assert(gap! >= 0 && gap! <= 1 && clarity >= 0 && clarity <= 1);
    assert(
      leastPredictionStrength! >= 0 && leastPredictionStrength! <= predictionStrength! && predictionStrength! <= 1,
    );
  }
});

Deno.test("the number of groups without a tree is that of the largest silhouette; few and equal images do no harm", () => {
  const distances = blobs([[0, 0], [9, 0], [0, 9]], 8, 3);
  const tree = linkage(distances);
  const { k, tried } = chooseGroupCount(distances, (count) => cut(tree, count));
  assert.equal(k, 3);
  assert(tried.every(({ gap, predictionStrength }) => gap === undefined && predictionStrength === undefined));
  for (const count of [2, 3, 4]) {
    const few = blobs([[0]], count, 1);
    const small = linkage(few);
    assert(chooseGroupCount(few, (k) => cut(small, k), { tree: small, method: "ward" }).k <= count);
  }
  const equal = blobs([[1]], 5, 0);
  assert.deepEqual(chooseGroupCount(equal, () => new Int32Array(5)), { k: 1, tried: [] });
});

Deno.test("outliers: the isolated and the members of small groups, not the borders of a wide one", () => {
  const random = seededRandom(3);
  const points = [
    ...Array.from({ length: 40 }, () => [random() * 4, random() * 4]),
    ...Array.from({ length: 20 }, () => [50 + random(), random()]),
    [25, 40],
    [0, -60],
  ];
  const distances = euclideanDistances({ data: Float64Array.from(points.flat()), count: 62, channels: 2 });
  const groups = Int32Array.from(points, ([x]) => x < 30 ? 0 : 1);
  const marked = (smallest: number) =>
    Array.from(outliers(distances, groups, smallest).entries()).flatMap(([i, yes]) => yes ? [i] : []);
  assert.deepEqual(marked(1), [60, 61]);
  assert.deepEqual(marked(21), [...Array.from({ length: 20 }, (_, at) => 40 + at), 60, 61]);
  assert.deepEqual(Array.from(outliers(blobs([[1]], 5, 0), new Int32Array(5), 1)), [0, 0, 0, 0, 0]);
});

Deno.test("a threshold cuts where the tree is that high; without a tree it is refused", async () => {
  const { patches } = defective();
  const whole = await clusterPatches(patches, { k: 4 });
  const heights = whole.tree!.heights;
  const between = (heights[heights.length - 4] + heights[heights.length - 3]) / 2;
  const { k, groups, choice } = await clusterPatches(patches, { threshold: between });
  assert.deepEqual([k, choice], [4, undefined]);
  assert(samePartition(groups, whole.groups));
  assert.equal((await clusterPatches(patches, { threshold: heights[heights.length - 1] })).k, 1);
  await assert.rejects(
    clusterPatches(patches, { threshold: 1, cluster: { kind: "kmeans" } }),
    /which only linkages have/,
  );
});
