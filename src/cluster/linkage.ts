import { centroidMerges, chainMerges, type LinkageMethod } from "../core/linkage_kernel.ts";
import { ensure } from "../errors.ts";
import type { DistanceMatrix, Distances, Embeddings } from "../types.ts";

export type { LinkageMethod } from "../core/linkage_kernel.ts";

/** A tree of merges, in SciPy's convention: points are 0 … count − 1, and merge number t makes cluster count + t. */
export interface Linkage {
  /** Number of points. */
  readonly count: number;
  /** The two clusters of each merge, `[count - 1, 2]`, the smaller number first. */
  readonly pairs: Int32Array;
  /** Height of each merge, ascending, in the units of the distances. */
  readonly heights: Float64Array;
  /** How many points each merge's cluster has. */
  readonly sizes: Int32Array;
}

/**
 * Agglomerative clustering by the nearest-neighbour chain. Heights are the same as those of SciPy's `linkage` (for
 * Ward: Lance–Williams on squared distances, even if the distances are not Euclidean). From 5,000 points on, distances
 * are kept as float32, and heights are right to about 1e-6.
 *
 * @param distances a {@linkcode DistanceMatrix}, or its numbers: square row-major, or condensed (the upper triangle).
 * Some lengths fit both (36, 1225, …); then symmetric numbers with a zero diagonal are read as a square matrix.
 * @throws {AnomalyClusterError} `bad-argument` when the length fits no matrix, or a distance is negative or not finite;
 * `too-large` above 32,500 points, whose matrix fills the 4 GiB of a WASM memory.
 */
export function linkage(distances: DistanceMatrix | Distances, method: LinkageMethod = "ward"): Linkage {
  const { count, row } = ArrayBuffer.isView(distances) ? rowsOf(distances) : squareRows(distances);
  const merges = chainMerges(row, count, method);
  return sortedTree(merges, count, method === "ward" ? Math.sqrt : (height) => height);
}

/**
 * Ward linkage of embeddings, in float32 and without a distance matrix: memory grows with the number of points, not
 * with its square. Heights equal those of {@linkcode linkage} on Euclidean distances to about 1e-6. Merges whose
 * heights are nearer to each other than that may change places.
 *
 * @param weights how many equal points each point stands for, up to 2^24 together. Heights and sizes are then those of
 * all points.
 * @throws {AnomalyClusterError} `bad-argument` when a number is not finite or above 1e15, a weight is not above 0, or
 * the lengths do not fit.
 */
export function wardLinkage({ data, count, channels }: Embeddings, weights?: ArrayLike<number>): Linkage {
  ensure(data.length === count * channels, `${count} × ${channels} embeddings need ${count * channels} numbers`);
  const bad = data.findIndex((value) => !(Math.abs(value) <= 1e15));
  ensure(bad < 0, `number ${data[bad]} of embedding ${Math.floor(bad / channels)} is not one from -1e15 to 1e15`);
  if (weights) {
    ensure(weights.length === count, `${weights.length} weights do not fit ${count} points`);
    const sum = Array.from(weights).reduce((sum, weight) => weight > 0 ? sum + weight : NaN, 0);
    ensure(sum <= 2 ** 24, `the weights must be above 0 and come to ${2 ** 24} at most`);
  }
  const merges = centroidMerges(Float32Array.from(data), count, channels, weights);
  return sortedTree(merges, count, Math.sqrt, weights);
}

/** Returns row i of a distance matrix. It is valid until the next row is asked for. */
type RowReader = (i: number) => Distances;

function squareRows({ data, count }: DistanceMatrix): { count: number; row: RowReader } {
  ensure(data.length === count * count, `a distance matrix of ${count} points needs ${count * count} numbers`);
  return { count, row: (i) => data.subarray(i * count, (i + 1) * count) };
}

/** Reads the rows of a square or condensed matrix. */
function rowsOf(data: Distances): { count: number; row: RowReader } {
  const { length } = data;
  const side = Math.sqrt(length);
  if (side > 1 && Number.isInteger(side) && isSymmetric(data, side)) return squareRows({ data, count: side });
  const count = (1 + Math.sqrt(1 + 8 * length)) / 2;
  ensure(Number.isInteger(count), `${length} numbers are neither a square nor a condensed distance matrix`);
  const whole = new Float64Array(count);
  const row: RowReader = (i) => {
    for (let j = 0, at = i - 1; j < i; at += count - 2 - j, j++) whole[j] = data[at];
    const start = i * (2 * count - i - 1) / 2;
    whole[i] = 0;
    whole.set(data.subarray(start, start + count - 1 - i), i + 1);
    return whole;
  };
  return { count, row };
}

/** Whether the numbers are a square matrix. The length of a condensed matrix can be a square number too. */
function isSymmetric(data: Distances, side: number): boolean {
  for (let i = 0; i < side; i++) {
    if (data[i * side + i] !== 0) return false;
    for (let j = 0; j < i; j++) if (data[i * side + j] !== data[j * side + i]) return false;
  }
  return true;
}

/** Sorts the chain's merges by height, and numbers the clusters by merge. */
function sortedTree(
  merges: Float64Array,
  count: number,
  heightOf: (distance: number) => number,
  weights?: ArrayLike<number>,
): Linkage {
  const order = Array.from({ length: count - 1 }, (_, t) => t).sort((a, b) => merges[a * 3 + 2] - merges[b * 3 + 2]);
  const [pairs, sizes, heights] = [
    new Int32Array((count - 1) * 2),
    new Int32Array(count - 1),
    new Float64Array(count - 1),
  ];
  const parent = Int32Array.from({ length: 2 * count - 1 }, (_, cluster) => cluster);
  const rootOf = (point: number): number => {
    let root = point;
    while (parent[root] !== root) root = parent[root];
    for (let at = point; at !== root;) [at, parent[at]] = [parent[at], root];
    return root;
  };
  order.forEach((merge, t) => {
    const [a, b] = [rootOf(merges[merge * 3]), rootOf(merges[merge * 3 + 1])];
    pairs[t * 2] = Math.min(a, b);
    pairs[t * 2 + 1] = Math.max(a, b);
    heights[t] = heightOf(merges[merge * 3 + 2]);
    const sizeOf = (cluster: number) => cluster < count ? weights?.[cluster] ?? 1 : sizes[cluster - count];
    sizes[t] = sizeOf(a) + sizeOf(b);
    parent[a] = parent[b] = count + t;
  });
  return { count, pairs, heights, sizes };
}
