// Finds how many images each image must be compared with, so that its scores are known well enough.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { someImages } from "../embed/embedder.ts";
import type { PreparedFeatures } from "../feature.ts";
import { randomSample } from "../random.ts";
import type { PatchSet } from "../types.ts";
import { comparePatches, type ScoreSource } from "../weight/weighting.ts";
import { chooseReferences, type References } from "./choose_references.ts";

/** Up to this many images, all are compared with each other: a sample would save little. */
export const FEW = 256;
/** The smallest and the largest sample that is taken if there are more images. */
const [FEWEST, MOST] = [64, 512];
/** How many images the standard error is estimated from. */
const PROBES = 32;

/**
 * The wanted standard error of a patch's score, as a share of the standard deviation of all scores. Chance then makes
 * up one twenty-fifth of the scores' variance. An image's weights and embedding are made of many scores.
 */
export const WANTED_STANDARD_ERROR = 0.2;

/**
 * The images that all are compared with, ascending; `undefined` if each is compared with all others, or with labelled
 * normals. Throws `bad-argument` for fewer than 2.
 *
 * @param prepared the same patches, prepared for comparing.
 */
export async function referencesFor(
  patches: PatchSet,
  prepared: readonly PreparedFeatures[],
  over: ScoreSource,
  { references = "auto", seed = 0, few = FEW, ...work }: ReferenceOptions,
): Promise<number[] | undefined> {
  const counted = references === "auto" ? await enoughReferences(prepared, over, seed, work, few) : references;
  const sample = chooseReferences(patches, counted, seed);
  return over === "normal" ? undefined : sample;
}

/** Options of {@linkcode referencesFor}. */
export interface ReferenceOptions extends WorkOptions {
  /** @default "auto" */
  readonly references?: References;
  /** Seed of the sample. @default 0 */
  readonly seed?: number;
  /** Up to so many images, all are compared with each other. @default 256 */
  readonly few?: number;
}

/**
 * How many randomly chosen images all others must be compared with: enough for {@linkcode WANTED_STANDARD_ERROR}, from
 * 64 to 512. It is estimated by comparing 32 images with 64 others, because the standard error falls with the square
 * root of their number.
 *
 * @param prepared the patches to compare. If there are several sets, the one that needs the most images decides.
 * @param few up to so many images, all are compared with each other. Up to 96 they always are.
 */
export async function enoughReferences(
  prepared: readonly PreparedFeatures[],
  over: ScoreSource,
  seed: number,
  work: WorkOptions,
  few: number = FEW,
): Promise<number | "all"> {
  const [{ patches: { count } }] = prepared;
  if (count <= Math.max(few, FEWEST + PROBES) || over === "normal") return "all";
  const drawn = randomSample(count, FEWEST + PROBES, seed + 1);
  // The drawn images are in ascending order. Every third one is a probe, so that probes come from all parts of the set.
  const probes = drawn.filter((_, at) => at % 3 === 0);
  const others = drawn.filter((_, at) => at % 3 !== 0);
  let wanted = FEWEST;
  for (const { patches } of prepared) {
    const { scores, standardErrors } = await comparePatches(
      someImages(patches, probes),
      over,
      someImages(patches, others),
      false,
      { ...work, onProgress: undefined },
    );
    const error = meanOf(standardErrors!.data) / (deviationOf(scores.data) || Infinity);
    wanted = Math.max(wanted, Math.ceil(FEWEST * (error / WANTED_STANDARD_ERROR) ** 2));
  }
  return Math.min(wanted, MOST);
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: Float32Array): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
