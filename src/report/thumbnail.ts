import { resize } from "../image/resize.ts";
import { toBase64 } from "../runtime/portable.ts";
import type { Raster } from "../types.ts";
import { encodeJpeg } from "./encode_jpeg.ts";

/** A small JPEG of an image, for a report. */
export interface Thumbnail {
  /** A `data:image/jpeg` URL. */
  readonly url: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/**
 * Shrinks an image until its longer side has at most `side` pixels; smaller images keep their size. `pixels` may be the
 * same picture in another size and shape, which is quicker to shrink. It is used only if it is no smaller than the
 * thumbnail.
 */
export async function thumbnail(image: Raster, pixels: Raster = image, side = 224): Promise<Thumbnail> {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const source = Math.min(pixels.width, pixels.height) < Math.max(width, height) ? image : pixels;
  const { data } = resize(source, width, height);
  const shrunk = { data: new Uint8ClampedArray(data), width, height, colorSpace: "srgb" } as ImageData;
  const jpeg = new Uint8Array(await encodeJpeg(shrunk, { quality: 78, progressive: false }));
  return { url: `data:image/jpeg;base64,${toBase64(jpeg)}`, width, height };
}
