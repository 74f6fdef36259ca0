// Decides how small a defect the first look can find, and at what cost.

import type { PhotoSize } from "../image/pixel_box.ts";
import type { PresetName } from "../preset.ts";

/**
 * The smallest defect that matters in large photos, in pixels. With `"auto"` it is as small as can be found at usual
 * cost; with `"off"` photos are only seen whole.
 */
export type Detail = number | "auto" | "off";

/** Returns the detail of a preset. The paper's method sees images whole. */
export function presetDetail(preset: PresetName): Detail {
  return preset === "paper" ? "off" : "auto";
}

/** Sides of images for the network are multiples of this. */
const MULTIPLE = 32;
/** How many pixels of the first look the smallest defect should cover: half a patch. */
const DEFECT_IN_FIRST_LOOK = 8;
/** Side of the window of the second look, in smallest defects. It holds the defect and its surroundings. */
const WINDOW_IN_DEFECTS = 8;
/**
 * Pixels of the first look at a usual photo of 3 megapixels. For other photos they grow with the square root of their
 * pixels.
 */
const [FIRST_LOOK_PIXELS, USUAL_PIXELS] = [360_000, 3_145_728];
/** Photos of fewer pixels lose little when they are only seen whole. */
const SMALL_PHOTO_PIXELS = 400_000;

/** Whether photos of this size are looked at closely, unless a person decides otherwise. */
export function isLarge({ width, height }: PhotoSize): boolean {
  return width * height >= SMALL_PHOTO_PIXELS;
}

/** Returns the size of the smallest defect, in the photo's pixels, that a first look at usual cost can find. */
export function visibleDetail({ width, height }: PhotoSize): number {
  const pixels = width * height;
  const seen = FIRST_LOOK_PIXELS * Math.sqrt(pixels / USUAL_PIXELS);
  return Math.max(DEFECT_IN_FIRST_LOOK, Math.round(DEFECT_IN_FIRST_LOOK * Math.sqrt(pixels / seen)));
}

/**
 * Returns the size to which a photo is shrunk for the first look. The aspect ratio is kept as closely as multiples of
 * 32 allow.
 */
export function firstLookSize({ width, height }: PhotoSize, detail: number): PhotoSize {
  const scale = Math.min(1, DEFECT_IN_FIRST_LOOK / detail);
  const side = (length: number) => Math.max(2 * MULTIPLE, MULTIPLE * Math.round(length * scale / MULTIPLE));
  return { width: side(width), height: side(height) };
}

/** Pixels along the second look's window that are enough: about as many as in a photo of 3 megapixels. */
const WINDOW_SUFFICES = 188;

/** Returns by how much a photo may be shrunk while it is decoded: 1, 2, 4 or 8. Its window keeps enough pixels. */
export function sufficientShrinkage(detail: number): number {
  return [8, 4, 2].find((by) => windowSide(detail) / by >= WINDOW_SUFFICES) ?? 1;
}

/** Returns the side of the second look's window, in the photo's pixels. */
export function windowSide(detail: number): number {
  return Math.round(WINDOW_IN_DEFECTS * detail);
}
