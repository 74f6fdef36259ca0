import assert from "node:assert/strict";
import {
  adjustedRandIndex,
  calinskiHarabasz,
  completeness,
  cut,
  daviesBouldin,
  euclideanDistances,
  f1Score,
  hardWeights,
  homogeneity,
  hybridWeights,
  imageDistances,
  linkage,
  type LinkageMethod,
  maskWeights,
  normalizedMutualInformation,
  normalScores,
  patchMinima,
  patchScores,
  pool,
  type Pooling,
  purity,
  purityCurve,
  type SetDistance,
  silhouette,
  softWeights,
  uniformWeights,
  weightedAverage,
} from "../../mod.ts";
import { assertClose, golden, type Linkages, patchSet, samePartition } from "../support/golden.ts";

for (const name of ["small", "medium"]) {
  Deno.test(`${name}: patch minima, scores, weights and weighted averages are the reference's`, async () => {
    const reference = await golden(name);
    const patches = patchSet(reference);
    assertClose(patchMinima(patches).data, reference.patchMinima.flat(2), 1e-5, "minima");
    for (const [over, weights] of [["mean", "soft"], ["min", "soft-min"], ["max", "soft-max"]] as const) {
      const scores = patchScores(patches, { over });
      assertClose(scores.data, reference.scores[over].flat(), 1e-5, `${over} scores`);
      const soft = softWeights(scores, { tau: reference.tau });
      // A relative error e of a score s becomes e·s/τ in its exponential.
      assertClose(soft.data, reference.weights[weights].flat(), 1e-5, weights, 0.02);
      const distances = euclideanDistances(weightedAverage(patches, soft));
      assertClose(distances.data, reference.weightedAverage[weights].flat(), 1e-5, `${weights} distances`);
    }
    const uniform = uniformWeights(patches.count, patches.cols);
    const distances = euclideanDistances(weightedAverage(patches, uniform));
    assertClose(distances.data, reference.weightedAverage.uniform.flat(), 1e-5, "uniform distances");
  });

  Deno.test(`${name}: labelled-normal, hard, hybrid and mask weights are the reference's`, async () => {
    const reference = await golden(name);
    const patches = patchSet(reference);
    const { k, tau } = reference;
    const normals = { ...patches, data: Float32Array.from(reference.normals.flat(2)), count: reference.normals.length };
    const [scores, normal] = [patchScores(patches), normalScores(patches, normals)];
    assertClose(normal.data, reference.scores.normal.flat(), 1e-5, "normal scores");
    const masks = { ...scores, data: Float32Array.from(reference.masks.flat()) };
    const all = {
      "labelled-normal": softWeights(normal, { tau }),
      hard: hardWeights(scores, { k }),
      hybrid: hybridWeights(scores, { k, tau }),
      mask: maskWeights(masks),
    };
    for (const [kind, weights] of Object.entries(all)) {
      assertClose(weights.data, reference.weights[kind].flat(), 1e-5, kind, 0.02);
      const distances = euclideanDistances(weightedAverage(patches, weights));
      assertClose(distances.data, reference.weightedAverage[kind].flat(), 1e-5, `${kind} distances`);
    }
  });

  Deno.test(`${name}: distances between sets of patches are the reference's`, async () => {
    const reference = await golden(name);
    for (const [kind, expected] of Object.entries(reference.distances)) {
      assertClose(imageDistances(patchSet(reference), kind as SetDistance).data, expected.flat(), 1e-5, kind);
    }
  });

  Deno.test(`${name}: poolings are the reference's`, async () => {
    const reference = await golden(name);
    const side = Math.sqrt(reference.shape[1]);
    const patches = { ...patchSet(reference), rows: side, cols: side };
    const [count, channels] = [reference.codebook.length, reference.shape[2]];
    const codebook = { data: Float32Array.from(reference.codebook.flat()), count, channels };
    const poolings: Record<string, Pooling> = {
      average: { kind: "average" },
      max: { kind: "max" },
      gem20: { kind: "gem" },
      spoc1000: { kind: "spoc" },
      spoc2: { kind: "spoc", sigma: 2 },
      "bag-of-words": { kind: "bag-of-words", codebook },
    };
    for (const [kind, pooling] of Object.entries(poolings)) {
      assertClose(pool(patches, pooling).data, reference.pooled[kind].flat(), 1e-5, kind);
    }
  });

  Deno.test(`${name}: linkage of distances that are not Euclidean is SciPy's`, async () => {
    const reference = await golden(name);
    checkLinkages(reference.distances["max-hausdorff"].flat(), reference.linkage["max-hausdorff"]);
  });
}

