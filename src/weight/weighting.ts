// The choice among the families of weights.

import { spreadNormalScores } from "../distance/normal_scores.ts";
import { type ScoreReduction, spreadPatchScores, type WorkOptions } from "../distance/patch_minima.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { PatchSet, PatchValues } from "../types.ts";
import { hardWeights } from "./hard.ts";
import { hybridWeights } from "./hybrid.ts";
import { maskWeights } from "./mask.ts";
import { DEFAULT_TEMPERATURE, softWeights, type Temperature } from "./soft.ts";
import { uniformWeights } from "./uniform.ts";

/** What patches are scored by: their minima over the other images (eq. 5, 10, figure 12), or labelled normals (eq. 6). */
export type ScoreSource = ScoreReduction | "normal";

/** One τ; or several, whose embeddings are put side by side: a consensus that no single choice decides. */
export type Temperatures = Temperature | readonly Temperature[];

/** How patches are weighted. Scores are over `"mean"` unless `over` says else; `"normal"` needs labelled normals. */
export type Weighting =
  | { readonly kind: "uniform" }
  | { readonly kind: "soft"; readonly tau?: Temperatures; readonly over?: ScoreSource }
  | { readonly kind: "hard"; readonly k: number; readonly over?: ScoreSource }
  | { readonly kind: "hybrid"; readonly k: number; readonly tau?: Temperatures; readonly over?: ScoreSource }
  | { readonly kind: "mask"; readonly masks: PatchValues };

/** The temperatures of a weighting: none for one that has no τ. */
export function temperaturesOf(weighting: Weighting): readonly Temperature[] {
  if (weighting.kind !== "soft" && weighting.kind !== "hybrid") return [];
  const { tau = DEFAULT_TEMPERATURE } = weighting;
  return Array.isArray(tau) ? tau : [tau as Temperature];
}

/** Scores of all patches from the source that a weighting names, on all cores. */
export async function scorePatches(
  patches: PatchSet,
  weighting: Weighting,
  normals: PatchSet | undefined,
  work: WorkOptions,
): Promise<PatchValues> {
  const over = "over" in weighting && weighting.over || "mean";
  if (over !== "normal") return await spreadPatchScores(patches, { ...work, over });
  if (!normals) throw new AnomalyClusterError("bad-argument", "scores over labelled normals need normal images");
  return await spreadNormalScores(patches, normals, work);
}

/** Weights α of all patches, for each temperature; weights without τ come once. */
export function weighPatches(scores: PatchValues, weighting: Weighting): PatchValues[] {
  switch (weighting.kind) {
    case "uniform":
      return [uniformWeights(scores.count, scores.patches)];
    case "soft":
      return temperaturesOf(weighting).map((tau) => softWeights(scores, { tau }));
    case "hard":
      return [hardWeights(scores, weighting)];
    case "hybrid":
      return temperaturesOf(weighting).map((tau) => hybridWeights(scores, { k: weighting.k, tau }));
    case "mask":
      return [maskWeights(weighting.masks)];
  }
}

/** Mean of several weights; each image's still sum to 1. */
export function meanWeights(all: readonly PatchValues[]): PatchValues {
  const [{ data, count, patches }] = all;
  return { data: data.map((_, at) => all.reduce((sum, one) => sum + one.data[at], 0) / all.length), count, patches };
}
