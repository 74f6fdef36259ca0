// Linkage by the nearest-neighbour chain, and distances between vectors, on the WASM core.

import { AnomalyClusterError } from "../errors.ts";
import type { Distances } from "../types.ts";
import { principalAxes } from "./axes.ts";
import { CENTROID_NUMBERS, CENTROID_PANEL, COLUMN_BLOCK } from "./generated/structures.ts";
import { withRegion } from "./memory.ts";

/** The linkages for which the nearest-neighbour chain is exact. */
export type LinkageMethod = "single" | "complete" | "average" | "ward";

const METHODS: Readonly<Record<LinkageMethod, number>> = { single: 0, complete: 1, average: 2, ward: 3 };

/**
 * From this many points on, distances are kept in float32. That halves memory and time; heights are then good to about
 * 1e-6.
 */
export const SINGLE_PRECISION_FROM = 5000;

/** The largest number of points whose float32 matrix fits into the 4 GiB of a WASM memory. */
export const MOST_POINTS = 32500;

/**
 * Checks that a matrix of `count` points fits into memory.
 *
 * @throws {AnomalyClusterError} `too-large` above {@linkcode MOST_POINTS}.
 */
export function checkPointCount(count: number): void {
  if (count <= MOST_POINTS) return;
  throw new AnomalyClusterError(
    "too-large",
    `a linkage of ${count} points needs ${
      (count ** 2 * 4 / 2 ** 30).toFixed(1)
    } GiB of WASM memory, which ends at 4: ` +
      `${MOST_POINTS} points fit: take a sample or parts of them, or the function kmeans, which needs no matrix`,
  );
}

/** How many bytes of a WASM memory the matrix may fill. The linkage needs the rest for other arrays. */
const MOST_BYTES = 2 ** 32 - 2 ** 24;

/**
 * Merges points into a tree: `[count - 1, 3]`. Each row is one merge: a point of either cluster, and their distance
 * (for Ward, its square). Merges come in the order of the chain, not sorted by distance. `rowOf(i)` returns the
 * distances of point i. They are read before `rowOf` is called again.
 *
 * @throws {AnomalyClusterError} `too-large` above {@linkcode MOST_POINTS}; `bad-argument` for a distance that is not a
 * number from 0 to 1e18.
 */
export function chainMerges(
  rowOf: (i: number) => Distances,
  count: number,
  method: LinkageMethod,
): Float64Array {
  checkPointCount(count);
  const width = count < SINGLE_PRECISION_FROM ? 8 : 4;
  return withRegion((region) => {
    const { core } = region;
    const single = width === 4;
    // Unions get columns of their own, so a row has more places than there are points: a quarter more, if there is
    // room.
    const least = Math.ceil(count * width / COLUMN_BLOCK) * COLUMN_BLOCK + COLUMN_BLOCK;
    const most = Math.floor(MOST_BYTES / count / COLUMN_BLOCK) * COLUMN_BLOCK;
    const stride = Math.max(least, Math.min(most, Math.ceil(count * width * 1.25 / COLUMN_BLOCK) * COLUMN_BLOCK));
    const places = stride / width;
    const matrix = region.allocate(count * stride);
    const [sizes, closed] = [region.allocate(stride), region.allocate(stride)];
    const [rows, order] = [region.allocate(places * 4), region.allocate(count * 4 + stride * 2)];
    const merges = region.allocate((count - 1) * 24);
    const view = (address: number, length: number) => {
      return single ? region.floats(address, length) : region.doubles(address, length);
    };
    const admit = single ? core.admitDistances32 : core.admitDistances;
    for (let i = 0; i < count; i++) {
      const [at, distances] = [matrix + i * stride, rowOf(i)];
      const row = view(at, count);
      row.set(distances);
      if (!admit(at, count, method === "ward")) refuse(i, distances);
      row[i] = Infinity;
    }
    view(sizes, places).fill(0).fill(1, 0, count);
    view(closed, places).fill(Infinity).fill(0, 0, count);
    const numbers = region.ints(rows, count);
    for (let i = 0; i < count; i++) numbers[i] = i;
    core.startChain(METHODS[method], count, stride, matrix, sizes, closed, rows, order, merges);
    const next = single ? core.nearestNeighbourChain32 : core.nearestNeighbourChain;
    while (next());
    return region.doubles(merges, (count - 1) * 3).slice();
  });
}

/** Throws an error that names the first bad distance of point i. */
function refuse(i: number, row: Distances): never {
  const j = row.findIndex((distance) => !(distance >= 0 && distance < Math.fround(1e18)));
  const message = `distance ${row[j]} between points ${i} and ${j} is not a number from 0 to 1e18`;
  throw new AnomalyClusterError("bad-argument", message);
}

/**
 * The most axes of a cluster's short vector. The vector also holds the norm of what lies outside the axes, and so has
 * one number less than the core allows.
 */
const CENTROID_AXES = 30;
/** How many centroids are projected at once. */
const PROJECTED = 64;
/** How far rounding may move a squared distance of short vectors, as a share of the largest squared norm. */
const SLACK = 1e-9;

/**
 * Merges points `[count, channels]` into Ward's tree, without a matrix of distances. Returns `[count - 1, 3]`. Each row
 * is one merge: a point of either cluster, and their squared distance. Merges come in the order of the chain.
 * `weights`: how many equal points each point stands for.
 *
 * @throws {AnomalyClusterError} `too-large` when the points do not fit into WASM memory.
 */
