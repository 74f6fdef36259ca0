import assert from "node:assert/strict";
import fc from "fast-check";
import {
  AnomalyClusterError,
  clusterPatches,
  cut,
  euclideanDistances,
  gaussianMixture,
  hardWeights,
  hybridWeights,
  imageDistances,
  kmeans,
  kmedoids,
  linkage,
  type LinkageMethod,
  maskPatches,
  normalScores,
  patchMinima,
  patchScores,
  type PatchSet,
  pool,
  purity,
  softWeights,
  spectral,
} from "../../mod.ts";
import { seededRandom } from "../../src/random.ts";
import { golden, samePartition } from "../support/golden.ts";

async function fourBlobs() {
  const { points } = await golden<{ points: number[][] }>("linkage");
  const embeddings = { data: Float64Array.from(points.flat()), count: points.length, channels: 8 };
  const truth = points.map((_, i) => Math.floor(i / 15));
  return { embeddings, truth, distances: euclideanDistances(embeddings) };
}

Deno.test("every clusterer finds four well separated groups, and the same ones for the same seed", async () => {
  const { embeddings, truth, distances } = await fourBlobs();
  const all: Record<string, (seed: number) => Int32Array> = {
    kmeans: (seed) => kmeans(embeddings, { k: 4, seed }).labels,
    diagonal: (seed) => gaussianMixture(embeddings, { k: 4, seed }).labels,
    full: (seed) => gaussianMixture(embeddings, { k: 4, seed, covariance: "full", components: 3 }).labels,
    kmedoids: (seed) => kmedoids(distances, { k: 4, seed }).labels,
    spectral: (seed) => spectral(distances, { k: 4, seed }),
    ward: () => cut(linkage(distances), 4),
  };
  for (const [name, run] of Object.entries(all)) {
    for (const seed of [0, 1, 2]) {
      const labels = run(seed);
      assert.deepEqual(run(seed), labels, name);
      assert(purity(truth, labels) >= 57 / 60, `${name}: purity ${purity(truth, labels)}`);
      assert.equal(new Set(labels).size, 4, name);
    }
  }
});

Deno.test("k-medoids leave no swap that would lower the cost", async () => {
  const { distances } = await fourBlobs();
  const { data, count } = distances;
  const cost = (medoids: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Math.min(...Array.from(medoids, (medoid) => data[i * count + medoid]));
    return sum;
  };
  for (const k of [1, 2, 5]) {
    const found = kmedoids(distances, { k, restarts: 1 });
    assert(Math.abs(cost(found.medoids) - found.cost) < 1e-9);
    for (let group = 0; group < k; group++) {
      for (let other = 0; other < count; other++) {
        assert(cost(Array.from(found.medoids).with(group, other)) > found.cost - 1e-9);
      }
    }
  }
});

Deno.test("k-means gives every group a point, equal points included", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 30 }), fc.nat(), (values, seed) => {
      const k = 1 + seed % values.length;
      const { labels } = kmeans({ data: Float32Array.from(values), count: values.length, channels: 1 }, { k, seed });
      assert.equal(new Set(labels).size, k);
    }),
  );
});

function randomPatches(count: number, seed = 1): PatchSet {
  const data = Float32Array.from({ length: count * 6 * 4 }, (_, at) => Math.sin((at + 1) * 12.9898 * seed) * 5);
  return { data, count, rows: 2, cols: 3, channels: 4 };
}

Deno.test("duplicated images share a group with every clusterer and distance", async () => {
  const patches = randomPatches(12);
  patches.data.copyWithin(24, 0, 24);
  const kinds = ["gaussian-mixture", "kmeans", "kmedoids", "spectral"] as const;
  for (const cluster of [...kinds.map((kind) => ({ kind })), { kind: "linkage", method: "single" } as const]) {
    const { groups } = await clusterPatches(patches, { k: 3, cluster });
    assert.equal(groups[0], groups[1], cluster.kind);
  }
  for (const distance of ["max-hausdorff", "max-hausdorff-average", "average-min-max", "average-min-mean"] as const) {
    const { data } = imageDistances(patches, distance);
    assert.equal(data[1], 0, distance);
    const { groups } = await clusterPatches(patches, { k: 3, distance });
    assert.equal(groups[0], groups[1], distance);
  }
});

Deno.test("labelled normals equal to the images: scores of zero, uniform weights", () => {
  const patches = randomPatches(5);
  const scores = normalScores(patches, patches);
  assert(scores.data.every((score) => score === 0));
  assert(softWeights(scores).data.every((weight) => Math.abs(weight - 1 / 6) < 1e-7));
});

