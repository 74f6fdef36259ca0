// An image on its own → one vector, by what was fitted on others: the pipeline's steps with everything held fixed.

import { minimaPlan } from "../core/patch_kernel.ts";
import { runSpread } from "../core/pool.ts";
import { spreadNormalScores } from "../distance/normal_scores.ts";
import type { ScoreReduction, WorkOptions } from "../distance/patch_minima.ts";
import { runOptions } from "../distance/patch_minima.ts";
import { pool, type Pooling } from "../distance/pooling.ts";
import { weightedAverage } from "../distance/weighted_average.ts";
import { joinPatches } from "../embed/embedder.ts";
import { whiten, type Whitening } from "../embed/whiten.ts";
import type { Embeddings, PatchSet, PatchValues } from "../types.ts";
import { weighPatches, type Weighting } from "../weight/weighting.ts";

/** How an image becomes one vector. The vector of an image does not depend on which others come with it. */
export interface Description {
  /** Applied to patches first. */
  readonly whitening?: Whitening;
  /** How patches are weighted; its τ are absolute numbers or perplexities. */
  readonly weight: Weighting;
  /** Takes the place of the weighted average. */
  readonly pooling?: Pooling;
  /** Images, whitened, that patches are scored against; absent where no score is needed. */
  readonly references?: PatchSet;
  /** Factor of the embedding of each temperature, so that all weigh alike. */
  readonly scales: readonly number[];
}

/** Images compared with the references at once: as many as there are, least work is wasted on pairs among themselves. */
const BLOCK = 32;

/** The vectors of images: `[count, channels]`. */
export async function describe(
  patches: PatchSet,
  description: Description,
  options: WorkOptions = {},
): Promise<Embeddings> {
  const parts: Embeddings[] = [];
  for (let from = 0; from < patches.count; from += BLOCK) {
    options.signal?.throwIfAborted();
    const block = images(patches, from, Math.min(BLOCK, patches.count - from));
    const blocks = await embeddingsOf(await whitened(block, description), description, options);
    parts.push(besideEachOther(blocks, description.scales));
    options.onProgress?.(from + block.count, patches.count);
  }
  const [{ channels }] = parts;
  const data = new Float32Array(patches.count * channels);
  parts.forEach((part, at) => data.set(part.data, at * BLOCK * channels));
  return { data, count: patches.count, channels };
}

/** The embedding of whitened patches by each temperature, as they are. */
async function embeddingsOf(
  patches: PatchSet,
  { weight, pooling, references }: Description,
  options: WorkOptions,
): Promise<Embeddings[]> {
  if (pooling) return [pool(patches, pooling)];
  const scores = references
    ? await scoresAgainst(patches, references, weight, options)
    : { data: new Float32Array(patches.count * patches.rows * patches.cols), ...shapeOf(patches) };
  return averages(patches, scores, weight);
}

/** The weighted average of patches for each temperature. */
export function averages(patches: PatchSet, scores: PatchValues, weight: Weighting): Embeddings[] {
  return weighPatches(scores, weight).map((weights) => weightedAverage(patches, weights));
}

/** Scores of whitened patches by the reference images: eq. 5, eq. 10, figure 12 or eq. 6, as the weighting says. */
export async function scoresAgainst(
  patches: PatchSet,
  references: PatchSet,
  weight: Weighting,
  { threads, signal }: WorkOptions,
): Promise<PatchValues> {
  const over = "over" in weight && weight.over || "mean";
  if (over === "normal") return await spreadNormalScores(patches, references, { threads, signal });
  const both = joinPatches([references, patches]);
  const minima = await runSpread(minimaPlan(both), runOptions({ threads, signal }));
  const { count, patches: places } = shapeOf(patches);
  const data = new Float32Array(count * places);
  for (let i = 0; i < count; i++) {
    const from = (references.count + i) * both.count * places;
    const rows = Array.from({ length: references.count }, (_, j) => {
      return minima.subarray(from + j * places, from + (j + 1) * places);
    });
    // An image among the references is not compared with itself: j ≠ i.
    const others = rows.filter((row) => row.some((minimum) => minimum > 0));
    if (others.length) data.set(reduced(others, over, places), i * places);
  }
  return { data, count, patches: places };
}

function reduced(rows: readonly Float32Array[], over: ScoreReduction, places: number): Float32Array {
  return Float32Array.from({ length: places }, (_, m) => {
    let [sum, least, most] = [0, Infinity, 0];
    for (const row of rows) {
      sum += row[m];
      least = Math.min(least, row[m]);
      most = Math.max(most, row[m]);
    }
    return over === "min" ? least : over === "max" ? most : sum / rows.length;
  });
}

/** Patches as they are compared. */
export async function whitened(patches: PatchSet, { whitening }: Pick<Description, "whitening">): Promise<PatchSet> {
  return whitening ? await whiten(patches, whitening) : patches;
}

/** Some images of a set, on the same memory. */
export function images(patches: PatchSet, from: number, count: number): PatchSet {
  const length = patches.rows * patches.cols * patches.channels;
  return { ...patches, count, data: patches.data.subarray(from * length, (from + count) * length) };
}

function shapeOf({ count, rows, cols }: PatchSet): { count: number; patches: number } {
  return { count, patches: rows * cols };
}

function besideEachOther(blocks: readonly Embeddings[], scales: readonly number[]): Embeddings {
  const [{ count }] = blocks;
  const channels = blocks.reduce((sum, block) => sum + block.channels, 0);
  const data = new Float32Array(count * channels);
  let first = 0;
  blocks.forEach((block, at) => {
    for (let i = 0; i < count; i++) {
      for (let channel = 0; channel < block.channels; channel++) {
        data[i * channels + first + channel] = block.data[i * block.channels + channel] * scales[at];
      }
    }
    first += block.channels;
  });
  return { data, count, channels };
}