export function centroidMerges(
  points: Float32Array,
  count: number,
  channels: number,
  weights?: ArrayLike<number>,
): Float64Array {
  const centre = meanOf(points, count, channels);
  const { axes, basis } = principalAxes({ data: points, channels }, centre, CENTROID_AXES);
  return withRegion((region) => {
    const places = Math.ceil(count / CENTROID_PANEL) * CENTROID_PANEL;
    const centroids = region.copyIn(points);
    const [centreAt, basisAt] = [region.copyIn(centre), region.copyIn(basis)];
    const [sizes, names, shorts] = [places * 4, places * 4, places * CENTROID_NUMBERS * 4].map((size) =>
      region.allocate(size)
    );
    const order = region.allocate(count * 8);
    const scratch = region.allocate(PROJECTED * CENTROID_NUMBERS * 4 + 16 + channels * 32);
    const merges = region.allocate((count - 1) * 24);
    const own = region.floats(sizes, places).fill(0).fill(1, 0, count);
    if (weights) own.set(weights);
    const numbers = region.ints(names, places);
    const panels = region.floats(shorts, places * CENTROID_NUMBERS).fill(Infinity);
    const short = region.floats(scratch, PROJECTED * (axes + 1));
    let largest = 0;
    for (let i = 0; i < count; i++) {
      numbers[i] = i;
      if (i % PROJECTED === 0) {
        const some = Math.min(PROJECTED, count - i);
        region.core.projectPatches(centroids + i * channels * 4, some, channels, centreAt, basisAt, axes, scratch);
      }
      let squared = 0;
      for (let k = 0; k < CENTROID_NUMBERS; k++) {
        const value = k <= axes ? short[i % PROJECTED * (axes + 1) + k] : 0;
        squared += value * value;
        panels[(Math.floor(i / CENTROID_PANEL) * CENTROID_NUMBERS + k) * CENTROID_PANEL + i % CENTROID_PANEL] = value;
      }
      largest = Math.max(largest, squared);
    }
    const slack = largest * SLACK;
    region.core.startCentroidChain(count);
    const next = () => {
      return region.core.centroidChain(
        count,
        channels,
        centroids,
        centreAt,
        basisAt,
        axes,
        slack,
        sizes,
        names,
        shorts,
        order,
        scratch,
        merges,
      );
    };
    while (next());
    return region.doubles(merges, (count - 1) * 3).slice();
  });
}

/** The mean of points: `[channels]`. */
function meanOf(points: Float32Array, count: number, channels: number): Float32Array {
  const sum = new Float64Array(channels);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) sum[channel] += points[i * channels + channel];
  }
  return Float32Array.from(sum, (value) => value / count);
}

/** Euclidean distances between all pairs of points `[count, channels]`, in float64: `[count, count]`. */
export function doubleDistances(points: ArrayLike<number>, count: number, channels: number): Float64Array {
  return withRegion((region) => {
    // Vectors end with zeros, so that the core adds up four numbers at a time.
    const width = Math.ceil(channels / 4) * 4;
    const [vectors, matrix] = [region.allocate(count * width * 8), region.allocate(count * count * 8)];
    const numbers = region.doubles(vectors, count * width).fill(0);
    for (let i = 0; i < count; i++) {
      for (let channel = 0; channel < channels; channel++) {
        numbers[i * width + channel] = points[i * channels + channel];
      }
    }
    region.core.euclideanMatrix(vectors, count, width, matrix);
    return region.doubles(matrix, count * count).slice();
  });
}

/** How many points' distances are found at once: such vectors of some thousand numbers stay in the processor's cache. */
const PANEL = 16;

/** Euclidean distances between all pairs of points `[count, channels]`, in float32: `[count, count]`. */
export function singleDistances(points: Float32Array, count: number, channels: number): Float32Array {
  const distances = new Float32Array(count * count);
  withRegion((region) => {
    const vectors = region.copyIn(points);
    const panel = region.allocate(PANEL * count * 4);
    for (let from = 0; from < count; from += PANEL) {
      const [rows, others] = [Math.min(PANEL, count - from), count - from];
      const at = vectors + from * channels * 4;
      region.core.distancesTo(at, rows, at, others, channels, panel);
      const found = region.floats(panel, rows * others);
      for (let row = 0; row < rows; row++) {
        distances.set(found.subarray(row * others, (row + 1) * others), (from + row) * count + from);
      }
      for (let other = rows; other < others; other++) {
        for (let row = 0; row < rows; row++) {
          distances[(from + other) * count + from + row] = found[row * others + other];
        }
      }
    }
  });
  return distances;
}

/**
 * Calls `use` once for each point, with the point's distances to all `others`. `use` must not keep `row`: it is
 * overwritten.
 */
export function eachDistanceRow(
  points: Float32Array,
  others: Float32Array,
  channels: number,
  use: (i: number, row: Float32Array) => void,
): void {
  withRegion((region) => {
    const to = region.copyIn(others);
    const [count, all] = [others.length / channels, points.length / channels];
    const [vectors, panel] = [region.allocate(PANEL * channels * 4), region.allocate(PANEL * count * 4)];
    for (let from = 0; from < all; from += PANEL) {
      const rows = Math.min(PANEL, all - from);
      region.floats(vectors, rows * channels).set(points.subarray(from * channels, (from + rows) * channels));
      region.core.distancesTo(vectors, rows, to, count, channels, panel);
      for (let row = 0; row < rows; row++) use(from + row, region.floats(panel + row * count * 4, count));
    }
  });
}
