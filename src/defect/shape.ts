// Measures the shape of a set of pixels, in the terms of scikit-image's `regionprops`.

import { boundsOf, type Component } from "./components.ts";

/** A shape. Lengths are in pixels of the mask. */
export interface Shape {
  /** Number of pixels. */
  readonly area: number;
  /** Mean place of the pixels' middles, from the top left corner of the mask. */
  readonly centroid: readonly [x: number, y: number];
  /** Full length of the longer axis of the ellipse with the same second moments. */
  readonly majorAxis: number;
  readonly minorAxis: number;
  /** Eccentricity of that ellipse: 0 for a circle, near 1 for a line. */
  readonly eccentricity: number;
  /** Longer by shorter axis, from 1 on. Each pixel counts as a square, not as a point. */
  readonly elongation: number;
  /** Orientation of the longer axis, in degrees from 0 (lying) to below 180, counter-clockwise. 90 is upright. */
  readonly orientation: number;
  /** Share of the bounding box that the pixels fill. */
  readonly extent: number;
}

/** Variance of a square pixel in either direction. Without it a line of pixels would be infinitely elongated. */
const PIXEL = 1 / 12;

/** Measures the pixels of some parts together. `width` is the width of the mask. */
export function shapeOf(parts: readonly Component[], width: number): Shape {
  const cells = parts.flatMap((part) => part.cells);
  const area = cells.length;
  const [xs, ys] = [cells.map((cell) => cell % width), cells.map((cell) => Math.floor(cell / width))];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / area;
  const [x, y] = [mean(xs), mean(ys)];
  const xx = mean(xs.map((value) => (value - x) ** 2));
  const yy = mean(ys.map((value) => (value - y) ** 2));
  const xy = mean(xs.map((value, at) => (value - x) * (ys[at] - y)));
  const [half, root] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  const [large, small] = [half + root, Math.max(0, half - root)];
  const degrees = -Math.atan2(2 * xy, xx - yy) / 2 * 180 / Math.PI; // y grows downwards.
  const [left, top, right, bottom] = boundsOf(parts);
  return {
    area,
    centroid: [x + 0.5, y + 0.5],
    majorAxis: 4 * Math.sqrt(large),
    minorAxis: 4 * Math.sqrt(small),
    eccentricity: large > 0 ? Math.sqrt(1 - small / large) : 0,
    elongation: Math.sqrt((large + PIXEL) / (small + PIXEL)),
    orientation: (degrees + 360) % 180,
    extent: area / ((right - left) * (bottom - top)),
  };
}
