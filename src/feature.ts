// What of the patches makes an image's embedding. Several features make a consensus: their embeddings are put side
// by side, so that no single choice decides.

import { centreOf, scaledLengths } from "./distance/lengths.ts";
import type { WorkOptions } from "./distance/patch_minima.ts";
import { sideBySide, weightedAverage } from "./distance/weighted_average.ts";
import { selectLevels } from "./embed/levels.ts";
import { fitWhitening, whiten, type WhiteningOptions } from "./embed/whiten.ts";
import type { Embeddings, PatchSet, PatchValues } from "./types.ts";
import { comparePatches, type ScoreSource, weighPatches, type Weighting } from "./weight/weighting.ts";

/** One way from patch embeddings to an embedding of the image. */
export interface Feature {
  /** Levels of the pyramid that take part, by number from 0. @default all */
  readonly levels?: readonly number[];
  /** Whether the channels are whitened, level by level, and with which shrinkage. @default false */
  readonly whiten?: boolean | WhiteningOptions;
  /**
   * What is averaged: patches, or their residuals: what a patch differs by from its like, the mean of its nearest
   * patches in all other images (with scores over `"normal"`: the nearest of all labelled normals). A residual holds
   * the defect alone, not the ground that it lies on. @default "patch"
   */
  readonly content?: "patch" | "residual";
  /**
   * Length of the embedding, which tells how strong a defect is, where its direction tells the kind: kept, its square
   * root or one, for patches from the mean of all. @default "kept"
   */
  readonly length?: "kept" | "root" | "unit";
}

/** Features that share their patches, which have been compared with the other images or the labelled normals. */
export interface ComparedFeatures {
  readonly features: readonly Feature[];
  /** As the features want them: levels chosen, whitened. */
  readonly patches: PatchSet;
  readonly scores: PatchValues;
  /** Where a feature wants them. */
  readonly residuals?: PatchSet;
  /** Mean of all patches, where a length is not kept: `[channels]`. */
  readonly centre?: Float64Array;
}

/** Prepares and compares the patches of all features, those that share them once. */
export async function compareFeatures(
  patches: PatchSet,
  features: readonly Feature[],
  over: ScoreSource,
  normals: PatchSet | undefined,
  work: WorkOptions,
): Promise<ComparedFeatures[]> {
  const shared = sharingPatches(features);
  const compared: ComparedFeatures[] = [];
  for (const some of shared) {
    const at = compared.length;
    const prepared = await preparePatches(patches, some[0], normals);
    const { scores, residuals } = await comparePatches(prepared.patches, over, prepared.normals, wantResiduals(some), {
      ...work,
      onProgress: (done, total) => work.onProgress?.(at * total + done, shared.length * total),
    });
    compared.push({
      features: some,
      patches: prepared.patches,
      scores,
      ...(residuals && { residuals }),
      ...(some.some(isCentred) && { centre: centreOf(prepared.patches) }),
    });
  }
  return compared;
}

/** Features by the patches that they share. */
export function sharingPatches(features: readonly Feature[]): Feature[][] {
  const shared = new Map<string, Feature[]>(); // Map.groupBy is not in Node 20.
  for (const feature of features) {
    const key = JSON.stringify([feature.levels, feature.whiten ?? false]);
    shared.set(key, [...shared.get(key) ?? [], feature]);
  }
  return [...shared.values()];
}

/** Whether any feature needs residuals. */
export function wantResiduals(features: readonly Feature[]): boolean {
  return features.some(({ content }) => content === "residual");
}

/** Whether a feature's embedding is seen from the mean of all patches. */
export function isCentred({ content, length = "kept" }: Feature): boolean {
  return content !== "residual" && length !== "kept";
}

/** Chooses levels and whitens; the labelled normals by the images' whitening. */
async function preparePatches(
  patches: PatchSet,
  { levels, whiten: settings }: Feature,
  normals: PatchSet | undefined,
): Promise<{ patches: PatchSet; normals?: PatchSet }> {
  const [own, normal] = [patches, normals].map((set) => set && levels ? selectLevels(set, levels) : set);
  if (!settings) return { patches: own!, ...(normal && { normals: normal }) };
  const whitening = fitWhitening(own!, typeof settings === "object" ? settings : {});
  return { patches: await whiten(own!, whitening), ...(normal && { normals: await whiten(normal, whitening) }) };
}

/** The images' embeddings (eq. 4) by all features and temperatures, side by side, and the weights that made them. */
export function embedImages(
  compared: readonly ComparedFeatures[],
  weighting: Weighting,
): { embeddings: Embeddings; weights: PatchValues[] } {
  const all = compared.flatMap((one) => embeddingsOf(one, weighting));
  return {
    embeddings: sideBySide(all.map(({ embedding }) => embedding)),
    weights: [...new Set(all.map(({ weights }) => weights))],
  };
}

/** One embedding for each temperature and feature. */
export function embeddingsOf(
  { features, patches, scores, residuals, centre }: ComparedFeatures,
  weighting: Weighting,
): { embedding: Embeddings; weights: PatchValues }[] {
  return weighPatches(scores, weighting).flatMap((weights) =>
    features.map((feature) => {
      const embedding = weightedAverage(feature.content === "residual" ? residuals! : patches, weights);
      return { embedding: scaledLengths(embedding, feature.length, isCentred(feature) ? centre : undefined), weights };
    })
  );
}
