import { chainMerges, type LinkageMethod } from "../core/linkage_kernel.ts";
import { require } from "../errors.ts";
import type { DistanceMatrix } from "../types.ts";

export type { LinkageMethod } from "../core/linkage_kernel.ts";

/** A tree of merges, in SciPy's convention: points are 0 … count − 1, merge number t makes cluster count + t. */
export interface Linkage {
  /** Number of points. */
  readonly count: number;
  /** The two clusters of each merge, `[count - 1, 2]`, the smaller number first. */
  readonly pairs: Int32Array;
  /** Height of each merge, ascending, in the units of the distances. */
  readonly heights: Float64Array;
  /** Points in each merge's cluster. */
  readonly sizes: Int32Array;
}

/**
 * Agglomerative clustering by the nearest-neighbour chain. Heights are SciPy's `linkage` (Ward:
 * Lance–Williams on squared distances, also where the distances are not Euclidean).
 *
 * @param distances a {@linkcode DistanceMatrix}, or its numbers: square row-major, or condensed (the upper triangle).
 * Where a length could be either (36, 1225, …), symmetric numbers with a zero diagonal are taken for a square.
 * @throws {AnomalyClusterError} `bad-argument` when the length is no matrix's or a distance is negative or not finite;
 * `too-large` when the matrix does not fit into 4 GiB (about 22,000 points).
 */
export function linkage(
  distances: DistanceMatrix | Float64Array | Float32Array,
  method: LinkageMethod = "ward",
): Linkage {
  const { data, count } = squareMatrix(distances);
  const wrong = data.findIndex((distance) => !(distance >= 0 && distance < 1e150));
  require(wrong < 0, `distance ${data[wrong]} between points ${Math.floor(wrong / count)} and ${wrong % count}`);
  return sortedTree(chainMerges(data, count, method), count, method === "ward" ? Math.sqrt : (height) => height);
}

/** Either form of a distance matrix as a square one. */
export function squareMatrix(distances: DistanceMatrix | Float64Array | Float32Array): DistanceMatrix {
  if (!ArrayBuffer.isView(distances)) return distances;
  const { length } = distances;
  const side = Math.sqrt(length);
  if (side > 1 && Number.isInteger(side) && isSymmetric(distances, side)) {
    return { data: Float64Array.from(distances), count: side };
  }
  const count = (1 + Math.sqrt(1 + 8 * length)) / 2;
  require(Number.isInteger(count), `${length} numbers are neither a square nor a condensed distance matrix`);
  const data = new Float64Array(count * count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) data[i * count + j] = data[j * count + i] = distances[at++];
  }
  return { data, count };
}

/** Tells a square matrix from a condensed one whose length happens to be a square number. */
function isSymmetric(data: Float64Array | Float32Array, side: number): boolean {
  for (let i = 0; i < side; i++) {
    if (data[i * side + i] !== 0) return false;
    for (let j = 0; j < i; j++) if (data[i * side + j] !== data[j * side + i]) return false;
  }
  return true;
}

/** Orders the chain's merges by height and names the clusters by merge. */
function sortedTree(merges: Float64Array, count: number, heightOf: (distance: number) => number): Linkage {
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
    sizes[t] = sizeOf(sizes, a, count) + sizeOf(sizes, b, count);
    parent[a] = parent[b] = count + t;
  });
  return { count, pairs, heights, sizes };
}

function sizeOf(sizes: Int32Array, cluster: number, count: number): number {
  return cluster < count ? 1 : sizes[cluster - count];
}
