// Makes a small picture of a defect and its surroundings: at the photo's own resolution if it fits, otherwise shrunk.

import { cropped } from "../defect/crop.ts";
import { type PixelBox, windowAround } from "../image/pixel_box.ts";
import type { Raster } from "../types.ts";
import { thumbnail } from "./thumbnail.ts";

/** The picture of a defect in a report. */
export interface DefectPicture {
  /** The square of the photo that is shown, in the photo's pixels. Narrower where the photo is. */
  readonly crop: PixelBox;
  /** A `data:image/jpeg` URL. */
  readonly url: string;
}

/** Side of the square: as a multiple of the defect's longer side, and the least in pixels. */
const [SURROUNDINGS, LEAST_SIDE] = [2, 64];

/** Longest side of a picture in pixels, as large as cards show it. A picture takes 1 to 3 kB of a report. */
const MOST_SIDE = 160;

/** A crop of more than this share of the photo shows nothing that the thumbnail does not. */
const MOST_SHARE = 0.7;

/**
 * Returns the picture, or nothing if the defect with its surroundings fills most of the photo. `box` is the defect's
 * box in whole pixels.
 */
export async function defectPicture(image: Raster, box: PixelBox): Promise<DefectPicture | undefined> {
  const side = Math.max(LEAST_SIDE, SURROUNDINGS * Math.max(box.width, box.height));
  const crop = windowAround(box, side, side, image);
  if (crop.width * crop.height > MOST_SHARE * image.width * image.height) return undefined;
  const part = cropped(image, crop);
  return { crop, url: (await thumbnail(part, part, MOST_SIDE)).url };
}
