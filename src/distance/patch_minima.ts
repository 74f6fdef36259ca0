import { minimaPlan, type MinimaStatistics, statisticsPlan } from "../core/patch_kernel.ts";
import type { WorkCounts } from "../core/patch_tasks.ts";
import { runHere, type RunOptions, runSpread } from "../core/pool.ts";
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

/** Hooks and limits of long work. */
export interface WorkOptions {
  /** Stops the work: the promise or call fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears how many of how many pairs of images are done. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Threads of asynchronous work. The result does not depend on them. @default the machine's cores */
  readonly threads?: number;
  /** Hears what was computed. */
  readonly onCounts?: (counts: WorkCounts) => void;
}

/** The same for the core. */
export function runOptions({ onProgress, ...rest }: WorkOptions): RunOptions {
  return { ...rest, onPairs: onProgress };
}

/**
 * All patch minima at once, for inspection and small sets: N²·M numbers. The pipeline uses
 * {@linkcode patchScores}, which never holds them. Minima are exact: each is the distance of two patches
 * by differences in float32, and no other patch is nearer.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape or numbers that are not finite.
 */
export function patchMinima(patches: PatchSet, options: WorkOptions = {}): PatchMinima {
  checkPatches(patches);
  const minima = runHere(minimaPlan(patches), runOptions(options));
  return { data: minima.slice(), count: patches.count, patches: patches.rows * patches.cols };
}

/** What scores are made of. */
export type ScoreOptions = WorkOptions & { readonly over?: ScoreReduction };

/**
 * Anomaly score of each patch: the mean (eq. 5), smallest (eq. 10) or largest distance to its nearest
 * patch in each of the other images. In units of the patch embeddings.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape, numbers that are not finite or fewer than 2 images.
 */
export function patchScores(patches: PatchSet, options: ScoreOptions = {}): PatchValues {
  checkForScores(patches);
  return scoresOf(runHere(statisticsPlan(patches), runOptions(options)), patches, options);
}

/** {@linkcode patchScores} on all cores. */
export async function spreadPatchScores(patches: PatchSet, options: ScoreOptions = {}): Promise<PatchValues> {
  checkForScores(patches);
  return scoresOf(await runSpread(statisticsPlan(patches), runOptions(options)), patches, options);
}

function checkForScores(patches: PatchSet): void {
  checkPatches(patches);
  require(patches.count >= 2, `scores compare images with each other: 2 are needed, got ${patches.count}`);
}

function scoresOf(
  { sum, smallest, largest }: MinimaStatistics,
  { count, rows, cols }: PatchSet,
  { over = "mean" }: ScoreOptions,
): PatchValues {
  const data = over === "min"
    ? smallest
    : over === "max"
    ? largest
    : Float32Array.from(sum, (total) => total / (count - 1));
  return { data, count, patches: rows * cols };
}
