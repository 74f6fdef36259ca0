// Features: ways to make an image's embedding from its patches. Several features make a consensus: their embeddings are
// put side by side, so that no single choice decides.

import { centreOf, scaledLengths } from "./distance/lengths.ts";
import type { WorkOptions } from "./distance/patch_minima.ts";
import { joined, scaleOf, scalesOf, weightedAverage } from "./distance/weighted_average.ts";
import { someImages } from "./embed/embedder.ts";
import { selectLevels } from "./embed/levels.ts";
import { fitWhitening, whiten, type Whitening, type WhiteningOptions } from "./embed/whiten.ts";
import type { Embeddings, PatchSet, PatchValues } from "./types.ts";
import { isPerplexity } from "./weight/soft.ts";
import {
  comparePatches,
  meanWeights,
  type ScoreSource,
  type SharedWeights,
  sharesOf,
  temperaturesOf,
  weighPatches,
  type Weighting,
} from "./weight/weighting.ts";

/** One way to make the embedding of an image from its patch embeddings. */
export interface Feature {
  /** Levels of the pyramid that are used, by number from 0. @default all */
  readonly levels?: readonly number[];
  /** Whether the channels are whitened, level by level, and with which shrinkage. @default false */
  readonly whiten?: boolean | WhiteningOptions;
  /**
   * What is averaged: patches or their residuals. A residual is the difference between a patch and the mean of its
   * nearest patches in all other images (with scores over `"normal"`: the nearest of all labelled normals). It holds
   * only the defect, not the ground that the defect lies on.
   *
   * @default "patch"
   */
  readonly content?: "patch" | "residual";
  /**
   * What happens to the length of the embedding. Its direction shows the kind of defect, its length how strong the
   * defect is. The length is kept, replaced by its square root, or made one. For patches it is measured from the mean
   * of all patches.
   *
   * @default "kept"
   */
  readonly length?: "kept" | "root" | "unit";
  /**
   * For photos that are seen twice, as a whole and closely: which of the two the levels come from. The displayed
   * weights are those of the first feature's `look`.
   *
   * @default "whole"
   */
  readonly look?: "close" | "whole";
}

/** How patches are prepared for a feature. */
export interface Preparation {
  /** Levels that are used. @default all */
  readonly levels?: readonly number[];
  /** Applied after the levels were selected. */
  readonly whitening?: Whitening;
}

/** Features that share their patches, with these patches. */
export interface PreparedFeatures {
  readonly features: readonly Feature[];
  readonly preparation: Preparation;
  /** The patches, prepared for the features. */
  readonly patches: PatchSet;
  /** Mean of all patches: `[channels]`. Present if a feature changes the lengths of patches. */
  readonly centre?: Float64Array;
}

/** The same, after comparing with the other images or the labelled normals. */
export interface ComparedFeatures extends Omit<PreparedFeatures, "preparation"> {
  readonly scores: PatchValues;
  /** Standard errors of the scores, if these come from a sample of images. */
  readonly standardErrors?: PatchValues;
  /** Present if a feature needs them. */
  readonly residuals?: PatchSet;
  /** The images that all were compared with, if these are a sample. */
  readonly references?: PatchSet;
}

/** Prepares the patches of all features. Features that share their patches get them only once. */
export async function prepareFeatures(patches: PatchSet, features: readonly Feature[]): Promise<PreparedFeatures[]> {
  const all: PreparedFeatures[] = [];
  for (const some of sharingPatches(features)) {
    const preparation = fitPreparation(patches, some[0]);
    const own = await prepare(patches, preparation);
    all.push({ features: some, preparation, patches: own, ...(some.some(isCentred) && { centre: centreOf(own) }) });
  }
  return all;
}

/** Compares prepared patches with each other, with a sample of the images, or with labelled normals. */
export async function compareFeatures(
  prepared: readonly PreparedFeatures[],
  over: ScoreSource,
  { normals, sample }: { readonly normals?: PatchSet; readonly sample?: readonly number[] },
  work: WorkOptions,
): Promise<ComparedFeatures[]> {
  const compared: ComparedFeatures[] = [];
  for (const [at, { preparation, ...own }] of prepared.entries()) {
    const isOverNormals = over === "normal";
    const references = isOverNormals ? undefined : sample && sampleOf(own.patches, sample);
    const others = isOverNormals ? normals && await prepare(normals, preparation) : references;
    const found = await comparePatches(own.patches, over, others, wantResiduals(own.features), {
      ...work,
      onProgress: (done, total) => work.onProgress?.(at * total + done, prepared.length * total),
    });
    const { standardErrors } = found;
    compared.push({
      ...own,
      ...found,
      ...(references && { references }),
      ...(standardErrors && { standardErrors: ofPopulation(standardErrors, sample!.length) }),
    });
  }
  return compared;
}

