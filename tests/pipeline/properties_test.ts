import assert from "node:assert/strict";
import fc from "fast-check";
import {
  adjustedRandIndex,
  clusterPatches,
  cut,
  euclideanDistances,
  f1Score,
  linkage,
  normalizedMutualInformation,
  patchMinima,
  patchScores,
  type PatchSet,
  purity,
  resize,
  softWeights,
  wardLinkage,
} from "../../mod.ts";
import { groupRadii } from "../../src/assign/radius.ts";
import { eachDistanceRow, singleDistances } from "../../src/core/linkage_kernel.ts";
import { squaredDistance } from "../../src/distance/squared_distance.ts";
import { seededRandom } from "../../src/random.ts";
import { assertClose, samePartition } from "../support/golden.ts";

fc.configureGlobal({ seed: 20230103, numRuns: 200 }); // The same cases on every machine.

const value = fc.float({ min: -8, max: 8, noNaN: true, noDefaultInfinity: true });

/** Patch sets of all small shapes, so that panels are full, part full and several. */
const patchSets: fc.Arbitrary<PatchSet> = fc
  .record({
    count: fc.integer({ min: 2, max: 7 }),
    rows: fc.integer({ min: 1, max: 5 }),
    cols: fc.integer({ min: 1, max: 6 }),
    channels: fc.integer({ min: 1, max: 9 }),
  })
  .chain((shape) => {
    const length = shape.count * shape.rows * shape.cols * shape.channels;
    return fc.array(value, { minLength: length, maxLength: length }).map((data) => {
      return { ...shape, data: Float32Array.from(data) };
    });
  });

const labellings = fc.integer({ min: 1, max: 40 }).chain((length) =>
  fc.tuple(...[0, 1].map(() => fc.array(fc.integer({ min: 0, max: 5 }), { minLength: length, maxLength: length })))
);

function patchAt(patches: PatchSet, image: number, patch: number): Float32Array {
  const at = (image * patches.rows * patches.cols + patch) * patches.channels;
  return patches.data.subarray(at, at + patches.channels);
}

function directMinimum(patches: PatchSet, i: number, j: number, m: number): number {
  const x = patchAt(patches, i, m);
  let best = Infinity;
  for (let n = 0; n < patches.rows * patches.cols; n++) {
    const y = patchAt(patches, j, n);
    best = Math.min(best, Math.hypot(...x.map((v, at) => v - y[at])));
  }
  return best;
}

Deno.test("patch minima equal a float64 double loop for every shape", () => {
  fc.assert(fc.property(patchSets, (patches) => {
    const minima = patchMinima(patches);
    const largest = Math.max(...patches.data.map(Math.abs), 1e-6);
    for (let i = 0; i < patches.count; i++) {
      for (let j = 0; j < patches.count; j++) {
        for (let m = 0; i !== j && m < minima.patches; m++) {
          const actual = minima.data[(i * patches.count + j) * minima.patches + m];
          const expected = directMinimum(patches, i, j, m);
          assertClose([actual], [expected], 1e-5, `minimum of patch ${m} of ${i} in ${j}`, largest * 0.1);
        }
      }
    }
  }));
});

Deno.test("a huge common offset does not blur small distances", () => {
  const grid = { count: 3, rows: 2, cols: 3, channels: 4 };
  const near = Float32Array.from({ length: 72 }, (_, at) => (at * 37 % 64) / 64);
  const far = near.map((v) => v + 4096); // Both exact in float32.
  assertClose(
    patchMinima({ ...grid, data: far }).data,
    patchMinima({ ...grid, data: near }).data,
    1e-5,
    "minima",
    1e-6,
  );
});

Deno.test("equal images are at distance zero, exactly", () => {
  fc.assert(fc.property(patchSets, (patches) => {
    const perImage = patches.data.length / patches.count;
    const twins = patches.data.slice();
    twins.copyWithin(perImage, 0, perImage);
    const minima = patchMinima({ ...patches, data: twins });
    assert(minima.data.subarray(minima.patches, 2 * minima.patches).every((distance) => distance === 0));
  }));
});

Deno.test("weights sum to 1; a tiny τ takes the largest score, a huge one none", () => {
  fc.assert(fc.property(patchSets, fc.double({ min: 0.01, max: 10, noNaN: true }), (patches, tau) => {
    const scores = patchScores(patches);
    const { data, patches: perImage } = softWeights(scores, { tau });
    const [sharp, flat] = [softWeights(scores, { tau: 1e-7 }), softWeights(scores, { tau: 1e7 })];
    for (let i = 0; i < patches.count; i++) {
      const row = (values: { data: Float32Array }) => values.data.subarray(i * perImage, (i + 1) * perImage);
      assertClose([row({ data }).reduce((sum, weight) => sum + weight, 0)], [1], 1e-5, "sum of weights");
      const sorted = row(scores).toSorted((a, b) => b - a);
      if (perImage === 1 || sorted[0] - sorted[1] > 1e-4) {
        assert(row(sharp)[row(scores).indexOf(sorted[0])] > 0.999);
      }
      assertClose(row(flat), new Array(perImage).fill(1 / perImage), 1e-4, "flat weights");
    }
  }));
});

Deno.test("scaling the embeddings scales the scores and keeps the groups", async () => {
  await fc.assert(fc.asyncProperty(patchSets, async (patches) => {
    const scaled = { ...patches, data: patches.data.map((v) => v * 4) };
    assertClose(patchScores(scaled).data, patchScores(patches).data.map((v) => v * 4), 1e-5, "scores", 1e-3);
    const [{ groups }, expected] = [await clusterPatches(scaled, { k: 2 }), await clusterPatches(patches, { k: 2 })];
    assert.deepEqual(groups, expected.groups);
  }));
});

