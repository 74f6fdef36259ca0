// Makes patch embeddings for tests, the same in each run.

import type { PatchSet } from "../../mod.ts";

/** Returns a set of patch embeddings. Each number is computed from its index. */
export function made(
  count: number,
  rows: number,
  cols: number,
  channels: number,
  value: (at: number) => number,
): PatchSet {
  return {
    data: Float32Array.from({ length: count * rows * cols * channels }, (_, at) => value(at)),
    count,
    rows,
    cols,
    channels,
  };
}

/** Returns a number between −1 and 1, without a pattern. */
export function noise(at: number): number {
  return Math.sin(at * 12.9898 + Math.sin(at * 78.233) * 43.5453);
}
