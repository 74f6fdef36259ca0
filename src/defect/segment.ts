// The pixels of a defect: what differs from its surroundings by more than they do among themselves.

import type { Raster } from "../types.ts";
import { boundsOf, type Component, components } from "./components.ts";
import { labOf, type LabPlanes } from "./lab.ts";
import { otsuThreshold } from "./otsu.ts";
import { boxMeans, smoothedWhere } from "./smooth.ts";

/** A defect told apart from its surroundings. */
export interface Segment {
  /** Its connected parts, the largest first. */
  readonly parts: readonly Component[];
  /** 1 for each of its pixels. */
  readonly mask: Uint8Array;
  /** How many these are. */
  readonly pixels: number;
  /** In pixels. */
  readonly width: number;
  /** L, a and b of each pixel minus those of the surroundings: the median of a ring around the defect. */
  readonly differences: readonly [Float32Array, Float32Array, Float32Array];
  /** Length of that difference in CIELAB (ΔE of 1976). */
  readonly distance: Float32Array;
  /** Whether it stands out only where the image is smoothed: edges are then wider than they are. */
  readonly isBroad: boolean;
}

/** At which sides of an image the photo goes on. */
export interface OpenSides {
  readonly left: boolean;
  readonly top: boolean;
  readonly right: boolean;
  readonly bottom: boolean;
}

/** Deviations of the surroundings from which a difference counts. */
const DEVIATIONS = 5;

/** Standard deviations of a normal distribution for one median absolute deviation. */
const NORMAL = 1.4826;

/** Pixels, evenly, that the spread of the surroundings is found from. */
const SAMPLE = 10_000;

/** Below so many units of CIELAB nobody sees a difference. */
const LEAST_DISTANCE = 3;

/** Smallest number of pixels of a defect, and of one of its parts as a share of the largest. */
const [LEAST_PIXELS, LEAST_PART] = [8, 0.04];

/** By how much the window of the last threshold is larger than what is found, either way. */
const MARGIN = 0.5;

/**
 * Pixels that the image is smoothed by, either way, before it is compared: finely, which keeps thin marks, and where nothing
 * then stands out of a coarse texture, broadly, which finds faint stains.
 */
const [FINE, BROAD] = [1, 4];

/**
 * What has less than this share of itself in the search, or goes on beyond the image, is no defect: so do the rims of a
 * product.
 */
const MOST_INSIDE = 0.5;

/** Times that the surroundings are smoothed anew, without what then counts as the defect. */
const ROUNDS = 3;

/** Pixels between a defect and the ring around it that it is compared with, and the ring's width in diameters. */
const [GAP, RING] = [2, 0.25];

/**
 * Segments the defect in an image of it and its surroundings: pixels that differ, in CIELAB, from the surroundings smoothed
 * over a sixth of the image (without the defect, by normalised convolution) by more than these vary (median and median
 * absolute deviation), and by more than Otsu's threshold near what is found. Nothing where nothing stands out.
 *
 * @param search 1 where the defect may lie, `width * height`
 * @param open at which sides the photo goes on. @default at none
 */
export function segmentDefect(image: Raster, search: Uint8Array, open: OpenSides = CLOSED): Segment | undefined {
  const lab = labOf(image);
  return segmentSmoothed(lab, search, open, FINE) ?? segmentSmoothed(lab, search, open, BROAD);
}

const CLOSED: OpenSides = { left: false, top: false, right: false, bottom: false };