/** The chosen images, which are not copied if they are all. */
function sampleOf(patches: PatchSet, chosen: readonly number[]): PatchSet {
  return chosen.length === patches.count ? patches : someImages(patches, chosen);
}

/**
 * Corrects the standard errors of scores over `sample` of the `others` images. The more of these the sample contains,
 * the smaller the errors (finite population correction).
 */
export function ofPopulation(errors: PatchValues, sample: number, others: number = errors.count - 1): PatchValues {
  const factor = Math.sqrt(Math.max(0, 1 - sample / others));
  return { ...errors, data: errors.data.map((error) => error * factor) };
}

/** Sorts features into sets that share their patches. */
export function sharingPatches(features: readonly Feature[]): Feature[][] {
  const shared = new Map<string, Feature[]>(); // Node 20 has no Map.groupBy.
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

/** Whether a feature's embedding is measured from the mean of all patches. */
export function isCentred({ content, length = "kept" }: Feature): boolean {
  return content !== "residual" && length !== "kept";
}

/** Finds the preparation that a feature needs, from all images. */
export function fitPreparation(patches: PatchSet, { levels, whiten: settings }: Feature): Preparation {
  const chosen = levels && { levels };
  if (!settings) return { ...chosen };
  const own = levels ? selectLevels(patches, levels) : patches;
  return { ...chosen, whitening: fitWhitening(own, typeof settings === "object" ? settings : {}) };
}

/** Prepares patches for comparing. */
export async function prepare(patches: PatchSet, { levels, whitening }: Preparation): Promise<PatchSet> {
  const own = levels ? selectLevels(patches, levels) : patches;
  return whitening ? await whiten(own, whitening) : own;
}

/**
 * Embeds the images (eq. 4) by all features and temperatures. Returns the embeddings side by side, the factor of
 * each, and the weights that were used.
 */
export function embedImages(
  compared: readonly ComparedFeatures[],
  weighting: Weighting,
): { embeddings: Embeddings; scales: readonly number[]; weights: PatchValues } {
  const all = compared.flatMap((one) => keptEmbeddingsOf(one, weighting));
  const embeddings = all.map(({ embedding }) => embedding);
  const scales = scalesOf(embeddings, sharesIn(all), keptScaleOf);
  return { embeddings: joined(embeddings, scales), scales, weights: shownWeights(all) };
}

/** The weights to display: the mean over the embeddings that have the same `look` as the first. */
export function shownWeights(all: readonly (SharedWeights & Pick<Feature, "look">)[]): PatchValues {
  const [{ look }] = all;
  return meanWeights(all.filter((one) => one.look === look));
}

/** The share of the consensus that each embedding has. */
export function sharesIn(all: readonly { readonly share: number }[]): number[] {
  return all.map(({ share }) => share);
}

/** An embedding of the images by one temperature and one feature. */
type OneEmbedding = SharedWeights & Pick<Feature, "look"> & { readonly embedding: Embeddings };

/** What was embedded by single perplexities. The choice of spreads tries many, and images are embedded by some of these. */
const kept = new WeakMap<ComparedFeatures, Map<string, readonly OneEmbedding[]>>();

/** Does the same as {@linkcode embeddingsOf}, and keeps it as long as the compared patches are kept. */
function keptEmbeddingsOf(compared: ComparedFeatures, weighting: Weighting): OneEmbedding[] {
  const temperatures = temperaturesOf(weighting);
  const shares = sharesOf(weighting);
  if (!temperatures.length || !temperatures.every(isPerplexity)) return embeddingsOf(compared, weighting);
  const own = kept.get(compared) ?? new Map<string, readonly OneEmbedding[]>();
  kept.set(compared, own);
  return temperatures.flatMap(({ perplexity }, at) => {
    const single = { ...weighting, tau: { perplexity } } as Weighting;
    const key = JSON.stringify(single);
    const found = own.get(key) ?? embeddingsOf(compared, single);
    own.set(key, found);
    return found.map((one) => ({ ...one, share: shares[at] }));
  });
}

/** The scales of embeddings that are kept. */
const keptScales = new WeakMap<Embeddings, number>();

function keptScaleOf(embedding: Embeddings): number {
  const scale = keptScales.get(embedding) ?? scaleOf(embedding);
  keptScales.set(embedding, scale);
  return scale;
}

/** One embedding for each temperature and feature. */
export function embeddingsOf(
  { features, patches, scores, residuals, centre }: ComparedFeatures,
  weighting: Weighting,
): OneEmbedding[] {
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