Deno.test("linkage: heights and cuts of 60 points are SciPy's, from square and condensed matrices", async () => {
  const { points, linkage: expected } = await golden<{ points: number[][]; linkage: Linkages }>("linkage");
  const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, at) => value - b[at]));
  checkLinkages(points.flatMap((a) => points.map((b) => distance(a, b))), expected);
  checkLinkages(points.flatMap((a, i) => points.slice(i + 1).map((b) => distance(a, b))), expected);
});

function checkLinkages(distances: number[], expected: Linkages): void {
  for (const [method, { heights, cuts }] of Object.entries(expected)) {
    const tree = linkage(Float64Array.from(distances), method as LinkageMethod);
    assertClose(tree.heights, heights, 1e-12, `${method} heights`);
    for (const [k, labels] of Object.entries(cuts)) {
      assert(samePartition(cut(tree, Number(k)), labels), `${method} cut at ${k}`);
    }
  }
}

Deno.test("silhouette, Davies–Bouldin and Caliński–Harabasz are scikit-learn's", async () => {
  type Index = Record<string, number>;
  const file = await golden<
    { points: number[][]; silhouette: Index; daviesBouldin: Index; calinskiHarabasz: Index }
  >("linkage");
  const points = { data: Float64Array.from(file.points.flat()), count: file.points.length, channels: 8 };
  const matrix = euclideanDistances(points);
  for (const k of Object.keys(file.silhouette)) {
    const labels = cut(linkage(matrix), Number(k));
    assertClose([silhouette(matrix, labels)], [file.silhouette[k]], 1e-12, `silhouette at ${k}`);
    assertClose([daviesBouldin(points, labels)], [file.daviesBouldin[k]], 1e-12, `Davies–Bouldin at ${k}`);
    assertClose([calinskiHarabasz(points, labels)], [file.calinskiHarabasz[k]], 1e-12, `Caliński–Harabasz at ${k}`);
  }
});

Deno.test("the purity curve and its mean are the reference's", async () => {
  const { points } = await golden<{ points: number[][] }>("linkage");
  const { purityCurve: expected } = await golden<
    { purityCurve: { labels: number[]; purity: number[]; mauc: number } }
  >("metrics");
  const data = Float64Array.from(points.flat());
  const tree = linkage(euclideanDistances({ data, count: points.length, channels: 8 }));
  const curve = purityCurve(expected.labels, tree);
  assertClose(curve.purity, expected.purity, 1e-12, "purity");
  assertClose([curve.mauc], [expected.mauc], 1e-12, "mAUC");
});

Deno.test("metrics are scikit-learn's, degenerate partitions included", async () => {
  type Pair = { true: number[]; predicted: number[] } & Record<string, number>;
  const { pairs } = await golden<{ pairs: Record<string, Pair> }>("metrics");
  for (const [name, pair] of Object.entries(pairs)) {
    const [truth, predicted] = [pair.true, pair.predicted];
    const f1 = f1Score(truth, predicted);
    const actual = {
      nmi: normalizedMutualInformation(truth, predicted),
      ari: adjustedRandIndex(truth, predicted),
      f1_micro: f1.micro,
      f1_macro: f1.macro,
      purity: purity(truth, predicted),
      homogeneity: homogeneity(truth, predicted),
      completeness: completeness(truth, predicted),
    };
    for (const [metric, value] of Object.entries(actual)) {
      assertClose([value], [pair[metric]], 1e-12, `${name} ${metric}`, 1);
    }
  }
});
