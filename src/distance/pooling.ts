import { kmeans } from "../cluster/kmeans.ts";
import { ensure } from "../errors.ts";
import { checkPatches, type Embeddings, type PatchSet } from "../types.ts";

/** Holistic baselines (the paper's table 9): one vector per image, whether its patches are anomalous or not. */
export type Pooling =
  | { readonly kind: "average" }
  | { readonly kind: "max" }
  /** Generalised mean with power `p`. Numbers below 1e-6 are raised to it. @default p 20 */
  | { readonly kind: "gem"; readonly p?: number }
  /** Average weighted by a Gaussian around the grid's centre. `sigma` is in patches. @default sigma 1000 */
  | { readonly kind: "spoc"; readonly sigma?: number }
  /** For each word of a codebook, the share of patches that are nearest to it. */
  | { readonly kind: "bag-of-words"; readonly codebook: Embeddings };

/**
 * Pools each image's patches into one vector: `[count, channels]`, or `[count, words]` for bag-of-words.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape, or a codebook with another number of channels.
 */
export function pool(patches: PatchSet, pooling: Pooling): Embeddings {
  checkPatches(patches);
  switch (pooling.kind) {
    case "average":
      return weighted(patches, () => 1);
    case "spoc": {
      const { rows, cols } = patches;
      const twice = 2 * (pooling.sigma ?? 1000) ** 2;
      return weighted(patches, (row, col) => {
        return Math.exp(-((row - (rows - 1) / 2) ** 2 + (col - (cols - 1) / 2) ** 2) / twice);
      });
    }
    case "max":
      return reduced(patches, -Infinity, (most, value) => Math.max(most, value), (most) => most);
    case "gem": {
      const power = pooling.p ?? 20;
      const count = patches.rows * patches.cols;
      const add = (sum: number, value: number) => sum + Math.max(value, 1e-6) ** power;
      return reduced(patches, 0, add, (sum) => (sum / count) ** (1 / power));
    }
    case "bag-of-words":
      return histogram(patches, pooling.codebook);
  }
}

/**
 * Makes a codebook for bag-of-words: `words` centres, found by k-means. It uses at most 50 patches a word, drawn evenly
 * from all images.
 */
export function buildCodebook(patches: PatchSet, options: { words?: number; seed?: number } = {}): Embeddings {
  checkPatches(patches);
  const { words = 512, seed = 0 } = options;
  const { channels } = patches;
  const total = patches.data.length / channels;
  const count = Math.min(total, words * 50);
  const data = new Float32Array(count * channels);
  for (let at = 0; at < count; at++) {
    const from = Math.floor(at * total / count) * channels;
    data.set(patches.data.subarray(from, from + channels), at * channels);
  }
  const { centres } = kmeans({ data, count, channels }, {
    k: Math.min(words, count),
    seed,
    restarts: 1,
    iterations: 20,
  });
  return centres;
}

function weighted(patches: PatchSet, weight: (row: number, col: number) => number): Embeddings {
  const weights = Float64Array.from({ length: patches.rows * patches.cols }, (_, m) => {
    return weight(Math.floor(m / patches.cols), m % patches.cols);
  });
  const sum = weights.reduce((total, value) => total + value, 0);
  return reduced(patches, 0, (total, value, m) => total + weights[m] * value, (total) => total / sum);
}

function reduced(
  patches: PatchSet,
  start: number,
  step: (soFar: number, value: number, patch: number) => number,
  finish: (result: number) => number,
): Embeddings {
  const { data: values, count, channels } = patches;
  const perImage = patches.rows * patches.cols;
  const data = new Float32Array(count * channels);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) {
      let result = start;
      for (let m = 0; m < perImage; m++) result = step(result, values[(i * perImage + m) * channels + channel], m);
      data[i * channels + channel] = finish(result);
    }
  }
  return { data, count, channels };
}

function histogram(patches: PatchSet, codebook: Embeddings): Embeddings {
  const { data: values, count, channels } = patches;
  const words = codebook.count;
  ensure(codebook.channels === channels, `the codebook has ${codebook.channels} channels, the patches ${channels}`);
  const perImage = patches.rows * patches.cols;
  const data = new Float32Array(count * words);
  for (let at = 0; at < count * perImage; at++) {
    let [best, nearest] = [Infinity, 0];
    for (let word = 0; word < words; word++) {
      let squared = 0;
      for (let channel = 0; channel < channels && squared < best; channel++) {
        squared += (values[at * channels + channel] - codebook.data[word * channels + channel]) ** 2;
      }
      if (squared < best) [best, nearest] = [squared, word];
    }
    data[Math.floor(at / perImage) * words + nearest] += 1 / perImage;
  }
  return { data, count, channels: words };
}
