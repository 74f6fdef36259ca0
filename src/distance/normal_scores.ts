import { nearestReference } from "../core/patch_kernel.ts";
import { require } from "../errors.ts";
import { checkPatches, type PatchSet, type PatchValues } from "../types.ts";
import type { WorkOptions } from "./patch_minima.ts";

/**
 * Anomaly score of each patch against labelled normal images (eq. 6): the distance to the nearest of
 * all their patches. In units of the patch embeddings.
 *
 * @throws {AnomalyClusterError} `bad-argument` for wrong shapes or numbers that are not finite.
 */
export function normalScores(patches: PatchSet, normals: PatchSet, options: WorkOptions = {}): PatchValues {
  checkPatches(patches);
  checkPatches(normals);
  require(
    patches.channels === normals.channels,
    `labelled normals have ${normals.channels} channels, the images ${patches.channels}: use the same model for both`,
  );
  const data = nearestReference(patches, normals, { signal: options.signal, onImages: options.onProgress });
  return { data, count: patches.count, patches: patches.rows * patches.cols };
}
