// Turns distances between images into points with few coordinates. Learning uses these points, and a report has room
// for them.

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { ensure } from "../errors.ts";
import { evenly } from "../evenly.js";
import type { DistanceMatrix } from "../types.ts";

/** Most coordinates of a point. With more or fewer, learning was no better. */
const DIMENSIONS = 64;
/** Most images that the axes are computed from: the cost of eigenvectors grows with the cube of their number. */
const MOST_ANCHORS = 400;
/** Axes with a smaller share of the largest variance are noise. */
const LEAST_SHARE = 1e-9;

/** Images as points on a sphere. */
export interface ImagePoints {
  /** `[count, dims]`, row-major. Each row has length 1, or 0 for an image in the middle of all images. */
  readonly data: Float32Array;
  /** Number of images. */
  readonly count: number;
  /** Number of coordinates of a point, at most 64. */
  readonly dims: number;
}

/** What turns an image's distances to some images, the anchors, into a point. */
export interface PointAxes {
  /** Indices of the anchors among the images that the axes were computed from. */
  readonly anchors: Int32Array;
  /** Mean of the squared distances of each anchor to all anchors: `[anchors]`. */
  readonly means: Float64Array;
  /** Eigenvectors ÷ the root of their eigenvalues: `[anchors, dims]`. */
  readonly axes: Float32Array;
  /** Number of coordinates of a point. */
  readonly dims: number;
}

/**
 * Makes points from distances. The direction of each point from the middle of all images follows the distances as
 * closely as 64 numbers allow (classical scaling: Torgerson 1952; by anchors: de Silva and Tenenbaum 2004). How far an
 * image lies from the middle is left out: it says how strong a defect is rather than which kind it is.
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
 * Returns the point of another image (Gower 1968).
 *
 * @param squared the image's squared distances to the anchors, in their order.
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
  // All points are scaled to length 1, so that no image weighs more because its defect is strong.
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
    // The sign of an axis is arbitrary. Its largest number is made positive, so that every runtime gives the same axes.
    const column = vectors.getColumn(axis);
    const most = column.reduce((a, b) => Math.abs(b) > Math.abs(a) + 1e-9 ? b : a, 0);
    const scale = (most < 0 ? -1 : 1) / Math.sqrt(values[axis]);
    column.forEach((value, a) => axes[a * dims + dim] = scale * value / lengths[a]);
  });
  return { anchors, means, axes, dims };
}
