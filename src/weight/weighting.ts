// All kinds of weights, and the choice among them.

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

/**
 * What scores are computed from: the patches' minima over the other images (eq. 5, 10, figure 12), or labelled normals
 * (eq. 6).
 */
export type ScoreSource = ScoreReduction | "normal";

/**
 * One τ; several, whose embeddings are put side by side as a consensus, so that no single τ decides; or `"auto"`: a
 * consensus that is chosen from the images, see `SpreadChoice`.
 */
export type Temperatures = Temperature | readonly Temperature[] | "auto";

/**
 * How patches are weighted. Scores are computed over `"mean"` unless `over` says otherwise. `"normal"` needs labelled
 * normals.
 */
export type Weighting =
  | { readonly kind: "uniform" }
  | { readonly kind: "soft"; readonly tau?: Temperatures; readonly over?: ScoreSource }
  | { readonly kind: "hard"; readonly k: number; readonly over?: ScoreSource }
  | { readonly kind: "hybrid"; readonly k: number; readonly tau?: Temperatures; readonly over?: ScoreSource }
  | { readonly kind: "mask"; readonly masks: PatchValues };

/** The temperatures of a weighting; empty if it has no τ. Throws `bad-argument` if τ is still to be chosen. */
export function temperaturesOf(weighting: Weighting): readonly Temperature[] {
  if (weighting.kind !== "soft" && weighting.kind !== "hybrid") return [];
  const { tau = DEFAULT_TEMPERATURE } = weighting;
  ensure(tau !== "auto", "τ must be chosen before images are weighed by it");
  return Array.isArray(tau) ? tau : [tau as Temperature];
}

/** Whether τ is still to be chosen from the images. */
export function isLeftOpen(weighting: Weighting): boolean {
  return "tau" in weighting && weighting.tau === "auto";
}

/**
 * The share of the consensus that each embedding of a weighting has: 1 for each, unless the temperatures say otherwise.
 */
export function sharesOf(weighting: Weighting): readonly number[] {
  const temperatures = temperaturesOf(weighting);
  return temperatures.length === 0 ? [1] : temperatures.map((tau) => (tau as { share?: number }).share ?? 1);
}

/** What the scores of a weighting are computed from. */
export function sourceOf(weighting: Weighting): ScoreSource {
  return "over" in weighting && weighting.over || "mean";
}

/**
 * Scores of all patches and, if asked for, their residuals (see `Feature`), computed on all cores. The patches are
 * compared with each other, with reference images (an image that is one of these is not compared with itself), or with
 * labelled normals.
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

/** Weights α of all patches: one set for each temperature, or a single set for weightings without τ. */
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

/** Weights, and their share of the consensus. */
export interface SharedWeights {
  readonly weights: PatchValues;
  readonly share: number;
}

/**
 * Mean of several weights in proportion to their shares. Each image's weights still sum to 1. Weights that occur
 * several times in the list count once.
 */
export function meanWeights(all: readonly SharedWeights[]): PatchValues {
  const different = [...new Map(all.map((one) => [one.weights, one])).values()];
  const whole = different.reduce((sum, { share }) => sum + share, 0);
  const [{ weights: { data, count, patches } }] = different;
  const mean = data.map((_, at) =>
    different.reduce((sum, { weights, share }) => sum + share * weights.data[at], 0) / whole
  );
  return { data: mean, count, patches };
}
