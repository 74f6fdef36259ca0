// Where an image's weight lies: as coarse as its patches, but on the photo's own pixels.

import { type Component, components } from "./components.ts";
import { around, type PhotoSize, type PixelBox, wholePhoto, within } from "../image/pixel_box.ts";

/** Patches of one image. */
export interface WeightGrid {
  readonly rows: number;
  readonly cols: number;
}

/** Where the weight lies. */
export interface WeightRegion {
  /** Around the part that most of the weight lies in, and those that nearly touch it. */
  readonly box: PixelBox;
  /** Around all that the defect may lie on. */
  readonly reach: PixelBox;
  /** A box for each part, that of most weight first. */
  readonly parts: readonly PixelBox[];
  /** 1 for each patch that the defect may lie on, `[rows, cols]`: the parts in {@linkcode box}, and what goes on from them. */
  readonly patches: Uint8Array;
  /** What the patches cover. */
  readonly window: PixelBox;
}

/** Share of the way from the background's weight to the largest from which a patch belongs to a part: half the height. */
const HEIGHT = 0.5;

/** The same for patches that go on from a part: hysteresis, as of edges by Canny (1986). */
const LOW_HEIGHT = 0.1;

/** A part has at least this share of what the heaviest one has above the background. */
const LEAST_PART = 0.2;

/** Patches between parts that belong together. */
const GAP = 1;

/**
 * Finds where an image's weights are concentrated: patches that lie at least half-way between the background (the median
 * weight) and the largest weight, in connected parts. Weights that are all equal point at nothing: the box is then all
 * that the patches cover.
 *
 * @param weights `[rows, cols]`, row-major, not negative
 * @param window what the patches cover of the photo, in its pixels. @default all of it
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

/** Cells between two bounds, along the direction in which they are farther from each other. */
function apart([left, top, right, bottom]: Bounds, [otherLeft, otherTop, otherRight, otherBottom]: Bounds): number {
  return Math.max(otherLeft - right, left - otherRight, otherTop - bottom, top - otherBottom, 0);
}

/**
 * Share of an image's weight that lies in a box, in the photo's pixels; of patches that it cuts, the share of their area.
 * Near the box's share of the area, the weights point at nothing.
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
