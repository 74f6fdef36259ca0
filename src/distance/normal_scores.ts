import { type NearestReferences, referencePlans } from "../core/patch_kernel.ts";
import { runStepsHere, runStepsSpread } from "../core/run_plan.ts";
import { ensure } from "../errors.ts";
import { checkPatches, type PatchSet, type PatchValues } from "../types.ts";
import { runOptions, type WorkOptions } from "./patch_minima.ts";

/**
 * Anomaly score of each patch, given labelled normals (eq. 6): the distance to the nearest of all their patches, in
 * units of the patch embeddings.
 *
 * @throws {AnomalyClusterError} `bad-argument` for wrong shapes or numbers that are not finite.
 */
export function normalScores(patches: PatchSet, normals: PatchSet, options: WorkOptions = {}): PatchValues {
  checkNormals(patches, normals);
  return valuesOf(patches, runStepsHere(referencePlans(patches, normals), runOptions(options)));
}

/** {@linkcode normalScores} on all cores. */
export async function spreadNormalScores(
  patches: PatchSet,
  normals: PatchSet,
  options: WorkOptions = {},
): Promise<PatchValues> {
  return (await spreadNormalNeighbours(patches, normals, false, options)).scores;
}

/** Scores and, if asked for, each patch's residual: its difference to the nearest of all patches of the normals. */
export async function spreadNormalNeighbours(
  patches: PatchSet,
  normals: PatchSet,
  withResiduals: boolean,
  options: WorkOptions,
): Promise<{ scores: PatchValues; residuals?: PatchSet }> {
  checkNormals(patches, normals);
  const nearest = await runStepsSpread(referencePlans(patches, normals), runOptions(options));
  const scores = valuesOf(patches, nearest);
  if (!withResiduals) return { scores };
  const { channels } = patches;
  const data = new Float32Array(patches.data.length);
  nearest.places.forEach((place, at) => {
    for (let channel = 0; channel < channels; channel++) {
      data[at * channels + channel] = patches.data[at * channels + channel] - normals.data[place * channels + channel];
    }
  });
  return { scores, residuals: { ...patches, data } };
}

/** For each patch, the number of the nearest patch among all patches of the references. */
export async function spreadNormalNearest(
  patches: PatchSet,
  references: PatchSet,
  options: WorkOptions = {},
): Promise<Int32Array> {
  checkNormals(patches, references);
  return (await runStepsSpread(referencePlans(patches, references), runOptions(options))).places;
}

function checkNormals(patches: PatchSet, normals: PatchSet): void {
  checkPatches(patches);
  checkPatches(normals);
  ensure(
    patches.channels === normals.channels,
    `labelled normals have ${normals.channels} channels, the images ${patches.channels}: use the same model for both`,
  );
}

function valuesOf({ count, rows, cols }: PatchSet, { distances }: NearestReferences): PatchValues {
  return { data: distances.slice(), count, patches: rows * cols };
}
