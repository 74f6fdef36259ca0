// Measures the defect of an image and makes a picture of it.

import { enlarged, measureDefect } from "../defect/measure.ts";
import { type PixelBox, scaledBox } from "../image/pixel_box.ts";
import { shrinkageOf } from "../look/decode_photo.ts";
import type { PatchSet, Raster } from "../types.ts";
import { type DefectPicture, defectPicture } from "./defect_picture.ts";
import { type DefectRecord, defectRecord } from "./defect_record.ts";

/** The measurements of a defect, and a picture of it. */
export interface SeenDefect {
  readonly defect: DefectRecord;
  readonly picture?: DefectPicture;
}

/**
 * Measures the defect in an image at its full size, or at the size at which its photo was decoded. The result is in the
 * pixels of the photo's file.
 *
 * @param weights of the image's patches, `[rows, cols]`.
 * @param window the part that the patches cover, in the pixels of the photo's file. @default all of it
 */
export async function seenDefect(
  image: Raster,
  weights: Float32Array,
  grid: Pick<PatchSet, "rows" | "cols">,
  window?: PixelBox,
): Promise<SeenDefect> {
  const scale = shrinkageOf(image);
  const defect = measureDefect(image, weights, grid, window && scaledBox(window, 1 / scale));
  const picture = await defectPicture(image, defect.box);
  return {
    defect: defectRecord(enlarged(defect, scale)),
    ...(picture && { picture: { ...picture, crop: scaledBox(picture.crop, scale) } }),
  };
}
