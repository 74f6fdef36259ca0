// The choice among the families of weights.

import { spreadNormalNeighbours } from "../distance/normal_scores.ts";
import {
  type ScoreReduction,
  spreadNeighbours,
  spreadNeighboursAmong,
  spreadPatchScores,
  type WorkOptions,
} from "../distance/patch_minima.ts";
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

/** What the patches of a weighting are scored by. */
export function sourceOf(weighting: Weighting): ScoreSource {
  return "over" in weighting && weighting.over || "mean";
}

/**
 * Scores of all patches, and where wanted their residuals (see `Feature`), on all cores. Over each other, over reference
 * images (one that is among them is not compared with itself), or over labelled normals.
 */
export async function comparePatches(
  patches: PatchSet,
  over: ScoreSource,
  references: PatchSet | undefined,
  withResiduals: boolean,
  work: WorkOptions,
): Promise<{ scores: PatchValues; standardErrors?: PatchValues; residuals?: PatchSet }> {
  if (over !== "normal") {
    if (references) return await spreadNeighboursAmong(references, patches, over, withResiduals, work);
    if (withResiduals) return await spreadNeighbours(patches, over, true, work);
    return { scores: await spreadPatchScores(patches, { ...work, over }) };
  }
  if (!references) throw new AnomalyClusterError("bad-argument", "scores over labelled normals need normal images");
  return await spreadNormalNeighbours(patches, references, withResiduals, work);
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
