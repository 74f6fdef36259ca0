// The defect of an image, measured and pictured.

import { enlarged, measureDefect } from "../defect/measure.ts";
import { type PixelBox, scaledBox } from "../image/pixel_box.ts";
import { scaleOf } from "../look/decode_photo.ts";
import type { PatchSet, Raster } from "../types.ts";
import { type DefectPicture, defectPicture } from "./defect_picture.ts";
import { type DefectRecord, defectRecord } from "./defect_record.ts";

/** What was seen of a defect. */
export interface SeenDefect {
  readonly defect: DefectRecord;
  readonly picture?: DefectPicture;
}

/**
 * Looks at an image at its own size, or at the one at which its photo was decoded: what is found is in the photo's pixels.
 *
 * @param weights of its patches, `[rows, cols]`.
 * @param window what the patches cover, in the pixels of the photo's file. @default all of it
 */
export async function seenDefect(
  image: Raster,
  weights: Float32Array,
  grid: Pick<PatchSet, "rows" | "cols">,
  window?: PixelBox,
): Promise<SeenDefect> {
  const scale = scaleOf(image);
  const defect = measureDefect(image, weights, grid, window && scaledBox(window, 1 / scale));
  const picture = await defectPicture(image, defect.box);
  return {
    defect: defectRecord(enlarged(defect, scale)),
    ...(picture && { picture: { ...picture, crop: scaledBox(picture.crop, scale) } }),
  };
}
