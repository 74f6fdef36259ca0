// Finds the pixels of a defect: those that differ from the surroundings by more than the surroundings vary.

import { boxMeans } from "../core/means_kernel.ts";
import type { Raster } from "../types.ts";
import { boundsOf, type Component, components } from "./components.ts";
import { labOf, type LabPlanes } from "./lab.ts";
import { takeMedian } from "./median.ts";
import { otsuThreshold } from "./otsu.ts";
import { smoothed } from "./smooth.ts";

/** The pixels of a defect, and how they differ from its surroundings. */
export interface Segment {
  /** Its connected parts, the largest first. */
  readonly parts: readonly Component[];
  /** 1 for each pixel of the defect, else 0. */
  readonly mask: Uint8Array;
  /** Number of the defect's pixels. */
  readonly pixels: number;
  /** Width of the image in pixels. */
  readonly width: number;
  /** L, a and b of each pixel minus the surroundings: the median of a ring around the defect. */
  readonly differences: readonly [Float32Array, Float32Array, Float32Array];
  /** Length of these differences in CIELAB (ΔE of 1976). */
  readonly distance: Float32Array;
  /** Whether the defect stands out only in the broadly smoothed image. Its edges then look wider than they are. */
  readonly isBroad: boolean;
}

/** At which sides the photo goes on beyond the image. */
export interface OpenSides {
  readonly left: boolean;
  readonly top: boolean;
  readonly right: boolean;
  readonly bottom: boolean;
}

/** A difference counts from this many standard deviations of the surroundings on. */
const DEVIATIONS = 5;

/** Standard deviation of a normal distribution, in median absolute deviations. */
const NORMAL = 1.4826;

/** Most pixels, evenly spread, from which the variation of the surroundings is found. */
const SAMPLE = 10_000;

/** Nobody sees a difference below this, in units of CIELAB. */
const LEAST_DISTANCE = 3;

/** Smallest number of pixels of a defect, and smallest part as a share of the largest one. */
const [LEAST_PIXELS, LEAST_PART] = [8, 0.04];

/** Margin of the window for the last threshold, on each side, as a share of the size of what was found. */
const MARGIN = 0.5;

/**
 * Radii in pixels by which the image is smoothed before it is compared. The fine radius keeps thin marks. The broad one
 * finds faint stains; it is used if nothing stands out of a coarse texture with the fine one.
 */
const [FINE, BROAD] = [1, 4];

/**
 * What lies in the search area with less than this share is no defect, nor is what goes on beyond the image. The rims
 * of a product are such things.
 */
const MOST_INSIDE = 0.5;

/** How often the surroundings are smoothed, each time without what counts as the defect by then. */
const ROUNDS = 3;

/**
 * Pixels between a defect and the ring that it is compared with, and the width of the ring as a share of the square
 * root of the defect's area.
 */
const [GAP, RING] = [2, 0.25];

