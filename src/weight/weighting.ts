// The choice among the families of weights.

import { spreadNormalNeighbours } from "../distance/normal_scores.ts";
import {
  type ScoreReduction,
  spreadNeighbours,
  spreadNeighboursAmong,
  spreadPatchScores,
  type WorkOptions,
} from "../distance/patch_minima.ts";
import { AnomalyClusterError, ensure } from "../errors.ts";
import type { PatchSet, PatchValues } from "../types.ts";
import { hardWeights } from "./hard.ts";
import { hybridWeights } from "./hybrid.ts";
import { maskWeights } from "./mask.ts";
import { DEFAULT_TEMPERATURE, softWeights, type Temperature } from "./soft.ts";
import { uniformWeights } from "./uniform.ts";

/** What patches are scored by: their minima over the other images (eq. 5, 10, figure 12), or labelled normals (eq. 6). */
export type ScoreSource = ScoreReduction | "normal";

/**
 * One τ; or several, whose embeddings are put side by side: a consensus that no single choice decides; or `"auto"`: a
 * consensus that is chosen from the images, see `SpreadChoice`.
 */
export type Temperatures = Temperature | readonly Temperature[] | "auto";

/** How patches are weighted. Scores are over `"mean"` unless `over` says else; `"normal"` needs labelled normals. */
export type Weighting =
  | { readonly kind: "uniform" }
  | { readonly kind: "soft"; readonly tau?: Temperatures; readonly over?: ScoreSource }
  | { readonly kind: "hard"; readonly k: number; readonly over?: ScoreSource }
  | { readonly kind: "hybrid"; readonly k: number; readonly tau?: Temperatures; readonly over?: ScoreSource }
  | { readonly kind: "mask"; readonly masks: PatchValues };

/** The temperatures of a weighting: none for one that has no τ. Throws `bad-argument` for one that is not chosen yet. */
export function temperaturesOf(weighting: Weighting): readonly Temperature[] {
  if (weighting.kind !== "soft" && weighting.kind !== "hybrid") return [];
  const { tau = DEFAULT_TEMPERATURE } = weighting;
  ensure(tau !== "auto", "τ must be chosen before images are weighed by it");
  return Array.isArray(tau) ? tau : [tau as Temperature];
}

/** Whether τ is to be chosen from the images. */
export function isLeftOpen(weighting: Weighting): boolean {
  return "tau" in weighting && weighting.tau === "auto";
}

/** How much of the consensus each of a weighting's embeddings makes: 1 for each, unless the temperatures say else. */
export function sharesOf(weighting: Weighting): readonly number[] {
  const temperatures = temperaturesOf(weighting);
  return temperatures.length === 0 ? [1] : temperatures.map((tau) => (tau as { share?: number }).share ?? 1);
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

/** Weights, and how much of the consensus they make. */
export interface SharedWeights {
  readonly weights: PatchValues;
  readonly share: number;
}

/** Mean of several weights by their shares; each image's still sum to 1. Those that are told again count once. */
export function meanWeights(all: readonly SharedWeights[]): PatchValues {
  const different = [...new Map(all.map((one) => [one.weights, one])).values()];
  const whole = different.reduce((sum, { share }) => sum + share, 0);
  const [{ weights: { data, count, patches } }] = different;
  const mean = data.map((_, at) =>
    different.reduce((sum, { weights, share }) => sum + share * weights.data[at], 0) / whole
  );
  return { data: mean, count, patches };
}
