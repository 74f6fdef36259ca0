// What of the patches makes an image's embedding. Several features make a consensus: their embeddings are put side
// by side, so that no single choice decides.

import { centreOf, scaledLengths } from "./distance/lengths.ts";
import type { WorkOptions } from "./distance/patch_minima.ts";
import { sideBySide, weightedAverage } from "./distance/weighted_average.ts";
import { someImages } from "./embed/embedder.ts";
import { selectLevels } from "./embed/levels.ts";
import { fitWhitening, whiten, type Whitening, type WhiteningOptions } from "./embed/whiten.ts";
import type { Embeddings, PatchSet, PatchValues } from "./types.ts";
import {
  comparePatches,
  meanWeights,
  type ScoreSource,
  type SharedWeights,
  sharesOf,
  weighPatches,
  type Weighting,
} from "./weight/weighting.ts";

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
  /**
   * Where photos were looked at twice, of which look the levels are: the weights that are shown are those of the first
   * feature's. @default "whole"
   */
  readonly look?: "close" | "whole";
}

/** How patches become those of a feature. */
export interface Preparation {
  /** Levels that take part. @default all */
  readonly levels?: readonly number[];
  /** Applied after that. */
  readonly whitening?: Whitening;
}

/** Features that share their patches. */
export interface PreparedFeatures {
  readonly features: readonly Feature[];
  readonly preparation: Preparation;
  /** As the features want them. */
  readonly patches: PatchSet;
  /** Mean of all patches, where a length is not kept: `[channels]`. */
  readonly centre?: Float64Array;
}

/** The same, compared with the other images or the labelled normals. */
export interface ComparedFeatures extends Omit<PreparedFeatures, "preparation"> {
  readonly scores: PatchValues;
  /** Of the scores as of a sample of images, where they come from one. */
  readonly standardErrors?: PatchValues;
  /** Where a feature wants them. */
  readonly residuals?: PatchSet;
}

/** The patches of all features, of those that share them once. */
export async function prepareFeatures(patches: PatchSet, features: readonly Feature[]): Promise<PreparedFeatures[]> {
  const all: PreparedFeatures[] = [];
  for (const some of sharingPatches(features)) {
    const preparation = fitPreparation(patches, some[0]);
    const own = await prepare(patches, preparation);
    all.push({ features: some, preparation, patches: own, ...(some.some(isCentred) && { centre: centreOf(own) }) });
  }
  return all;
}

/** Compares prepared patches with each other or with a sample of the images, or with labelled normals. */
export async function compareFeatures(
  prepared: readonly PreparedFeatures[],
  over: ScoreSource,
  { normals, sample }: { readonly normals?: PatchSet; readonly sample?: readonly number[] },
  work: WorkOptions,
): Promise<ComparedFeatures[]> {
  const compared: ComparedFeatures[] = [];
  for (const [at, { preparation, ...own }] of prepared.entries()) {
    const references = over !== "normal"
      ? sample && someImages(own.patches, sample)
      : normals && await prepare(normals, preparation);
    const found = await comparePatches(own.patches, over, references, wantResiduals(own.features), {
      ...work,
      onProgress: (done, total) => work.onProgress?.(at * total + done, prepared.length * total),
    });
    const { standardErrors } = found;
    compared.push({
      ...own,
      ...found,
      ...(standardErrors && { standardErrors: ofPopulation(standardErrors, sample!.length) }),
    });
  }
  return compared;
}

/** Standard errors of scores over `sample` of the images: the more of all others it holds, the less is left to guess. */
export function ofPopulation(errors: PatchValues, sample: number, others: number = errors.count - 1): PatchValues {
  const factor = Math.sqrt(Math.max(0, 1 - sample / others));
  return { ...errors, data: errors.data.map((error) => error * factor) };
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

/** Finds the preparation that a feature asks for, from all images. */
export function fitPreparation(patches: PatchSet, { levels, whiten: settings }: Feature): Preparation {
  const chosen = levels && { levels };
  if (!settings) return { ...chosen };
  const own = levels ? selectLevels(patches, levels) : patches;
  return { ...chosen, whitening: fitWhitening(own, typeof settings === "object" ? settings : {}) };
}

/** Patches as they are compared. */
export async function prepare(patches: PatchSet, { levels, whitening }: Preparation): Promise<PatchSet> {
  const own = levels ? selectLevels(patches, levels) : patches;
  return whitening ? await whiten(own, whitening) : own;
}

/** The images' embeddings (eq. 4) by all features and temperatures, side by side, and the weights that made them. */
export function embedImages(
  compared: readonly ComparedFeatures[],
  weighting: Weighting,
): { embeddings: Embeddings; weights: PatchValues } {
  const all = compared.flatMap((one) => embeddingsOf(one, weighting));
  return { embeddings: sideBySide(all.map(({ embedding }) => embedding), sharesIn(all)), weights: shownWeights(all) };
}

/** Mean weights of the first look. */
export function shownWeights(all: readonly (SharedWeights & Pick<Feature, "look">)[]): PatchValues {
  const [{ look }] = all;
  return meanWeights(all.filter((one) => one.look === look));
}

/** How much of the consensus each embedding makes. */
export function sharesIn(all: readonly { readonly share: number }[]): number[] {
  return all.map(({ share }) => share);
}

/** One embedding for each temperature and feature. */
export function embeddingsOf(
  { features, patches, scores, residuals, centre }: ComparedFeatures,
  weighting: Weighting,
): (SharedWeights & Pick<Feature, "look"> & { embedding: Embeddings })[] {
  const shares = sharesOf(weighting);
  return weighPatches(scores, weighting).flatMap((weights, at) =>
    features.map((feature) => {
      const embedding = weightedAverage(feature.content === "residual" ? residuals! : patches, weights);
      return {
        embedding: scaledLengths(embedding, feature.length, isCentred(feature) ? centre : undefined),
        weights,
        share: shares[at],
        look: feature.look,
      };
    })
  );
}
