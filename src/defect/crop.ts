import type { Raster } from "../types.ts";
import type { PixelBox } from "../image/pixel_box.ts";

/** Returns the pixels of an image inside a box. The box has whole pixels and lies within the image. */
export function cropped({ data, width }: Raster, { left, top, width: wide, height: high }: PixelBox): Raster {
  const part = new Uint8Array(wide * high * 4);
  for (let y = 0; y < high; y++) {
    const from = ((top + y) * width + left) * 4;
    part.set(data.subarray(from, from + wide * 4), y * wide * 4);
  }
  return { data: part, width: wide, height: high };
}
