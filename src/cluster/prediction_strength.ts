// Measures whether groups that are found in one half of the images are found in the other half too.

import { randomSample } from "../random.ts";
import type { DistanceMatrix } from "../types.ts";
import { cut } from "./cut.ts";
import { linkage, type LinkageMethod } from "./linkage.ts";
import { submatrix } from "./subsets.ts";

/** How many times the images are halved. */
const HALVINGS = 10;

/** How well the groups of one half of the images predict those of the other half, from 0 to 1. */
export interface PredictionStrength {
  /** Mean over the groups. */
  readonly mean: number;
  /** The strength of the group that is predicted least well. */
  readonly least: number;
}

/**
 * Prediction strength (Tibshirani and Walther 2005) of a linkage's cuts, for each number of groups in `counts`. The
 * images are halved at random, and both halves are linked. Then the images of each half are put into the nearest group
 * of the other half. The strength of a group is the share of its pairs of images that are put into one group again. The
 * result is the mean of 10 halvings, both ways. Groups of one image have no pairs and are left out. The result is 0 if
 * there are more groups than images in a half.
 */
export function predictionStrengths(
  distances: DistanceMatrix,
  method: LinkageMethod,
  counts: readonly number[],
): PredictionStrength[] {
  const { count } = distances;
  const found = counts.map(() => ({ mean: 0, least: 0, told: 0 }));
  for (let seed = 1; seed <= HALVINGS; seed++) {
    const chosen = new Set(randomSample(count, Math.floor(count / 2), seed));
    const halves = [true, false].map((own) => Int32Array.from(rangeOf(count).filter((i) => chosen.has(i) === own)));
    const squared = halves.map((half) => squaresOf(distances, half, half));
    const trees = halves.map((half) => linkage(submatrix(distances, half), method));
    const between = squaresOf(distances, halves[0], halves[1]);
    const both = [between, transposed(between, halves[0].length)];
    counts.forEach((k, at) => {
      if (k > halves[0].length) return;
      const groups = trees.map((tree) => cut(tree, k));
      for (const own of [0, 1]) {
        const other = 1 - own;
        const predicted = nearestGroups(both[own], groups[other], withinGroups(squared[other], groups[other], k), k);
        const strengths = pairsKept(groups[own], predicted, k);
        if (strengths.length === 0) continue;
        found[at].mean += strengths.reduce((sum, strength) => sum + strength, 0) / strengths.length;
        found[at].least += Math.min(...strengths);
        found[at].told++;
      }
    });
  }
  return found.map(({ mean, least, told }) => ({ mean: told && mean / told, least: told && least / told }));
}

/** Squared distances between some images and others: `[rows, columns]`. */
function squaresOf({ data, count }: DistanceMatrix, rows: Int32Array, columns: Int32Array): Float64Array {
  const squares = new Float64Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => squares[i * columns.length + j] = data[row * count + column] ** 2);
  });
  return squares;
}

function transposed(values: Float64Array, rows: number): Float64Array {
  const columns = values.length / rows;
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
}

/** Mean squared distance of a group's images from their mean, computed from their distances to each other. */
function withinGroups(squares: Float64Array, groups: Int32Array, k: number): Float64Array {
  const count = groups.length;
  const [sums, sizes] = [new Float64Array(k), sizesOf(groups, k)];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) if (groups[i] === groups[j]) sums[groups[i]] += squares[i * count + j];
  }
  return sums.map((sum, group) => sum / (2 * sizes[group] ** 2));
}

/**
 * The group whose mean is nearest to each image. `squares` holds squared distances `[images, members of the groups]`.
 * The squared distance to a group's mean is the mean squared distance to its members, minus the members' mean squared
 * distance from that mean.
 */
function nearestGroups(squares: Float64Array, groups: Int32Array, within: Float64Array, k: number): Int32Array {
  const members = groups.length;
  const sizes = sizesOf(groups, k);
  return Int32Array.from({ length: squares.length / members }, (_, image) => {
    const sums = new Float64Array(k);
    for (let j = 0; j < members; j++) sums[groups[j]] += squares[image * members + j];
    let nearest = 0;
    for (let group = 1; group < k; group++) {
      const [here, best] = [group, nearest].map((one) => sums[one] / sizes[one] - within[one]);
      if (here < best) nearest = group;
    }
    return nearest;
  });
}

/** For each group of at least two images, the share of its pairs that are predicted to lie together. */
function pairsKept(groups: Int32Array, predicted: Int32Array, k: number): number[] {
  const together = Array.from({ length: k }, () => new Int32Array(k));
  groups.forEach((group, image) => together[group][predicted[image]]++);
  return together.flatMap((counts) => {
    const size = counts.reduce((sum, count) => sum + count, 0);
    if (size < 2) return [];
    return [counts.reduce((sum, count) => sum + count * (count - 1), 0) / (size * (size - 1))];
  });
}

function sizesOf(groups: Int32Array, k: number): Int32Array {
  const sizes = new Int32Array(k);
  for (const group of groups) sizes[group]++;
  return sizes;
}

function rangeOf(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
