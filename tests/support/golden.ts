// Reads reference values in float64 from NumPy, SciPy and scikit-learn (tools/make_golden.py).

import type { PatchSet } from "../../mod.ts";

/** A case: patch sets, and all that is computed from them. */
export interface GoldenCase {
  readonly shape: [number, number, number];
  readonly tau: number;
  readonly k: number;
  readonly embeddings: number[][][];
  readonly normals: number[][][];
  readonly masks: number[][];
  readonly codebook: number[][];
  readonly pooled: Record<string, number[][]>;
  readonly patchMinima: number[][][];
  readonly scores: Record<"mean" | "min" | "max" | "normal", number[][]>;
  readonly weights: Record<string, number[][]>;
  readonly distances: Record<string, number[][]>;
  readonly weightedAverage: Record<string, number[][]>;
  readonly linkage: Record<string, Linkages>;
}

/** Heights and cuts for each linkage. */
export type Linkages = Record<"single" | "complete" | "average" | "ward", {
  readonly heights: number[];
  readonly cuts: Record<string, number[]>;
}>;

/** Reads `tests/data/golden/NAME.json`. */
export async function golden<T = GoldenCase>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(`../data/golden/${name}.json`, import.meta.url)));
}

/** Returns a case's patch embeddings. The patches need not form a square grid. */
export function patchSet({ shape: [count, patches, channels], embeddings }: GoldenCase): PatchSet {
  return { data: Float32Array.from(embeddings.flat(2)), count, rows: 1, cols: patches, channels };
}

/** Fails if any number differs by more than `tolerance` of the larger of the two or, near zero, of `floor`. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
  floor = 1e-12,
): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} numbers, not ${expected.length}`);
  for (let at = 0; at < expected.length; at++) {
    const difference = Math.abs(actual[at] - expected[at]);
    const allowed = tolerance * Math.max(Math.abs(actual[at]), Math.abs(expected[at]), floor);
    if (!(difference <= allowed)) throw new Error(`${what}[${at}]: ${actual[at]} instead of ${expected[at]}`);
  }
}

/** Whether two labellings are the same partition with other names. */
export function samePartition(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const [forth, back] = [new Map<number, number>(), new Map<number, number>()];
  return Array.from(a).every((label, at) => {
    if (!forth.has(label) && !back.has(b[at])) {
      forth.set(label, b[at]);
      back.set(b[at], label);
    }
    return forth.get(label) === b[at] && back.get(b[at]) === label;
  });
}
