// A small picture of a defect and its surroundings, at the photo's own resolution where that is small enough.

import { cropped } from "../defect/crop.ts";
import { type PixelBox, windowAround } from "../image/pixel_box.ts";
import type { Raster } from "../types.ts";
import { thumbnail } from "./thumbnail.ts";

/** What a report shows of a defect. */
export interface DefectPicture {
  /** A square of the photo, in its pixels, less where the photo is narrower. */
  readonly crop: PixelBox;
  /** A `data:image/jpeg` URL. */
  readonly url: string;
}

/** Side of the square in sizes of the defect, and in pixels at least. */
const [SURROUNDINGS, LEAST_SIDE] = [2, 64];

/** Most pixels a side of a picture, as large as cards show it: one takes 1 to 3 kB of a report. */
const MOST_SIDE = 160;

/** A crop of more than this share of the photo shows nothing that its thumbnail does not. */
const MOST_SHARE = 0.7;

/** Nothing where the defect with its surroundings fills the photo. `box` is the defect's, in whole pixels. */
export async function defectPicture(image: Raster, box: PixelBox): Promise<DefectPicture | undefined> {
  const side = Math.max(LEAST_SIDE, SURROUNDINGS * Math.max(box.width, box.height));
  const crop = windowAround(box, side, side, image);
  if (crop.width * crop.height > MOST_SHARE * image.width * image.height) return undefined;
  const part = cropped(image, crop);
  return { crop, url: (await thumbnail(part, part, MOST_SIDE)).url };
}
