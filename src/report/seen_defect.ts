// The defect of an image, measured and pictured.

import { measureDefect } from "../defect/measure.ts";
import type { PixelBox } from "../image/pixel_box.ts";
import type { PatchSet, Raster } from "../types.ts";
import { type DefectPicture, defectPicture } from "./defect_picture.ts";
import { type DefectRecord, defectRecord } from "./defect_record.ts";

/** What was seen of a defect. */
export interface SeenDefect {
  readonly defect: DefectRecord;
  readonly picture?: DefectPicture;
}

/**
 * Looks at an image at its own size.
 *
 * @param weights of its patches, `[rows, cols]`.
 * @param window what the patches cover, in the image's pixels. @default all of it
 */
export async function seenDefect(
  image: Raster,
  weights: Float32Array,
  grid: Pick<PatchSet, "rows" | "cols">,
  window?: PixelBox,
): Promise<SeenDefect> {
  const defect = measureDefect(image, weights, grid, window);
  const picture = await defectPicture(image, defect.box);
  return { defect: defectRecord(defect), ...(picture && { picture }) };
}