Deno.test("normal images may have another number of patches", () => {
  const patches = randomPatches(3);
  for (const [rows, cols] of [[1, 1], [5, 7]]) {
    const data = Float32Array.from({ length: 2 * rows * cols * 4 }, (_, at) => Math.cos(at) * 3);
    const normals = { data, count: 2, rows, cols, channels: 4 };
    const { data: scores } = normalScores(patches, normals);
    scores.forEach((score, at) => {
      let best = Infinity;
      for (let n = 0; n < data.length; n += 4) {
        best = Math.min(best, Math.hypot(...[0, 1, 2, 3].map((c) => patches.data[at * 4 + c] - data[n + c])));
      }
      assert(Math.abs(score - best) < 1e-4 * best, `${score} instead of ${best}`);
    });
  }
});

Deno.test("a mask marks the patches that it touches, whatever its size", () => {
  const mask = (width: number, height: number, x: number, y: number) => {
    const data = new Uint8Array(width * height * 4);
    data.fill(255, (y * width + x) * 4, (y * width + x) * 4 + 4);
    return { data, width, height };
  };
  assert.deepEqual(Array.from(maskPatches(mask(90, 60, 31, 0), 2, 3)), [0, 1, 0, 0, 0, 0]);
  assert.deepEqual(Array.from(maskPatches(mask(90, 60, 89, 59), 2, 3)), [0, 0, 0, 0, 0, 1]);
  assert.deepEqual(Array.from(maskPatches(mask(1, 1, 0, 0), 2, 3)), [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(Array.from(maskPatches(mask(4, 4, 1, 1), 4, 4)).indexOf(1), 5);
});

Deno.test("wrong arguments are refused with a typed error", async () => {
  const patches = randomPatches(4);
  const scores = patchScores(patches);
  const bad = (index: number, value: number) => ({ ...patches, data: patches.data.with(index, value) });
  const cases: [name: string, run: () => unknown, message: RegExp][] = [
    ["NaN", () => patchScores(bad(30, NaN)), /image 1 holds a number that is not finite/],
    ["infinite", () => imageDistances(bad(1, Infinity), "min-min"), /not finite/],
    ["infinite, negative", () => patchMinima(bad(90, -Infinity)), /image 3 holds a number that is not finite/],
    [
      "huge",
      () => patchScores(bad(60, -2e15)),
      /image 2 holds a number that is above 1000000000000000: scale them down/,
    ],
    [
      "all huge",
      () => patchScores({ ...patches, data: patches.data.map(() => 2e15) }),
      /image 0 holds .* above 10{15}/,
    ],
    ["NaN among references", () => normalScores(patches, bad(0, NaN)), /image 0 holds a number that is not finite/],
    ["shape", () => patchScores({ ...patches, channels: 5 }), /need 120 numbers/],
    ["normals' channels", () => normalScores(patches, { ...patches, cols: 2, channels: 6 }), /6 channels/],
    ["one image", () => clusterPatches(randomPatches(1)), /at least 2 images/],
    ["k too large", () => clusterPatches(patches, { k: 5 }), /5 groups of 4 images/],
    ["k of weights", () => hardWeights(scores, { k: 7 }), /7 highest of 6/],
    ["τ zero", () => softWeights(scores, { tau: 0 }), /τ is 0/],
    ["τ negative", () => hybridWeights(scores, { k: 2, tau: -1 }), /τ is -1/],
    ["τ not a number", () => clusterPatches(patches, { weight: { kind: "soft", tau: NaN } }), /τ is NaN/],
    ["no normals", () => clusterPatches(patches, { weight: { kind: "soft", over: "normal" } }), /need normal images/],
    [
      "k-means on sets",
      () => clusterPatches(patches, { distance: "min-min", cluster: { kind: "kmeans" } }),
      /needs one/,
    ],
    ["distances", () => linkage(Float64Array.of(1, 2)), /neither a square nor a condensed/],
    ["negative distance", () => linkage(Float64Array.of(1, -2, 3)), /distance -2/],
    [
      "codebook",
      () => pool(patches, { kind: "bag-of-words", codebook: { data: new Float32Array(3), count: 1, channels: 3 } }),
      /3 channels/,
    ],
  ];
  for (const [name, run, message] of cases) {
    await assert.rejects(
      async () => await run(),
      (error) => error instanceof AnomalyClusterError && message.test(error.message),
      name,
    );
  }
});

Deno.test("permuting the points permutes the groups of every deterministic linkage", async () => {
  const { distances: { data, count } } = await fourBlobs();
  const order = Array.from({ length: count }, (_, i) => i * 37 % count);
  const permuted = Float64Array.from({ length: count * count }, (_, at) => {
    return data[order[Math.floor(at / count)] * count + order[at % count]];
  });
  for (const method of ["single", "complete", "average", "ward"] as const) {
    for (const k of [2, 4, 9]) {
      const labels = cut(linkage({ data, count }, method), k);
      assert(samePartition(cut(linkage({ data: permuted, count }, method), k), order.map((i) => labels[i])), method);
    }
  }
});

Deno.test("whatever the number of points, linkages merge as a loop that looks at all pairs each time", () => {
  const random = seededRandom(5);
  for (const count of [2, 3, 7, 8, 9, 16, 17, 40, 63, 64, 65, 130, 300]) {
    const data = new Float64Array(count * count);
    for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) data[i * count + j] = data[j * count + i] = random();
    for (const method of ["single", "complete", "average", "ward"] as const) {
      const tree = linkage({ data, count }, method);
      mergedByAllPairs(data, count, method).forEach(({ height, size }, t) => {
        assert(Math.abs(tree.heights[t] - height) < 1e-12, `${method} of ${count}: ${tree.heights[t]}, not ${height}`);
        assert.equal(tree.sizes[t], size);
      });
    }
  }
});

/** Merges the nearest two of all clusters, again and again (Lance and Williams 1967). */
function mergedByAllPairs(distances: Float64Array, count: number, method: LinkageMethod) {
  const [rows, sizes] = [new Map<number, Map<number, number>>(), new Map<number, number>()];
  const squared = method === "ward";
  for (let i = 0; i < count; i++) {
    const row = Array.from(distances.subarray(i * count, (i + 1) * count), (d) => squared ? d * d : d);
    rows.set(i, new Map(row.entries()));
    sizes.set(i, 1);
  }
  return Array.from({ length: count - 1 }, (_, t) => {
    let [a, b, least] = [-1, -1, Infinity];
    for (const [i, row] of rows) {
      for (const j of rows.keys()) if (j < i && row.get(j)! < least) [a, b, least] = [i, j, row.get(j)!];
    }
    const union = new Map<number, number>();
    const [sizeA, sizeB] = [sizes.get(a)!, sizes.get(b)!];
    for (const [k, row] of rows) {
      if (k === a || k === b) continue;
      const [toA, toB, size] = [row.get(a)!, row.get(b)!, sizes.get(k)!];
      const merged = {
        single: Math.min(toA, toB),
        complete: Math.max(toA, toB),
        average: (sizeA * toA + sizeB * toB) / (sizeA + sizeB),
        ward: ((sizeA + size) * toA + (sizeB + size) * toB - size * least) / (sizeA + sizeB + size),
      }[method];
      union.set(k, merged);
      row.set(count + t, merged);
    }
    rows.set(count + t, union);
    sizes.set(count + t, sizeA + sizeB);
    for (const part of [a, b]) [rows, sizes].forEach((map) => map.delete(part));
    return { height: squared ? Math.sqrt(least) : least, size: sizeA + sizeB };
  });
}

Deno.test("from 5,000 points on distances are float32: single linkage finds the gaps of a line, Ward its variance", () => {
  const count = 5000;
  const data = Float32Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32 * 1000);
  const distances = euclideanDistances({ data, count, channels: 1 });
  assert(distances.data instanceof Float32Array);
  const sorted = data.toSorted();
  const gaps = sorted.slice(1).map((value, at) => value - sorted[at]).toSorted();
  linkage(distances, "single").heights.forEach((height, at) => assert(Math.abs(height - gaps[at]) < 1e-4));
  // Each merge adds half its squared height to the variance within; in the end it is that of all points.
  const mean = data.reduce((sum, value) => sum + value, 0) / count;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const within = linkage(distances, "ward").heights.reduce((sum, height) => sum + height * height / 2, 0);
  assert(Math.abs(within / variance - 1) < 1e-5, `${within} of ${variance}`);
});

Deno.test("more points than a matrix in WASM memory can hold are refused before anything is computed", async () => {
  const tooMany = { data: new Float32Array(40000), count: 40000, rows: 1, cols: 1, channels: 1 };
  const refused = (error: unknown) =>
    error instanceof AnomalyClusterError && error.code === "too-large" &&
    /32500 points fit: take a sample/.test(error.message);
  assert.throws(() => euclideanDistances(tooMany), refused);
  await assert.rejects(clusterPatches(tooMany), refused);
});
