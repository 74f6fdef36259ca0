// Images as points of a few numbers, from their distances: what is learned from, and what a report can carry.

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { ensure } from "../errors.ts";
import { evenly } from "../evenly.js";
import type { DistanceMatrix } from "../types.ts";

/** Numbers of a point. With more or fewer, learning was no better. */
const DIMENSIONS = 64;
/** Images that span the points: eigenvectors take the cube of their number. */
const MOST_ANCHORS = 400;
/** Axes whose variance is a smaller share of the largest are noise. */
const LEAST_SHARE = 1e-9;

/** Images as points on a sphere. */
export interface ImagePoints {
  /** `[count, dims]`, row-major; each row has length 1, or 0 for an image in the middle of all. */
  readonly data: Float32Array;
  /** Number of images. */
  readonly count: number;
  /** Numbers of a point, at most 64. */
  readonly dims: number;
}

/** How an image becomes a point by its distances to some images, the anchors. */
export interface PointAxes {
  /** The anchors, by number among the images that the axes were found from. */
  readonly anchors: Int32Array;
  /** Mean of the squared distances of each anchor to all anchors: `[anchors]`. */
  readonly means: Float64Array;
  /** Eigenvectors ÷ the root of their eigenvalues: `[anchors, dims]`. */
  readonly axes: Float32Array;
  /** Numbers of a point. */
  readonly dims: number;
}

/**
 * Points whose directions from the middle of all images are, as nearly as 64 numbers allow, those that the distances tell
 * (classical scaling: Torgerson 1952; by anchors: de Silva and Tenenbaum 2004). How far an image lies from the middle,
 * which says how strong a defect is more than of which kind, is left out.
 *
 * @throws {AnomalyClusterError} `bad-argument` for fewer than 2 images.
 */
export function pointsOf(distances: DistanceMatrix): { points: ImagePoints; axes: PointAxes } {
  const { count } = distances;
  ensure(count >= 2, `points need at least 2 images, got ${count}`);
  const axes = fitAxes(distances);
  const { anchors, dims } = axes;
  const data = new Float32Array(count * dims);
  const squared = new Float64Array(anchors.length);
  for (let i = 0; i < count; i++) {
    anchors.forEach((anchor, at) => squared[at] = distances.data[i * count + anchor] ** 2);
    data.set(pointBy(axes, squared), i * dims);
  }
  return { points: { data, count, dims }, axes };
}

/**
 * The point of another image (Gower 1968).
 *
 * @param squared its squared distances to the anchors, in their order.
 */
export function pointBy({ means, axes, dims }: PointAxes, squared: Float64Array): Float32Array {
  const own = squared.reduce((sum, value) => sum + value, 0) / squared.length;
  const all = means.reduce((sum, value) => sum + value, 0) / means.length;
  const point = new Float64Array(dims);
  squared.forEach((value, anchor) => {
    const inner = (own + means[anchor] - value - all) / 2;
    for (let dim = 0; dim < dims; dim++) point[dim] += inner * axes[anchor * dims + dim];
  });
  const length = Math.sqrt(point.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(point, (value) => length > 0 ? value / length : 0);
}

function fitAxes({ data, count }: DistanceMatrix): PointAxes {
  const anchors = Int32Array.from(evenly(count, Math.min(count, MOST_ANCHORS)));
  const size = anchors.length;
  const squared = (a: number, b: number) => data[anchors[a] * count + anchors[b]] ** 2;
  const means = new Float64Array(size);
  for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) means[a] += squared(a, b) / size;
  const all = means.reduce((sum, value) => sum + value, 0) / size;
  const inner = (a: number, b: number) => (means[a] + means[b] - squared(a, b) - all) / 2;
  // Of lengths 1: then no image weighs more because its defect is strong.
  const lengths = Float64Array.from(anchors, (_, a) => Math.sqrt(Math.max(inner(a, a), 1e-300)));
  const gram = new Matrix(size, size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b <= a; b++) {
      const value = inner(a, b) / (lengths[a] * lengths[b]);
      gram.set(a, b, value);
      gram.set(b, a, value);
    }
  }
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(gram, {
    assumeSymmetric: true,
  });
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, DIMENSIONS);
  const kept = order.filter((axis) => values[axis] > LEAST_SHARE * Math.max(values[order[0]], 1e-300));
  const dims = Math.max(1, kept.length);
  const axes = new Float32Array(size * dims);
  kept.forEach((axis, dim) => {
    // Which way an axis points is chance: so that every runtime gives the same, its largest number is positive.
    const column = vectors.getColumn(axis);
    const most = column.reduce((a, b) => Math.abs(b) > Math.abs(a) + 1e-9 ? b : a, 0);
    const scale = (most < 0 ? -1 : 1) / Math.sqrt(values[axis]);
    column.forEach((value, a) => axes[a * dims + dim] = scale * value / lengths[a]);
  });
  return { anchors, means, axes, dims };
}
