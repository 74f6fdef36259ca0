// The nearest-neighbour chain on the WASM core.

import { AnomalyClusterError } from "../errors.ts";
import type { Distances } from "../types.ts";
import { principalAxes } from "./axes.ts";
import { withRegion } from "./memory.ts";

/** The reducible linkages. */
export type LinkageMethod = "single" | "complete" | "average" | "ward";

const METHODS: Readonly<Record<LinkageMethod, number>> = { single: 0, complete: 1, average: 2, ward: 3 };

/** From here on distances are kept as float32: half the memory and time, heights to about 1e-6. */
export const SINGLE_PRECISION_FROM = 5000;

/** Most points whose float32 matrix fits into the 4 GiB of a WASM memory. */
export const MOST_POINTS = 32500;

/** Throws `too-large` above {@linkcode MOST_POINTS}. */
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

/**
 * Merges in the order of the chain, `[count - 1, 3]`: a point of either cluster, and the distance. `fill` writes row i
 * of the distances; for Ward these and the merges' are squared.
 */
export function chainMerges(
  fill: (i: number, row: Distances) => void,
  count: number,
  method: LinkageMethod,
): Float64Array {
  checkPointCount(count);
  const width = count < SINGLE_PRECISION_FROM ? 8 : 4;
  return withRegion((region) => {
    const padded = Math.ceil(count * width / 16) * 16 / width;
    const matrix = region.allocate(count * padded * width);
    const [sizes, closed] = [region.allocate(padded * width), region.allocate(padded * width)];
    const [names, order] = [region.allocate(count * 4), region.allocate(count * 8)];
    const merges = region.allocate((count - 1) * 24);
    const view = (address: number, length: number) => {
      return width === 8 ? region.doubles(address, length) : region.floats(address, length);
    };
    for (let i = 0; i < count; i++) {
      const row = view(matrix + i * padded * width, count);
      fill(i, row);
      row[i] = Infinity;
    }
    view(sizes, padded).fill(0).fill(1, 0, count);
    view(closed, padded).fill(Infinity).fill(0, 0, count);
    const numbers = region.ints(names, count);
    for (let i = 0; i < count; i++) numbers[i] = i;
    const chain = width === 8 ? region.core.nearestNeighbourChain : region.core.nearestNeighbourChain32;
    region.core.startChain(count);
    while (chain(METHODS[method], count, padded * width, matrix, sizes, closed, names, order, merges));
    return region.doubles(merges, (count - 1) * 3).slice();
  });
}

/** Axes that clusters' short vectors have; the core's panels hold these, the rest's norm and a zero. */
const CENTROID_AXES = 30;
/** Numbers of a short vector, and clusters in a panel of them, as core-as/centroids.ts has them. */
const [SHORT, PANEL] = [32, 4];
/** Centroids that are projected at once. */
const PROJECTED = 64;
/** What rounding may move a squared distance of short vectors by, in squares of the largest norm. */
const SLACK = 1e-9;

/**
 * Ward's merges in the order of the chain, `[count - 1, 3]`: a point of either cluster, and the squared distance. From
 * `points`, `[count, channels]`, each standing for `weights` equal ones, without a matrix.
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
    const places = Math.ceil(count / PANEL) * PANEL;
    const centroids = region.copyIn(points);
    const [centreAt, basisAt] = [region.copyIn(centre), region.copyIn(basis)];
    const [sizes, names, shorts] = [places * 4, places * 4, places * SHORT * 4].map((size) => region.allocate(size));
    const order = region.allocate(count * 8);
    const scratch = region.allocate(PROJECTED * SHORT * 4 + 16 + channels * 32);
    const merges = region.allocate((count - 1) * 24);
    const own = region.floats(sizes, places).fill(0).fill(1, 0, count);
    if (weights) own.set(weights);
    const numbers = region.ints(names, places);
    const panels = region.floats(shorts, places * SHORT).fill(Infinity);
    const short = region.floats(scratch, PROJECTED * (axes + 1));
    let largest = 0;
    for (let i = 0; i < count; i++) {
      numbers[i] = i;
      if (i % PROJECTED === 0) {
        const some = Math.min(PROJECTED, count - i);
        region.core.projectPatches(centroids + i * channels * 4, some, channels, centreAt, basisAt, axes, scratch);
      }
      let squared = 0;
      for (let k = 0; k < SHORT; k++) {
        const value = k <= axes ? short[i % PROJECTED * (axes + 1) + k] : 0;
        squared += value * value;
        panels[(Math.floor(i / PANEL) * SHORT + k) * PANEL + i % PANEL] = value;
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

function meanOf(points: Float32Array, count: number, channels: number): Float32Array {
  const sum = new Float64Array(channels);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) sum[channel] += points[i * channels + channel];
  }
  return Float32Array.from(sum, (value) => value / count);
}

/** Euclidean distances of all pairs of `count` points in float32: `[count, count]`. */
export function singleDistances(points: Float32Array, count: number, channels: number): Float32Array {
  const distances = new Float32Array(count * count);
  eachDistanceRow(points, points, channels, (i, row) => distances.set(row, i * count));
  return distances;
}

/** Hands over each point's distances to the others, in turn: read them before the next. */
export function eachDistanceRow(
  points: Float32Array,
  others: Float32Array,
  channels: number,
  use: (i: number, row: Float32Array) => void,
): void {
  withRegion((region) => {
    const to = region.copyIn(others);
    const point = region.allocate(channels * 4);
    const count = others.length / channels;
    const row = region.allocate(count * 4);
    for (let i = 0; i < points.length / channels; i++) {
      region.floats(point, channels).set(points.subarray(i * channels, (i + 1) * channels));
      region.core.distancesTo(point, to, count, channels, row);
      use(i, region.floats(row, count));
    }
  });
}
