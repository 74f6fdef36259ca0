// Describes a defect by numbers, from its pixels and the pixels around it.

import { resize } from "../image/resize.ts";
import type { Raster } from "../types.ts";
import { cropped } from "./crop.ts";
import { type PixelBox, scaledBox, wholePhoto, wholePixels, windowAround } from "../image/pixel_box.ts";
import { boundsOf } from "./components.ts";
import { type Segment, segmentDefect } from "./segment.ts";
import { shapeOf } from "./shape.ts";
import { type WeightGrid, weightIn, weightRegion } from "./weight_region.ts";

/** Where an image's defect is, and what it looks like. */
export interface Defect {
  /** Size of the photo, upright, in pixels. */
  readonly photo: { readonly width: number; readonly height: number };
  /**
   * Box around the defect in whole pixels of the photo. It is exact if there is a {@linkcode look}, otherwise only as
   * exact as the patches.
   */
  readonly box: PixelBox;
  /**
   * Share of the image's weight in the place where the defect was looked for. If it is near that place's share of the
   * area, the weights point nowhere.
   */
  readonly weight: number;
  /** What the defect looks like. Absent if nothing stands out of the surroundings. */
  readonly look?: DefectLook;
}

/** What a defect looks like. The terms are those of scikit-image's `regionprops`. */
export interface DefectLook {
  /** Area in pixels of the photo. */
  readonly area: number;
  /** Diameter of the circle with the same area, in pixels of the photo. */
  readonly diameter: number;
  /** Share of the photo's area that the defect takes, 0 to 1. */
  readonly share: number;
  /** Eccentricity of the ellipse with the same second moments: 0 for a circle, near 1 for a line. */
  readonly eccentricity: number;
  /** Longer by shorter axis of that ellipse, from 1 on. */
  readonly elongation: number;
  /** Orientation of its longer axis in degrees, 0 (lying) to below 180, counter-clockwise. */
  readonly orientation: number;
  /** Share of its bounding box that the defect fills, 0 to 1. */
  readonly extent: number;
  /** Number of connected parts. */
  readonly parts: number;
  /** Mean difference of lightness (CIELAB L, 0 to 100) from the surroundings: darker below 0. */
  readonly lightness: number;
  /**
   * Share of the defect's pixels that are brighter than the surroundings, 0 to 1. Near a half if it has a light and a
   * dark side.
   */
  readonly brighter: number;
  /** Length of the mean difference of colour from the surroundings, in a and b of CIELAB. */
  readonly chroma: number;
  /** Direction of that difference in degrees: 0 towards red, 90 yellow, 180 green, 270 blue. */
  readonly hue: number;
  /**
   * Width of the edge in pixels of the photo: the step of colour ÷ its slope. Absent if the defect is fainter than the
   * grain of its surroundings.
   */
  readonly edge?: number;
  /** Middle of the defect, in shares of the photo's width and height. */
  readonly x: number;
  readonly y: number;
}

/** How much of the photo is looked at: as a multiple of the region of weight, and the least side in pixels. */
const [SURROUNDINGS, LEAST_SIDE] = [2.5, 64];

/** Most pixels that are measured. Larger views are shrunk to this. */
const MOST_PIXELS = 90_000;

/**
 * For the second look at what was found: the side of the view, and the margin of the search area on each side. Both are
 * multiples of the defect's size.
 */
const [NEAR, AGAIN] = [3, 0.35];

/**
 * A defect of more than this share of the search area fills that area. Then the surroundings are odd, not the defect.
 */
const MOST_OF_SEARCH = 0.9;

/**
 * Finds an image's defect by the weights, and measures it at the photo's own resolution.
 *
 * @param image decoded, upright, at its own size
 * @param weights of the image's patches, `[rows, cols]`, not negative
 * @param window the part of the image that the patches cover, in its pixels. @default all of it
 */
export function measureDefect(
  image: Raster,
  weights: ArrayLike<number>,
  grid: WeightGrid,
  window: PixelBox = wholePhoto(image),
): Defect {
  const photo = { width: image.width, height: image.height };
  const region = weightRegion(weights, grid, photo, window);
  const coarse = wholePixels(region.box, photo);
  const weight = weightIn(coarse, weights, grid, window);
  const first = look(image, region.reach, SURROUNDINGS, (view, seen) => searchArea(seen, view, region, grid));
  if (!first) return { photo, box: coarse, weight };
  // If the view was shrunk, or the defect takes little of it, a second look follows from nearer.
  const isNear = first.view.width <= NEAR * Math.max(LEAST_SIDE, first.box.width) && first.scale === 1;
  const closer = isNear ? undefined : look(image, first.box, NEAR, (view, seen) => {
    return boxArea(seen, view, grown(first.box, AGAIN));
  });
  const { box, ...found } = closer ?? first;
  return { photo, box, weight, look: lookOf(found, photo) };
}

/** Returns the same defect in pixels of another size, `by` of them in either direction for one. */
export function enlarged({ photo, box, weight, look }: Defect, by: number): Defect {
  if (by === 1) return { photo, box, weight, ...(look && { look }) };
  const { width, height } = scaledBox(wholePhoto(photo), by);
  return {
    photo: { width, height },
    box: scaledBox(box, by),
    weight,
    ...(look && {
      look: {
        ...look,
        area: look.area * by ** 2,
        diameter: look.diameter * by,
        ...(look.edge !== undefined && { edge: look.edge * by }),
      },
    }),
  };
}