function segmentSmoothed(
  { planes, width, height }: LabPlanes,
  search: Uint8Array,
  open: OpenSides,
  by: number,
): Segment | undefined {
  const goesOn = ({ bounds: [left, top, right, bottom] }: Component) => {
    return open.left && left === 0 || open.top && top === 0 || open.right && right === width ||
      open.bottom && bottom === height;
  };
  const fine = planes.map((plane) => boxMeans(boxMeans(plane, width, by), width, by));
  const radius = Math.max(3 * by, Math.round(Math.min(width, height) / 12));
  let counts = new Float32Array(width * height).fill(1);
  let [distance, noise]: [Float32Array, number] = [new Float32Array(), 0];
  for (let round = 0; round < ROUNDS; round++) {
    const around = smoothedWhere(fine, counts, width, radius);
    distance = lengthsOf(fine.map((plane, channel) => plane.map((value, at) => value - around[channel][at])));
    noise = spreadOf(distance, search);
    const found = boxMeans(distance.map((value, at) => search[at] && value > noise ? 1 : 0), width, 2);
    counts = found.map((share) => share > 0 ? 0 : 1);
    if (counts.every((count) => count === 0)) break;
  }
  const above = (threshold: number) => {
    const found = components(distance.map((value) => value > threshold ? 1 : 0), width);
    return found.filter((one) => !goesOn(one) && shareIn(one.cells, search) >= MOST_INSIDE);
  };
  const standing = mostOf(above(noise), distance);
  if (standing.length === 0) return undefined;
  const found = above(Math.max(noise, otsuThreshold(near(standing, distance, width))));
  const largest = found.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  const parts = found.filter(({ cells }) => cells.length >= Math.max(3, LEAST_PART * largest))
    .sort((a, b) => b.cells.length - a.cells.length);
  const pixels = parts.reduce((sum, { cells }) => sum + cells.length, 0);
  if (pixels < LEAST_PIXELS * by * by) return undefined;
  const mask = new Uint8Array(width * height);
  for (const { cells } of parts) for (const cell of cells) mask[cell] = 1;
  return { parts, mask, pixels, width, isBroad: by > FINE, ...comparedWithRing(fine, mask, pixels, width) };
}

/** Differences of pixels from the median of those around the defect. */
function comparedWithRing(
  planes: readonly Float32Array[],
  mask: Uint8Array,
  pixels: number,
  width: number,
): Pick<Segment, "differences" | "distance"> {
  const within = (by: number) => boxMeans(Float32Array.from(mask), width, by);
  const [near, far] = [within(GAP), within(GAP + Math.max(3, Math.round(RING * Math.sqrt(pixels))))];
  const ring = [...near.keys()].filter((at) => near[at] <= 0 && far[at] > 0);
  const around = ring.length ? ring : [...near.keys()].filter((at) => !mask[at]);
  const [lightness, a, b] = planes.map((plane) => {
    const values = Float32Array.from(around, (at) => plane[at]).sort();
    return plane.map((value) => value - values[values.length >> 1]);
  });
  return { differences: [lightness, a, b], distance: lengthsOf([lightness, a, b]) };
}

function lengthsOf([lightness, a, b]: readonly Float32Array[]): Float32Array {
  return lightness.map((value, at) => Math.sqrt(value * value + a[at] * a[at] + b[at] * b[at]));
}

function shareIn(cells: readonly number[], search: Uint8Array): number {
  return cells.reduce((sum, cell) => sum + search[cell], 0) / cells.length;
}

/** Beyond it differences are no longer those of the surroundings, by what lies outside the search, or the lower half. */
function spreadOf(distance: Float32Array, search: Uint8Array): number {
  const outside = distance.filter((_, at) => !search[at]);
  const all = outside.length >= distance.length / 8 ? outside : distance;
  const step = Math.max(1, Math.floor(all.length / SAMPLE));
  const values = Float32Array.from({ length: Math.floor(all.length / step) }, (_, at) => all[at * step]).sort();
  const median = values[values.length >> 1];
  const deviation = values.map((value) => Math.abs(value - median)).sort()[values.length >> 1] * NORMAL;
  return Math.max(LEAST_DISTANCE, median + DEVIATIONS * deviation);
}

/** The components that stand out: together all but a tenth of what is above the noise of the strongest. */
function mostOf(found: readonly Component[], distance: Float32Array): Component[] {
  const strength = ({ cells }: Component) => cells.reduce((sum, cell) => sum + distance[cell], 0);
  const sorted = found.map((one) => ({ one, strength: strength(one) })).sort((a, b) => b.strength - a.strength);
  return sorted.filter((one) => one.strength >= 0.1 * sorted[0].strength).map(({ one }) => one);
}

/** Differences in a window around some components. */
function near(found: readonly Component[], distance: Float32Array, width: number): Float32Array {
  const height = distance.length / width;
  const [left, top, right, bottom] = boundsOf(found);
  const [wide, high] = [Math.ceil((right - left) * MARGIN), Math.ceil((bottom - top) * MARGIN)];
  const values: number[] = [];
  for (let y = Math.max(0, top - high); y < Math.min(height, bottom + high); y++) {
    for (let x = Math.max(0, left - wide); x < Math.min(width, right + wide); x++) values.push(distance[y * width + x]);
  }
  return Float32Array.from(values);
}
