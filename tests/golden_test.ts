import assert from "node:assert/strict";
import {
  adjustedRandIndex,
  completeness,
  cut,
  euclideanDistances,
  f1Score,
  homogeneity,
  linkage,
  type LinkageMethod,
  normalizedMutualInformation,
  patchMinima,
  patchScores,
  purity,
  silhouette,
  softWeights,
  uniformWeights,
  weightedAverage,
} from "../mod.ts";
import { assertClose, golden, type Linkages, patchSet, samePartition } from "./golden.ts";

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

Deno.test("silhouette is scikit-learn's", async () => {
  const file = await golden<{ points: number[][]; silhouette: Record<string, number> }>("linkage");
  const distances = file.points.flatMap((a) => file.points.map((b) => Math.hypot(...a.map((v, at) => v - b[at]))));
  const matrix = { data: Float64Array.from(distances), count: file.points.length };
  for (const [k, expected] of Object.entries(file.silhouette)) {
    assertClose([silhouette(matrix, cut(linkage(matrix), Number(k)))], [expected], 1e-12, `silhouette at ${k}`);
  }
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