Deno.test("a linkage's heights ascend, and its cuts are nested partitions of k groups", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
      const points = Math.floor((1 + Math.sqrt(1 + 8 * values.length)) / 2);
      const distances = Float64Array.from(values.slice(0, points * (points - 1) / 2));
      fc.pre(distances.some((distance) => distance > 0));
      const tree = linkage(distances, "ward");
      assert(tree.heights.every((height, at) => at === 0 || height >= tree.heights[at - 1]));
      for (let k = 1; k <= points; k++) assert.equal(new Set(cut(tree, k)).size, k);
    }),
  );
});

/** Points of 1 to 70 numbers, near and far from zero, with and without ties. */
const pointClouds = fc.record({
  count: fc.integer({ min: 2, max: 160 }),
  channels: fc.integer({ min: 1, max: 70 }),
  seed: fc.integer(),
  offset: fc.constantFrom(0, 1000),
  step: fc.constantFrom(0, 0.5),
}).map(({ count, channels, seed, offset, step }) => {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: count * channels }, () => {
    const value = random() * 3;
    return offset + (step ? Math.round(value / step) * step : value);
  });
  return { data, count, channels, ties: step > 0 };
});

Deno.test("Ward from points merges as Ward from their distances", () => {
  fc.assert(fc.property(pointClouds, ({ ties, ...points }) => {
    const { heights, pairs } = wardLinkage(points);
    const expected = linkage(euclideanDistances(points));
    if (!ties && points.channels > 3) {
      assertClose(heights, expected.heights, 1e-4, "heights");
      assert.deepEqual(cut({ ...expected, heights, pairs }, 2), cut(expected, 2));
    }
    // The squared heights add up to twice the variance, whichever of equal merges came first.
    const sum = (values: Float64Array) => values.reduce((total, height) => total + height * height, 0);
    assertClose([sum(heights)], [sum(expected.heights)], 1e-3, "variance", 1);
  }));
});

Deno.test("metrics do not depend on the names of the groups", () => {
  fc.assert(fc.property(labellings, ([truth, groups]) => {
    const renamed = groups.map((group) => `group ${(group * 5 + 3) % 7}`);
    for (const metric of [normalizedMutualInformation, adjustedRandIndex, purity]) {
      assertClose([metric(truth, renamed)], [metric(truth, groups)], 1e-12, metric.name, 1);
    }
    assertClose([f1Score(truth, renamed).micro], [f1Score(truth, groups).micro], 1e-12, "f1", 1);
  }));
});

Deno.test("all images equal: one group, no NaN, whatever the weights", async () => {
  const patches = { data: new Float32Array(5 * 6 * 4).fill(0.7), count: 5, rows: 2, cols: 3, channels: 4 };
  for (const kind of ["soft", "uniform"] as const) {
    const result = await clusterPatches(patches, { weight: { kind } });
    assert.equal(result.k, 1);
    for (const numbers of [result.weights.data, result.scores, result.distances, result.embeddings!.data]) {
      assert(numbers.every(Number.isFinite));
    }
    assert.equal((await clusterPatches(patches, { k: 3, weight: { kind } })).k, 3);
  }
});

Deno.test("permuting the images permutes the groups", async () => {
  const groupsOf = async (order: number[]) => {
    const data = order.flatMap((image) =>
      Array.from({ length: 24 }, (_, at) => Math.sin(image * 31 + at * 7) + image % 3 * 5)
    );
    const patches = { data: Float32Array.from(data), count: 9, rows: 2, cols: 3, channels: 4 };
    return (await clusterPatches(patches, { k: 3 })).groups;
  };
  const ordered = await groupsOf([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }), async (order) => {
      assert(samePartition(await groupsOf(order), order.map((image) => ordered[image])));
    }),
  );
});

Deno.test("resizing keeps a flat colour and the mean brightness", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), (width, height) => {
    const flat = resize({ data: new Uint8Array(width * height * 4).fill(93), width, height }, 32, 17);
    assert(flat.data.every((byte) => byte === 93));
  }));
});

Deno.test("distances between vectors: symmetric, and those of a float64 loop, in rows of any number", () => {
  const [counts, widths] = [40, 150].map((max) => fc.integer({ min: 1, max }));
  fc.assert(fc.property(counts, widths, (count, channels) => {
    const random = seededRandom(count * channels);
    const points = Float32Array.from({ length: count * channels }, () => Math.round(random() * 1e4));
    const distances = singleDistances(points, count, channels);
    const set = { data: points, count, channels };
    eachDistanceRow(points, points, channels, (i, row) => {
      assert.deepEqual(row, distances.subarray(i * count, (i + 1) * count));
      row.forEach((distance, j) => {
        const expected = Math.sqrt(squaredDistance(set, i, set, j));
        assert(Math.abs(distance - expected) <= 1e-6 * expected, `${distance} for ${expected}`);
      });
    });
  }));
});

Deno.test("a group's radius comes from the distances to the nearest of its images; equal ones count once", () => {
  const at = [0, 1, 3, 3, 7, 100, 104]; // Nearest: 1, 1, 2, 4 in one group; 4, 4 in the other.
  const data = Float32Array.from(at.flatMap((x) => [x, 5]));
  const [one, other, none] = groupRadii({ data, count: 7, channels: 2 }, [0, 0, 0, 0, 0, 1, 1], 3);
  const common = 4; // The quantile of .95 of 1, 1, 2, 4, 4, 4.
  const own = 2 + 0.85 * (4 - 2);
  assert(Math.abs(one - 1.25 * (own + common) / 2) < 1e-12, `${one}`);
  assert.deepEqual([other, none], [1.25 * 4, 1.25 * common]);
});
