// How small a defect is seen, and at what cost.

import type { PhotoSize } from "../image/pixel_box.ts";
import type { PresetName } from "../preset.ts";

/** The smallest defect that matters in large photos, in pixels; as small as can be found; or photos are seen whole. */
export type Detail = number | "auto" | "off";

/** What it is where nobody says: the paper's method sees images whole. */
export function presetDetail(preset: PresetName): Detail {
  return preset === "paper" ? "off" : "auto";
}

/** Sides that the network takes are multiples of it. */
const MULTIPLE = 32;
/** Pixels of the first look that the smallest defect is to cover: half a patch. */
const DEFECT_IN_FIRST_LOOK = 8;
/** Side of the window of the second look, in smallest defects: these and what is around them. */
const WINDOW_IN_DEFECTS = 8;
/** Pixels of the first look at a photo of 3 megapixels; of others they grow with the root of their number. */
const [FIRST_LOOK_PIXELS, USUAL_PIXELS] = [360_000, 3_145_728];
/** Photos of fewer pixels lose little when they are seen whole. */
const SMALL_PHOTO_PIXELS = 400_000;

/** Whether photos of this size are to be looked at closer, unless a person says else. */
export function isLarge({ width, height }: PhotoSize): boolean {
  return width * height >= SMALL_PHOTO_PIXELS;
}

/** The smallest defect, in the photo's pixels, that a first look of usual cost can find. */
export function visibleDetail({ width, height }: PhotoSize): number {
  const pixels = width * height;
  const seen = FIRST_LOOK_PIXELS * Math.sqrt(pixels / USUAL_PIXELS);
  return Math.max(DEFECT_IN_FIRST_LOOK, Math.round(DEFECT_IN_FIRST_LOOK * Math.sqrt(pixels / seen)));
}

/** To what size a photo is shrunk for the first look: the aspect ratio is kept, to a multiple of 32. */
export function firstLookSize({ width, height }: PhotoSize, detail: number): PhotoSize {
  const scale = Math.min(1, DEFECT_IN_FIRST_LOOK / detail);
  const side = (length: number) => Math.max(2 * MULTIPLE, MULTIPLE * Math.round(length * scale / MULTIPLE));
  return { width: side(width), height: side(height) };
}

/** Pixels along the window of the second look that suffice: about as many as of a photo of 3 megapixels. */
const WINDOW_SUFFICES = 188;

/** By how much a photo may be shrunk while it is decoded, 1, 2, 4 or 8, so that its window still has enough pixels. */
export function sufficientShrinkage(detail: number): number {
  return [8, 4, 2].find((by) => windowSide(detail) / by >= WINDOW_SUFFICES) ?? 1;
}

/** Side of the second look's window, in the photo's pixels. */
export function windowSide(detail: number): number {
  return Math.round(WINDOW_IN_DEFECTS * detail);
}
