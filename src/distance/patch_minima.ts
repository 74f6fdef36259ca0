import { minimaPlan, type MinimaStatistics, neighboursPlan, statisticsPlan } from "../core/patch_kernel.ts";
import type { WorkCounts } from "../core/tasks/work.ts";
import { runHere, type RunOptions, runSpread } from "../core/run_plan.ts";
import type { ThreadPool } from "../core/thread_pool.ts";
import { joinPatches } from "../embed/embedder.ts";
import { ensure } from "../errors.ts";
import { checkShape, type PatchSet, type PatchValues } from "../types.ts";

/** Distances from each patch of each image to its nearest patch in each image. */
export interface PatchMinima {
  /** `[count, count, patches]`: m_ij(m) = min_n ‖z_m^i − z_n^j‖; zero where i = j. */
  readonly data: Float32Array;
  /** Number of images. */
  readonly count: number;
  /** How many patches an image has. */
  readonly patches: number;
}

/**
 * How a patch's minima over the other images become its score: eq. 5 (mean), eq. 10 (min), figure 12 (max), or a
 * quantile from 0 to 1. A low quantile treats as normal whatever at least a small share of the images also has, however
 * different the other images are.
 */
export type ScoreReduction = "mean" | "min" | "max" | { readonly quantile: number };

/** Hooks and limits for long work. */
export interface WorkOptions {
  /** Stops the work: the promise or call fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with how many pairs of images are done, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * Threads of asynchronous work: their number, to start them for this work alone; or a pool of threads that stay. The
   * result does not depend on it. @default the machine's cores
   */
  readonly threads?: number | ThreadPool;
  /** Called at the end, with counts of what was computed. */
  readonly onCounts?: (counts: WorkCounts) => void;
}

/** The same options in the form that the core takes. */
export function runOptions({ onProgress, ...rest }: WorkOptions): RunOptions {
  return { ...rest, onPairs: onProgress };
}

/**
 * Computes all patch minima at once, N²·M numbers, for inspection and small sets. The pipeline uses {@linkcode
 * patchScores}, which never holds all of them. Minima are exact: each is the distance between two patches, computed by
 * differences in float32, and no other patch is nearer.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape or numbers that are not finite.
 */
export function patchMinima(patches: PatchSet, options: WorkOptions = {}): PatchMinima {
  checkShape(patches);
  const minima = runHere(minimaPlan(patches), runOptions(options));
  return { data: minima.slice(), count: patches.count, patches: patches.rows * patches.cols };
}

/** Options of {@linkcode patchScores}. `over` says how minima become a score. By default it is their mean. */
export type ScoreOptions = WorkOptions & { readonly over?: ScoreReduction };

/**
 * Anomaly score of each patch: the mean (eq. 5), the smallest (eq. 10), the largest or a quantile of the distances to
 * its nearest patch in each of the other images. In units of the patch embeddings.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape, numbers that are not finite or fewer than 2 images.
 */
export function patchScores(patches: PatchSet, options: ScoreOptions = {}): PatchValues {
  const { over = "mean" } = options;
  checkForScores(patches, over);
  if (typeof over === "object") {
    const plan = neighboursPlan(patches, { quantile: over.quantile });
    return valuesOf(patches, runHere(plan, runOptions(options)).scores);
  }
  return valuesOf(patches, reduced(runHere(statisticsPlan(patches), runOptions(options)), over, patches));
}

/** {@linkcode patchScores} on all cores. */
export async function spreadPatchScores(patches: PatchSet, options: ScoreOptions = {}): Promise<PatchValues> {
  const { over = "mean" } = options;
  if (typeof over === "object") return (await spreadNeighbours(patches, over, false, options)).scores;
  checkForScores(patches, over);
  return valuesOf(patches, reduced(await runSpread(statisticsPlan(patches), runOptions(options)), over, patches));
}

/**
 * Scores and, if asked for, each patch's residual: its difference to the mean of its nearest patches in all other
 * images.
 */
export async function spreadNeighbours(
  patches: PatchSet,
  over: ScoreReduction,
  withResiduals: boolean,
  work: WorkOptions,
): Promise<{ scores: PatchValues; residuals?: PatchSet }> {
  checkForScores(patches, over);
  const plan = neighboursPlan(patches, { quantile: quantileOf(over), withResiduals });
  const { scores, residuals } = await runSpread(plan, runOptions(work));
  return { scores: valuesOf(patches, scores), ...(residuals && { residuals: { ...patches, data: residuals } }) };
}

/**
 * The same, but the images are compared with reference images instead of each other. Also returns the standard errors
 * of the scores, treating the references as a sample. An image that is one of the references is not compared with
 * itself.
 */
export async function spreadNeighboursAmong(
  references: PatchSet,
  patches: PatchSet,
  over: ScoreReduction,
  withResiduals: boolean,
  work: WorkOptions,
): Promise<{ scores: PatchValues; standardErrors: PatchValues; residuals?: PatchSet }> {
  const both = joinPatches([references, patches]);
  const against = references.count;
  const plan = neighboursPlan(both, { quantile: quantileOf(over), withResiduals, withErrors: true, against });
  const { scores, residuals, standardErrors } = await runSpread(plan, runOptions(work));
  const places = references.count * patches.rows * patches.cols;
  return {
    scores: valuesOf(patches, scores.subarray(places)),
    standardErrors: valuesOf(patches, standardErrors!.subarray(places)),
    ...(residuals && { residuals: { ...patches, data: residuals.subarray(places * patches.channels) } }),
  };
}

function checkForScores(patches: PatchSet, over: ScoreReduction): void {
  checkShape(patches);
  ensure(patches.count >= 2, `scores compare images with each other: 2 are needed, got ${patches.count}`);
  if (typeof over === "object") {
    ensure(over.quantile >= 0 && over.quantile <= 1, `quantile ${over.quantile} is not from 0 to 1`);
  }
}

function quantileOf(over: ScoreReduction): number | "mean" {
  if (over === "mean") return over;
  return typeof over === "object" ? over.quantile : over === "max" ? 1 : 0;
}

function reduced(
  { sum, smallest, largest }: MinimaStatistics,
  over: "mean" | "min" | "max",
  { count }: PatchSet,
): Float32Array {
  if (over === "min") return smallest;
  return over === "max" ? largest : new Float32Array(sum.map((total) => total / (count - 1)));
}

function valuesOf({ count, rows, cols }: PatchSet, data: Float32Array): PatchValues {
  return { data, count, patches: rows * cols };
}
