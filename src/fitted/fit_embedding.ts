import { centreOf } from "../distance/lengths.ts";
import type { WorkOptions } from "../distance/patch_minima.ts";
import type { Pooling } from "../distance/pooling.ts";
import { scalesOf } from "../distance/weighted_average.ts";
import { AnomalyClusterError } from "../errors.ts";
import {
  type ComparedFeatures,
  compareFeatures,
  type Feature,
  fitPreparation,
  isCentred,
  type Preparation,
  prepare,
  type PreparedFeatures,
  prepareFeatures,
  sharesIn,
  sharingPatches,
} from "../feature.ts";
import type { PatchSet, PatchValues } from "../types.ts";
import { chooseSpread, spreadsAlike } from "../choose_spread.ts";
import { absoluteTemperature, type Temperature } from "../weight/soft.ts";
import { isLeftOpen, sourceOf, temperaturesOf, type Weighting } from "../weight/weighting.ts";
import { compareWith, embeddingsBy, type FittedEmbedding, type FittedPart, needsReferences } from "./embed_blocks.ts";

/** Options of {@linkcode fitEmbedding}: how images become vectors. */
export interface FitOptions extends WorkOptions {
  /** As for `clusterPatches`. @default [{}] */
  readonly features?: readonly Feature[];
  /** As for `clusterPatches`, except weights of masks: new images have no masks. @default { kind: "soft" } */
  readonly weight?: Weighting;
  /** As for `clusterPatches`. */
  readonly pooling?: Pooling;
  /** As for `clusterPatches`. */
  readonly normals?: PatchSet;
}

/**
 * Fits everything that turns an image into a vector, so that it stays the same for new images. Whitening and centres
 * come from `patches`, temperatures and scales from `references`. Images are also scored against `references`, unless
 * the weighting uses the labelled normals.
 *
 * @throws {AnomalyClusterError} `bad-argument` for weights of masks, and for scores over labelled normals without any.
 */
export async function fitEmbedding(
  patches: PatchSet,
  references: PatchSet,
  options: FitOptions = {},
): Promise<FittedEmbedding> {
  const { weight: asked = { kind: "soft" }, pooling, features = [{}], normals } = options;
  const weight = await chosenWeighting(references, asked, options);
  if (weight.kind === "mask") {
    throw new AnomalyClusterError("bad-argument", "weights of masks cannot be found for new images: use another kind");
  }
  const isOverNormals = sourceOf(weight) === "normal";
  if (isOverNormals && !normals) {
    throw new AnomalyClusterError("bad-argument", "scores over labelled normals need normal images");
  }
  const compared = isOverNormals ? normals : references;
  const parts: FittedPart[] = [];
  for (const shared of sharingPatches(features)) {
    const own = needsReferences({ features: shared, weight }, pooling !== undefined) ? compared : undefined;
    parts.push(await fitPart(patches, shared, weight, own, references, options));
  }
  if (pooling) return { parts: parts.slice(0, 1), pooling, scales: [1] };
  const found = await embeddingsBy(references, parts, options);
  const embeddings = found.map(({ embedding }) => embedding);
  return { parts, scales: scalesOf(embeddings, sharesIn(found)) };
}

/**
 * Holds fixed what images were embedded by when they were compared with a sample, or with each other: these images get
 * the same vectors again, and others get theirs by the same references.
 */
export function fittedToImages(
  prepared: readonly PreparedFeatures[],
  compared: readonly ComparedFeatures[],
  weight: Weighting,
  scales: readonly number[],
): FittedEmbedding {
  const parts = compared.map(({ features, patches, scores, references = patches, centre }, at): FittedPart => {
    const { whitening } = prepared[at].preparation;
    return {
      features,
      ...(whitening && { whitening }),
      weight: withAbsoluteTemperatures(weight, scores),
      ...(needsReferences({ features, weight }, false) && { references }),
      ...(centre && { centre }),
    };
  });
  return { parts, scales };
}

/** The weighting; if its τ is still to be chosen, with the best τ for these images. */
async function chosenWeighting(
  patches: PatchSet,
  weight: Weighting,
  { features = [{}], normals, onProgress: _, ...work }: FitOptions,
): Promise<Weighting> {
  if (!isLeftOpen(weight)) return weight;
  const alike = spreadsAlike(patches.count, weight);
  if (alike) return alike;
  const prepared = await prepareFeatures(patches, features);
  return chooseSpread(await compareFeatures(prepared, sourceOf(weight), { normals }, work), weight).weighting;
}

async function fitPart(
  patches: PatchSet,
  features: readonly Feature[],
  weight: Weighting,
  compared: PatchSet | undefined,
  sample: PatchSet,
  options: WorkOptions,
): Promise<FittedPart> {
  const preparation = fitPreparation(patches, features[0]);
  const { whitening } = preparation;
  const part: FittedPart = {
    features,
    ...(whitening && { whitening }),
    weight,
    ...(compared && { references: await prepare(compared, preparation) }),
    ...(features.some(isCentred) && { centre: await centreOfPrepared(patches, preparation) }),
  };
  if (!part.references || !temperaturesOf(weight).some(isRelative)) return part;
  const { scores } = await compareWith(await prepare(sample, preparation), part, options);
  return { ...part, weight: withAbsoluteTemperatures(weight, scores) };
}

/** Returns the weighting with temperatures that do not depend on the scores of all images any more. */
function withAbsoluteTemperatures(weight: Weighting, scores: PatchValues): Weighting {
  const temperatures = temperaturesOf(weight);
  if (!temperatures.some(isRelative)) return weight;
  return { ...weight, tau: temperatures.map((one) => absoluteTemperature(scores, one) ?? one) } as Weighting;
}

/** Returns the mean of all prepared patches. To prepare is linear, so it is the mean of all patches, prepared. */
async function centreOfPrepared(patches: PatchSet, preparation: Preparation): Promise<Float64Array> {
  const { channels, levels } = patches;
  const mean = { data: Float32Array.from(centreOf(patches)), count: 1, rows: 1, cols: 1, channels };
  return Float64Array.from((await prepare({ ...mean, ...(levels && { levels }) }, preparation)).data);
}

/** Whether a temperature depends on the scores of all images. */
function isRelative(tau: Temperature): boolean {
  return typeof tau === "object" && "standardDeviations" in tau;
}
