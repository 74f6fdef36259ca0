// A defect in numbers: from its pixels and those around it.

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
  /** Of the photo, upright, in pixels. */
  readonly photo: { readonly width: number; readonly height: number };
  /** Whole pixels of the photo around the defect: as exact as {@linkcode look} is there, else as coarse as patches are. */
  readonly box: PixelBox;
  /** Share of the image's weight that lies where the defect was looked for: near that place's share, it points at nothing. */
  readonly weight: number;
  /** What it looks like; absent where nothing stands out of its surroundings. */
  readonly look?: DefectLook;
}

/** What a defect looks like. The terms are those of scikit-image's `regionprops`. */
export interface DefectLook {
  /** In pixels of the photo. */
  readonly area: number;
  /** Of the circle of that area, in pixels of the photo. */
  readonly diameter: number;
  /** Share of the photo that is the defect's, 0 to 1. */
  readonly share: number;
  /** Of the ellipse of the same second moments: 0 round, near 1 long. */
  readonly eccentricity: number;
  /** Longer by shorter axis of that ellipse, from 1 on. */
  readonly elongation: number;
  /** Of its longer axis in degrees, 0 (lying) to below 180, counter-clockwise. */
  readonly orientation: number;
  /** Share of its bounding box that it fills, 0 to 1. */
  readonly extent: number;
  /** Connected parts. */
  readonly parts: number;
  /** Mean difference of lightness (CIELAB L, 0 to 100) from the surroundings: darker below 0. */
  readonly lightness: number;
  /** Share of its pixels that are brighter than the surroundings, 0 to 1: near a half of what has a light and a dark side. */
  readonly brighter: number;
  /** Mean difference of colour from the surroundings, of a and b of CIELAB: length. */
  readonly chroma: number;
  /** Its direction in degrees: 0 towards red, 90 yellow, 180 green, 270 blue. */
  readonly hue: number;
  /** Width of its edge in pixels of the photo: the step of colour by its slope. Absent of what is fainter than the grain. */
  readonly edge?: number;
  /** Where its middle is, in shares of the photo's width and height. */
  readonly x: number;
  readonly y: number;
}

/** How much of the surroundings is looked at: in sizes of the region of weight, and pixels at least. */
const [SURROUNDINGS, LEAST_SIDE] = [2.5, 64];

/** Most pixels of what is measured; larger surroundings are shrunk to it. */
const MOST_PIXELS = 90_000;

/** The same when what was found is looked at again, and how much farther it is looked for, in its own sizes. */
const [NEAR, AGAIN] = [3, 0.35];

/** A defect of more than this share of the search fills it: it is the surroundings that are odd. */
const MOST_OF_SEARCH = 0.9;

/**
 * Finds an image's defect by its weights, and measures it in its own pixels.
 *
 * @param image decoded, upright, at its own size
 * @param weights of its patches, `[rows, cols]`, not negative
 * @param window what the patches cover, in pixels of the image. @default all of it
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
  // What was shrunk, or takes little of what was looked at, is looked at again from nearer.
  const isNear = first.view.width <= NEAR * Math.max(LEAST_SIDE, first.box.width) && first.scale === 1;
  const closer = isNear ? undefined : look(image, first.box, NEAR, (view, seen) => {
    return boxArea(seen, view, grown(first.box, AGAIN));
  });
  const { box, ...found } = closer ?? first;
  return { photo, box, weight, look: lookOf(found, photo) };
}

/** The same defect in pixels of which `by` make one in either direction. */
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

/** A segment, and how its pixels lie in the photo. */
interface Found {
  readonly segment: Segment;
  /** Whole pixels of the photo that were looked at. */
  readonly view: PixelBox;
  /** Pixels of the photo, in either direction, for one of the segment's. */
  readonly perX: number;
  readonly perY: number;
}

/** Segments what stands out in a box and `times` as much of the photo in either direction. */
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

/** A box with some of its size more on each side. */
function grown({ left, top, width, height }: PixelBox, by: number): PixelBox {
  return {
    left: left - by * width,
    top: top - by * height,
    width: (1 + 2 * by) * width,
    height: (1 + 2 * by) * height,
  };
}

/** Pixels of a box. */
function boxArea({ width, height }: Raster, view: PixelBox, box: PixelBox): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const x = view.left + (at % width + 0.5) / width * view.width - box.left;
    const y = view.top + (Math.floor(at / width) + 0.5) / height * view.height - box.top;
    return x >= 0 && y >= 0 && x < box.width && y < box.height ? 1 : 0;
  });
}

/** Pixels near the patches of most weight: theirs, and half a patch around each. */
function searchArea(
  { width, height }: Raster,
  view: PixelBox,
  { patches, window }: ReturnType<typeof weightRegion>,
  { rows, cols }: WeightGrid,
): Uint8Array {
  const search = new Uint8Array(width * height);
  const near = (place: number, most: number) =>
    [-0.5, 0.5].map((off) => Math.floor(place + off))
      .filter((at) => at >= 0 && at < most);
  for (let y = 0; y < height; y++) {
    const row = ((y + 0.5) / height * view.height + view.top - window.top) / window.height * rows;
    const rowsNear = near(row, rows);
    for (let x = 0; x < width; x++) {
      const col = ((x + 0.5) / width * view.width + view.left - window.left) / window.width * cols;
      const colsNear = near(col, cols);
      if (rowsNear.some((r) => colsNear.some((c) => patches[r * cols + c]))) search[y * width + x] = 1;
    }
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

/** The step of colour at the defect's edge (what nine tenths of its pixels stay below) by the mean slope along the edge. */
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
