// Our side of against_scipy.py: reads cases as JSON from standard input and writes the results to standard output.

import {
  adjustedRandIndex,
  calinskiHarabasz,
  completeness,
  cut,
  daviesBouldin,
  euclideanDistances,
  f1Score,
  homogeneity,
  linkage,
  normalizedMutualInformation,
  purity,
  silhouette,
} from "../mod.ts";

interface Case {
  readonly points: number[][];
  readonly k: number;
  readonly truth: number[];
  readonly predicted: number[];
}

const cases: Case[] = await new Response(Deno.stdin.readable).json();
const results = cases.map(({ points: rows, k, truth, predicted }) => {
  const points = { data: Float64Array.from(rows.flat()), count: rows.length, channels: rows[0].length };
  const distances = euclideanDistances(points);
  const trees = (["single", "complete", "average", "ward"] as const).map((method) => {
    const tree = linkage(distances, method);
    return [method, { heights: Array.from(tree.heights), cut: Array.from(cut(tree, k)) }];
  });
  const groups = cut(linkage(distances), k);
  return {
    linkage: Object.fromEntries(trees),
    metrics: {
      nmi: normalizedMutualInformation(truth, predicted),
      ari: adjustedRandIndex(truth, predicted),
      homogeneity: homogeneity(truth, predicted),
      completeness: completeness(truth, predicted),
      "f1 micro": f1Score(truth, predicted).micro,
      purity: purity(truth, predicted),
      silhouette: silhouette(distances, groups),
      "davies-bouldin": daviesBouldin(points, groups),
      "calinski-harabasz": calinskiHarabasz(points, groups),
    },
  };
});
console.log(JSON.stringify(results));
