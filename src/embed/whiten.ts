import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { fourColumns, samplePatches, scatterOf } from "../core/axes.ts";
import { projectionPlan } from "../core/patch_kernel.ts";
import type { Patches } from "../core/tasks/work.ts";
import { runSpread } from "../core/run_plan.ts";
import { onSharedMemory, sharedBuffer } from "../core/shared_memory.ts";
import { centreOf } from "../distance/lengths.ts";
import { ensure } from "../errors.ts";
import type { PatchSet } from "../types.ts";

/** The most patches from which covariances are estimated, taken evenly from all images. */
const SAMPLE = 16384;

/**
 * A linear map for each level of a pyramid. It makes the level's channels uncorrelated and gives them a similar spread.
 */
export interface Whitening {
  /** One map for each level, in the order of their channels. */
  readonly levels: readonly {
    /** Subtracted from each patch: `[channels]`. */
    readonly mean: Float32Array;
    /** `[channels, channels]`, symmetric. */
    readonly transform: Float64Array;
  }[];
}

/** Options of {@linkcode fitWhitening}. */
export interface WhiteningOptions {
  /**
   * The share of the mean eigenvalue that is added to all eigenvalues. The smaller it is, the more directions with
   * little variance count. @default 1
   */
  readonly shrinkage?: number;
}

/**
 * Finds the whitening of patch embeddings. For each level it is (covariance + shrinkage · mean eigenvalue)^−½, divided
 * by √channels, so that levels have the same weight whatever their scale and width. Shrinkage keeps the noise of
 * directions without variance small (Ledoit and Wolf 2004 give the reasoning).
 *
 * @throws {AnomalyClusterError} `bad-argument` unless shrinkage is above 0.
 */
export function fitWhitening(patches: PatchSet, options: WhiteningOptions = {}): Whitening {
  const { shrinkage = 1 } = options;
  ensure(shrinkage > 0, `shrinkage is ${shrinkage}, but must be above 0`);
  return {
    levels: levelsOf(patches).map(({ from, channels }) => {
      const sample = samplePatches(patches, { most: SAMPLE, from, width: channels });
      const mean = centreOf({ data: sample, channels });
      const covariance = Matrix.from1DArray(channels, channels, scatterOf(sample, mean)).mul(channels / sample.length);
      const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
      const floor = shrinkage * realEigenvalues.reduce((sum, value) => sum + Math.max(value, 0), 0) / channels;
      // Channels that never vary stay zero.
      const scales = realEigenvalues.map((value) => floor && 1 / Math.sqrt((Math.max(value, 0) + floor) * channels));
      const scaled = eigenvectorMatrix.clone().mulRowVector(scales);
      const transform = Float64Array.from(scaled.mmul(eigenvectorMatrix.transpose()).to1DArray());
      return { mean: Float32Array.from(mean), transform };
    }),
  };
}

/** Applies a whitening on all cores. The result has the shape of `patches`. */
export async function whiten(patches: PatchSet, whitening: Whitening): Promise<PatchSet> {
  const { count, rows, cols, channels } = patches;
  const places = count * rows * cols;
  const data = new Float32Array(sharedBuffer(patches.data.byteLength));
  for (const [at, level] of levelsOf(patches).entries()) {
    const { mean, transform } = whitening.levels[at];
    const even = level.channels + level.channels % 2;
    const images: Patches = {
      data: columns(patches, level.from, level.channels),
      count,
      patches: rows * cols,
      channels: level.channels,
    };
    const basis = fourColumns(transform, level.channels, level.channels, level.channels);
    const plan = projectionPlan(images, mean, basis, even);
    const { data: whitened, channels: width } = await runSpread(plan);
    for (let place = 0; place < places; place++) {
      const values = whitened.subarray(place * width, place * width + level.channels);
      data.set(values, place * channels + level.from);
    }
  }
  return { ...patches, data };
}

/** The first channel and the number of channels of each level. */
function levelsOf({ levels, channels }: PatchSet): { from: number; channels: number }[] {
  let from = 0;
  return (levels ?? [channels]).map((width) => ({ from: (from += width) - width, channels: width }));
}

/** Copies some channels of all patches, to memory that workers can read. */
function columns({ data, channels }: PatchSet, from: number, width: number): Float32Array {
  if (width === channels) return onSharedMemory(data);
  const total = data.length / channels;
  const result = new Float32Array(sharedBuffer(total * width * 4));
  for (let place = 0; place < total; place++) {
    result.set(data.subarray(place * channels + from, place * channels + from + width), place * width);
  }
  return result;
}
