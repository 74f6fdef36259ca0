// Finds where an image's weight lies, in the photo's own pixels. It is only as exact as the patches.

import { type Component, components } from "./components.ts";
import { around, type PhotoSize, type PixelBox, wholePhoto, within } from "../image/pixel_box.ts";

/** The patch grid of one image. */
export interface WeightGrid {
  readonly rows: number;
  readonly cols: number;
}

/** Where the weight lies. */
export interface WeightRegion {
  /** Box around the part with the most weight and the parts that nearly touch it. */
  readonly box: PixelBox;
  /** Box around all patches that the defect may lie on. */
  readonly reach: PixelBox;
  /** A box for each part, the one with the most weight first. */
  readonly parts: readonly PixelBox[];
  /**
   * 1 for each patch that the defect may lie on, `[rows, cols]`: the parts in {@linkcode box} and the patches that
   * continue them.
   */
  readonly patches: Uint8Array;
  /** The part of the photo that the patches cover. */
  readonly window: PixelBox;
}

/** A patch belongs to a part from this share of the way from the background's weight to the largest weight on. */
const HEIGHT = 0.5;

/** The same for patches that continue a part: hysteresis, as for Canny's edges (1986). */
const LOW_HEIGHT = 0.1;

/** A part needs at least this share of the weight above the background that the heaviest part has. */
const LEAST_PART = 0.2;

/** Largest gap, in patches, between parts that belong together. */
const GAP = 1;

/**
 * Finds where an image's weights are concentrated: in connected parts of patches with weights at least half-way between
 * the background (the median weight) and the largest weight. If all weights are equal, the box is everything that the
 * patches cover.
 *
 * @param weights `[rows, cols]`, row-major, not negative
 * @param window the part of the photo that the patches cover, in the photo's pixels. @default all of it
 */
export function weightRegion(
  weights: ArrayLike<number>,
  { rows, cols }: WeightGrid,
  photo: PhotoSize,
  window: PixelBox = wholePhoto(photo),
): WeightRegion {
  const sorted = Float64Array.from(weights).sort();
  const [background, largest] = [sorted[sorted.length >> 1], sorted[sorted.length - 1]];
  const least = background + HEIGHT * (largest - background);
  const parts = components(Uint8Array.from(weights, (weight) => weight >= least ? 1 : 0), cols)
    .map((part) => ({ ...part, excess: part.cells.reduce((sum, cell) => sum + weights[cell] - background, 0) }))
    .sort((a, b) => b.excess - a.excess);
  const kept = parts.filter(({ excess }) => excess >= LEAST_PART * parts[0].excess);
  const main = [kept[0]];
  for (const part of kept.slice(1)) {
    if (main.some(({ bounds }) => apart(bounds, part.bounds) <= GAP)) main.push(part);
  }
  const patches = new Uint8Array(rows * cols);
  const low = background + LOW_HEIGHT * (largest - background);
  const cores = new Set(main.flatMap(({ cells }) => cells));
  const reached = components(Uint8Array.from(weights, (weight) => weight >= low ? 1 : 0), cols)
    .filter(({ cells }) => cells.some((cell) => cores.has(cell)));
  for (const { cells } of reached) for (const cell of cells) patches[cell] = 1;
  const boxOf = ({ bounds: [left, top, right, bottom] }: Component): PixelBox => ({
    left: window.left + left / cols * window.width,
    top: window.top + top / rows * window.height,
    width: (right - left) / cols * window.width,
    height: (bottom - top) / rows * window.height,
  });
  return { box: around(main.map(boxOf)), reach: around(reached.map(boxOf)), parts: kept.map(boxOf), patches, window };
}

type Bounds = Component["bounds"];

/** Returns the gap between two bounds in cells, along the direction in which it is larger. */
function apart([left, top, right, bottom]: Bounds, [otherLeft, otherTop, otherRight, otherBottom]: Bounds): number {
  return Math.max(otherLeft - right, left - otherRight, otherTop - bottom, top - otherBottom, 0);
}

/**
 * Returns the share of an image's weight that lies in a box, which is in the photo's pixels. A patch that the box cuts
 * counts by the share of its area inside. If the result is near the box's share of the area, the weights point nowhere.
 */
export function weightIn(
  box: PixelBox,
  weights: ArrayLike<number>,
  { rows, cols }: WeightGrid,
  window: PixelBox,
): number {
  const [width, height] = [window.width / cols, window.height / rows];
  let [inside, all] = [0, 0];
  for (let m = 0; m < rows * cols; m++) {
    const [left, top] = [window.left + (m % cols) * width, window.top + Math.floor(m / cols) * height];
    const common = within(box, { left, top, width, height });
    inside += weights[m] * common.width * common.height / (width * height);
    all += weights[m];
  }
  return all > 0 ? inside / all : 0;
}
