// How many images each one must be compared with, so that its scores are known well enough.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { someImages } from "../embed/embedder.ts";
import type { PreparedFeatures } from "../feature.ts";
import { randomSample } from "../random.ts";
import type { PatchSet } from "../types.ts";
import { comparePatches, type ScoreSource } from "../weight/weighting.ts";
import { chooseReferences, type References } from "./choose_references.ts";

/** Up to so many images all are compared with each other: a sample would save little. */
export const FEW = 256;
/** The smallest and the largest sample that is taken of more. */
const [FEWEST, MOST] = [64, 512];
/** Images whose patches tell how large the standard error is. */
const PROBES = 32;

/**
 * Standard error of a patch's score that is aimed at, as a share of the standard deviation of all scores: what is left to
 * chance is then a twenty-fifth of the scores' variance. An image's weights and embedding are made of many scores.
 */
export const WANTED_STANDARD_ERROR = 0.2;

/**
 * The images that all are compared with, ascending; `undefined` where these are all others, or labelled normals. Throws
 * `bad-argument` for fewer than 2.
 *
 * @param prepared the same patches as they are compared.
 */
export async function referencesFor(
  patches: PatchSet,
  prepared: readonly PreparedFeatures[],
  over: ScoreSource,
  { references = "auto", seed = 0, ...work }: ReferenceOptions,
): Promise<number[] | undefined> {
  const counted = references === "auto" ? await enoughReferences(prepared, over, seed, work) : references;
  const sample = chooseReferences(patches, counted, seed);
  return over === "normal" ? undefined : sample;
}

/** What {@linkcode referencesFor} goes by. */
export interface ReferenceOptions extends WorkOptions {
  /** @default "auto" */
  readonly references?: References;
  /** Of the sample. @default 0 */
  readonly seed?: number;
}

/**
 * How many of the images, at random, all are to be compared with: enough for {@linkcode WANTED_STANDARD_ERROR}, from 64 to
 * 512. It is found from 32 images and 64 others: the standard error falls with the square root of the number.
 *
 * @param prepared what is compared: the patches that take most images decide.
 */
export async function enoughReferences(
  prepared: readonly PreparedFeatures[],
  over: ScoreSource,
  seed: number,
  work: WorkOptions,
): Promise<number | "all"> {
  const [{ patches: { count } }] = prepared;
  if (count <= FEW || over === "normal") return "all";
  const drawn = randomSample(count, FEWEST + PROBES, seed + 1);
  // Drawn images come in ascending order: every third one is a probe, so that these are from everywhere too.
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
