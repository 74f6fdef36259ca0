import { referencePlans } from "../core/patch_kernel.ts";
import { runStepsHere, runStepsSpread } from "../core/pool.ts";
import { require } from "../errors.ts";
import { checkPatches, type PatchSet, type PatchValues } from "../types.ts";
import { runOptions, type WorkOptions } from "./patch_minima.ts";

/**
 * Anomaly score of each patch against labelled normal images (eq. 6): the distance to the nearest of
 * all their patches. In units of the patch embeddings.
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
  checkNormals(patches, normals);
  return valuesOf(patches, await runStepsSpread(referencePlans(patches, normals), runOptions(options)));
}

function checkNormals(patches: PatchSet, normals: PatchSet): void {
  checkPatches(patches);
  checkPatches(normals);
  require(
    patches.channels === normals.channels,
    `labelled normals have ${normals.channels} channels, the images ${patches.channels}: use the same model for both`,
  );
}

function valuesOf({ count, rows, cols }: PatchSet, scores: Float32Array): PatchValues {
  return { data: scores.slice(), count, patches: rows * cols };
}