/** A segment, and where its pixels lie in the photo. */
interface Found {
  readonly segment: Segment;
  /** The part of the photo that was looked at, in whole pixels. */
  readonly view: PixelBox;
  /** How many pixels of the photo one pixel of the segment stands for, across and down. */
  readonly perX: number;
  readonly perY: number;
}

/** Segments what stands out in a view around a box. The view is `times` as large as the box, across and down. */
function look(
  image: Raster,
  box: PixelBox,
  times: number,
  searchIn: (view: PixelBox, seen: Raster) => Uint8Array,
): Found & { readonly box: PixelBox; readonly scale: number } | undefined {
  const side = (length: number) => Math.max(LEAST_SIDE, times * length);
  const view = windowAround(box, side(box.width), side(box.height), image);
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (view.width * view.height)));
  const [width, height] = [view.width, view.height].map((length) => Math.max(1, Math.round(length * scale)));
  const seen = resize(cropped(image, view), width, height);
  const search = searchIn(view, seen);
  const segment = segmentDefect(seen, search, {
    left: view.left > 0,
    top: view.top > 0,
    right: view.left + view.width < image.width,
    bottom: view.top + view.height < image.height,
  });
  const searched = search.reduce((sum, one) => sum + one, 0);
  if (!segment || segment.pixels > MOST_OF_SEARCH * searched) return undefined;
  const [perX, perY] = [view.width / width, view.height / height];
  const [left, top, right, bottom] = boundsOf(segment.parts);
  const found = {
    left: view.left + left * perX,
    top: view.top + top * perY,
    width: (right - left) * perX,
    height: (bottom - top) * perY,
  };
  return { segment, view, perX, perY, scale, box: wholePixels(found, image) };
}

/** Returns a box with `by` times its size added on each side. */
function grown({ left, top, width, height }: PixelBox, by: number): PixelBox {
  return {
    left: left - by * width,
    top: top - by * height,
    width: (1 + 2 * by) * width,
    height: (1 + 2 * by) * height,
  };
}

/** Marks the pixels of a view that lie in a box. */
function boxArea({ width, height }: Raster, view: PixelBox, box: PixelBox): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const x = view.left + (at % width + 0.5) / width * view.width - box.left;
    const y = view.top + (Math.floor(at / width) + 0.5) / height * view.height - box.top;
    return x >= 0 && y >= 0 && x < box.width && y < box.height ? 1 : 0;
  });
}

/** Marks the pixels on the patches that the defect may lie on, and up to half a patch around them. */
function searchArea(
  { width, height }: Raster,
  view: PixelBox,
  { patches, window }: ReturnType<typeof weightRegion>,
  { rows, cols }: WeightGrid,
): Uint8Array {
  const search = new Uint8Array(width * height);
  const near = (place: number, most: number) =>
    [-0.5, 0.5].map((off) => Math.floor(place + off)).filter((at) => at >= 0 && at < most);
  const colsNear = Array.from({ length: width }, (_, x) => {
    return near(((x + 0.5) / width * view.width + view.left - window.left) / window.width * cols, cols);
  });
  for (let y = 0; y < height; y++) {
    const row = ((y + 0.5) / height * view.height + view.top - window.top) / window.height * rows;
    const inRow = new Uint8Array(cols);
    for (const at of near(row, rows)) for (let col = 0; col < cols; col++) inRow[col] |= patches[at * cols + col];
    for (let x = 0; x < width; x++) if (colsNear[x].some((col) => inRow[col])) search[y * width + x] = 1;
  }
  return search;
}

function lookOf({ segment, view, perX, perY }: Found, photo: Defect["photo"]): DefectLook {
  const { parts, mask, width, differences } = segment;
  const shape = shapeOf(parts, width);
  const area = shape.area * perX * perY;
  const cells = parts.flatMap((part) => part.cells);
  const [lightness, a, b] = differences.map((plane) =>
    cells.reduce((sum, cell) => sum + plane[cell], 0) / cells.length
  );
  const hue = Math.atan2(b, a) * 180 / Math.PI;
  return {
    area,
    diameter: Math.sqrt(4 * area / Math.PI),
    share: area / (photo.width * photo.height),
    eccentricity: shape.eccentricity,
    elongation: shape.elongation,
    orientation: shape.orientation,
    extent: shape.extent,
    parts: parts.length,
    lightness,
    brighter: cells.reduce((sum, cell) => sum + (differences[0][cell] > 0 ? 1 : 0), 0) / cells.length,
    chroma: Math.hypot(a, b),
    hue: (hue + 360) % 360,
    ...(!segment.isBroad && { edge: edgeWidth(segment, mask) * Math.sqrt(perX * perY) }),
    x: (view.left + shape.centroid[0] * perX) / photo.width,
    y: (view.top + shape.centroid[1] * perY) / photo.height,
  };
}

/**
 * Returns the step of colour at the defect's edge ÷ the mean slope along the edge. The step is what nine tenths of the
 * defect's pixels stay below.
 */
function edgeWidth({ distance, parts, width }: Segment, mask: Uint8Array): number {
  const height = mask.length / width;
  const cells = parts.flatMap((part) => part.cells);
  const step = cells.map((cell) => distance[cell]).sort((one, other) => one - other)[Math.floor(cells.length * 0.9)];
  let [slopes, count] = [0, 0];
  for (const cell of cells) {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) continue;
    if (mask[cell - 1] && mask[cell + 1] && mask[cell - width] && mask[cell + width]) continue;
    slopes += Math.hypot(distance[cell + 1] - distance[cell - 1], distance[cell + width] - distance[cell - width]) / 2;
    count++;
  }
  return count && slopes ? step * count / slopes : 0;
}
