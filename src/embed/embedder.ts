import { sharedBuffer } from "../core/shared_memory.ts";
import type { Embeddings, PatchSet, PatchValues, Raster } from "../types.ts";

/** Turns images into patch embeddings. */
export interface Embedder {
  /** Identifies the model and the preprocessing. Embedders with equal ids give equal embeddings. */
  readonly id: string;
  /** Embeds one image. The result has `count` 1. */
  embed(image: Raster): Promise<PatchSet>;
  /** Frees the model. */
  release(): Promise<void>;
}

/**
 * Joins the patch embeddings of several images, all of one shape. They are copied to shared memory, if the runtime has
 * it.
 */
export function joinPatches(parts: readonly PatchSet[]): PatchSet {
  const [{ rows, cols, channels, levels }] = parts;
  const length = parts.reduce((total, part) => total + part.data.length, 0);
  const data = new Float32Array(sharedBuffer(length * 4));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return {
    data,
    count: parts.reduce((total, part) => total + part.count, 0),
    rows,
    cols,
    channels,
    ...(levels && { levels }),
  };
}

/** Returns `count` images of a set, starting with image number `from`. They share the memory of the set. */
export function imagesFrom(patches: PatchSet, from: number, count: number): PatchSet {
  const length = patches.rows * patches.cols * patches.channels;
  return { ...patches, count, data: patches.data.subarray(from * length, (from + count) * length) };
}

/** Copies some images of a set, by number, to memory of their own. */
export function someImages(patches: PatchSet, chosen: readonly number[]): PatchSet {
  return joinPatches(chosen.map((at) => imagesFrom(patches, at, 1)));
}

/** Copies the values of some images, by number. */
export function someValues({ data, patches }: PatchValues, chosen: readonly number[]): PatchValues {
  const some = new Float32Array(chosen.length * patches);
  chosen.forEach((at, i) => some.set(data.subarray(at * patches, (at + 1) * patches), i * patches));
  return { data: some, count: chosen.length, patches };
}

/** Copies some vectors of a set, by number. */
export function someEmbeddings({ data, channels }: Embeddings, chosen: readonly number[]): Embeddings {
  const some = new Float64Array(chosen.length * channels);
  chosen.forEach((at, i) => some.set(data.subarray(at * channels, (at + 1) * channels), i * channels));
  return { data: some, count: chosen.length, channels };
}
