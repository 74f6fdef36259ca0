import { minimaStatistics } from "../core/patch_kernel.ts";
import { require } from "../errors.ts";
import { checkPatches, type PatchSet, type PatchValues } from "../types.ts";

/** Distances from each patch of each image to the nearest patch of each image. */
export interface PatchMinima {
  /** `[count, count, patches]`: m_ij(m) = min_n ‖z_m^i − z_n^j‖; zero where i = j. */
  readonly data: Float32Array;
  /** Number of images. */
  readonly count: number;
  /** Patches of an image. */
  readonly patches: number;
}

/** How a patch's minima over the other images become its score: eq. 5 (mean), eq. 10 (min), figure 12 (max). */
export type ScoreReduction = "mean" | "min" | "max";

/** Hooks of long work. */
export interface WorkOptions {
  /** Stops the work: the promise or call fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears how many of how many units are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * All patch minima at once, for inspection and small sets: N²·M numbers. The pipeline uses
 * {@linkcode patchScores}, which never holds them.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape or numbers that are not finite.
 */
export function patchMinima(patches: PatchSet, options: WorkOptions = {}): PatchMinima {
  checkPatches(patches);
  const { count } = patches;
  const perImage = patches.rows * patches.cols;
  const data = new Float32Array(count * count * perImage);
  minimaStatistics(patches, {
    visit: (i, j, iToJ, jToI) => {
      data.set(iToJ, (i * count + j) * perImage);
      data.set(jToI, (j * count + i) * perImage);
    },
    signal: options.signal,
    onPairs: options.onProgress,
  });
  return { data, count, patches: perImage };
}

/**
 * Anomaly score of each patch: the mean (eq. 5), smallest (eq. 10) or largest distance to its nearest
 * patch in each of the other images. In units of the patch embeddings.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape, numbers that are not finite or fewer than 2 images.
 */
export function patchScores(
  patches: PatchSet,
  options: WorkOptions & { readonly over?: ScoreReduction } = {},
): PatchValues {
  checkPatches(patches);
  require(patches.count >= 2, `scores compare images with each other: 2 are needed, got ${patches.count}`);
  const statistics = minimaStatistics(patches, { signal: options.signal, onPairs: options.onProgress });
  const data = options.over === "min"
    ? statistics.smallest
    : options.over === "max"
    ? statistics.largest
    : Float32Array.from(statistics.sum, (sum) => sum / (patches.count - 1));
  return { data, count: patches.count, patches: patches.rows * patches.cols };
}
