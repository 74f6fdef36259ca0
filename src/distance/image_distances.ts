import { directedPlan } from "../core/patch_kernel.ts";
import { type Plan, runHere, runSpread } from "../core/run_plan.ts";
import { checkShape, type DistanceMatrix, type PatchSet } from "../types.ts";
import { runOptions, type WorkOptions } from "./patch_minima.ts";

/** Distances between images as sets of patches (the paper's eq. 2 and 3, appendix C). */
export type SetDistance =
  | "max-hausdorff"
  | "max-hausdorff-average"
  | "average-min-max"
  | "average-min-mean"
  | "min-min"
  | "average-average";

/** For each kind, the number that a pair of images gets in each direction, and how the two directions are joined. */
const REDUCTIONS = {
  "max-hausdorff": ["hausdorff", Math.max],
  "max-hausdorff-average": ["largest", middle],
  "average-min-max": ["mean", Math.max],
  "average-min-mean": ["mean", middle],
  "min-min": ["smallest", Math.min],
  "average-average": ["all pairs", middle],
} as const;

/**
 * Distances between all pairs of images as sets of patches, in units of the patch embeddings. For the weighted average
 * distance see {@linkcode weightedAverage} and {@linkcode euclideanDistances}.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a wrong shape or numbers that are not finite.
 */
export function imageDistances(patches: PatchSet, kind: SetDistance, options: WorkOptions = {}): DistanceMatrix {
  return joined(patches, kind, runHere(planOf(patches, kind), runOptions(options)));
}

/** {@linkcode imageDistances} on all cores. */
export async function spreadImageDistances(
  patches: PatchSet,
  kind: SetDistance,
  options: WorkOptions = {},
): Promise<DistanceMatrix> {
  return joined(patches, kind, await runSpread(planOf(patches, kind), runOptions(options)));
}

function planOf(patches: PatchSet, kind: SetDistance): Plan<Float64Array> {
  checkShape(patches);
  return directedPlan(patches, REDUCTIONS[kind][0]);
}

function joined({ count }: PatchSet, kind: SetDistance, directed: Float64Array): DistanceMatrix {
  const join = REDUCTIONS[kind][1];
  const data = Float64Array.from({ length: count * count }, (_, at) => {
    const [i, j] = [Math.floor(at / count), at % count];
    return join(directed[at], directed[j * count + i]);
  });
  return { data, count };
}

function middle(a: number, b: number): number {
  return (a + b) / 2;
}