/**
 * Segments the defect in an image that shows it and its surroundings. The image is compared, in CIELAB, with the
 * surroundings: the image smoothed over a sixth of its size, without the defect (normalised convolution). A pixel
 * belongs to the defect if it differs by more than the surroundings vary (median and median absolute deviation) and by
 * more than Otsu's threshold near what was found. Returns nothing if nothing stands out.
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
  { planes, isGrey, width, height }: LabPlanes,
  search: Uint8Array,
  open: OpenSides,
  by: number,
): Segment | undefined {
  const goesOn = ({ bounds: [left, top, right, bottom] }: Component) => {
    return open.left && left === 0 || open.top && top === 0 || open.right && right === width ||
      open.bottom && bottom === height;
  };
  // The colours of a grey image are 0 everywhere: there is nothing to smooth.
  const fine = planes.slice(0, isGrey ? 1 : 3).map((plane) => boxMeans(plane, width, by, 2));
  const radius = Math.max(3 * by, Math.round(Math.min(width, height) / 12));
  let counts: Float32Array | undefined;
  let [distance, noise]: [Float32Array, number] = [new Float32Array(), 0];
  for (let round = 1;; round++) {
    const around = smoothed(fine, width, radius, counts);
    distance = lengthsOf(fine.map((plane, channel) => minus(plane, around[channel])));
    noise = spreadOf(distance, search);
    if (round === ROUNDS) break;
    const beyond = new Float32Array(distance.length);
    for (let at = 0; at < distance.length; at++) if (search[at] && distance[at] > noise) beyond[at] = 1;
    const grown = boxMeans(beyond, width, 2);
    let left = 0;
    counts = new Float32Array(distance.length);
    for (let at = 0; at < grown.length; at++) if (grown[at] <= 0) left += counts[at] = 1;
    if (left === 0) break;
  }
  const above = (threshold: number) => {
    const mask = new Uint8Array(distance.length);
    for (let at = 0; at < distance.length; at++) if (distance[at] > threshold) mask[at] = 1;
    const found = components(mask, width);
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

/** Returns the differences of all pixels from the median of the ring around the defect. */
function comparedWithRing(
  planes: readonly Float32Array[],
  mask: Uint8Array,
  pixels: number,
  width: number,
): Pick<Segment, "differences" | "distance"> {
  const within = (by: number) => boxMeans(Float32Array.from(mask), width, by);
  const [near, far] = [within(GAP), within(GAP + Math.max(3, Math.round(RING * Math.sqrt(pixels))))];
  const around: number[] = [];
  for (let at = 0; at < mask.length; at++) if (near[at] <= 0 && far[at] > 0) around.push(at);
  if (around.length === 0) { for (let at = 0; at < mask.length; at++) if (!mask[at]) around.push(at); }
  const found = planes.map((plane) => {
    const median = takeMedian(Float32Array.from(around, (at) => plane[at]));
    return plane.map((value) => value - median);
  });
  const [lightness, a = new Float32Array(mask.length), b = a] = found;
  return { differences: [lightness, a, b], distance: lengthsOf(found) };
}

function minus(plane: Float32Array, other: Float32Array): Float32Array {
  const result = new Float32Array(plane.length);
  for (let at = 0; at < plane.length; at++) result[at] = plane[at] - other[at];
  return result;
}

/** Lengths of the differences; of a grey image only the lightness differs. */
function lengthsOf([lightness, a, b]: readonly Float32Array[]): Float32Array {
  const lengths = new Float32Array(lightness.length);
  if (!a || !b) {
    for (let at = 0; at < lengths.length; at++) lengths[at] = Math.abs(lightness[at]);
    return lengths;
  }
  for (let at = 0; at < lengths.length; at++) {
    lengths[at] = Math.sqrt(lightness[at] * lightness[at] + a[at] * a[at] + b[at] * b[at]);
  }
  return lengths;
}

function shareIn(cells: readonly number[], search: Uint8Array): number {
  return cells.reduce((sum, cell) => sum + search[cell], 0) / cells.length;
}

/**
 * Returns the largest difference that the surroundings still show. They are what lies outside the search area or, if
 * that is less than an eighth of the image, all pixels.
 */
function spreadOf(distance: Float32Array, search: Uint8Array): number {
  const places = new Float32Array(distance.length);
  let outside = 0;
  for (let at = 0; at < distance.length; at++) if (!search[at]) places[outside++] = distance[at];
  const all = outside >= distance.length / 8 ? places.subarray(0, outside) : distance;
  const step = Math.max(1, Math.floor(all.length / SAMPLE));
  const values = new Float32Array(Math.floor(all.length / step));
  for (let at = 0; at < values.length; at++) values[at] = all[at * step];
  const median = takeMedian(values);
  for (let at = 0; at < values.length; at++) values[at] = Math.abs(values[at] - median);
  const deviation = takeMedian(values) * NORMAL;
  return Math.max(LEAST_DISTANCE, median + DEVIATIONS * deviation);
}

/** Returns the components that stand out: those with at least a tenth of the strength of the strongest one. */
function mostOf(found: readonly Component[], distance: Float32Array): Component[] {
  const strength = ({ cells }: Component) => cells.reduce((sum, cell) => sum + distance[cell], 0);
  const sorted = found.map((one) => ({ one, strength: strength(one) })).sort((a, b) => b.strength - a.strength);
  return sorted.filter((one) => one.strength >= 0.1 * sorted[0].strength).map(({ one }) => one);
}

/** Returns the differences in a window around some components. */
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
