// Decodes image files into upright RGBA pixels.

import { ensure } from "../errors.ts";
import type { Raster } from "../types.ts";
import { badImage } from "./bad_image.ts";
import { type CodecModules, useModules } from "./codec.ts";
import { type Decoded, type DecodeLimits, joinedNotes } from "./decoded.ts";
import { formatOf, type ImageFormat } from "./format.ts";
import { turnedSize, turnUpright } from "./orient.ts";
import { WHITE_16 } from "./sixteen_bits.ts";

/** Options of {@linkcode decodeImage}. */
export interface DecodeOptions {
  /**
   * Decodes large JPEG images at a half, a quarter or an eighth of their size, if no side gets shorter than this many
   * pixels. That takes as little as a quarter of the time. If the image is then resized to half of `atLeast` a side,
   * the result differs by a tenth of a grey level on average, by five at the sharpest edges. @default whole images
   */
  readonly atLeast?: number;
  /** Most pixels of an image. Larger images are refused before memory is allocated. @default 200,000,000 */
  readonly maxPixels?: number;
  /**
   * `"imagescript"` decodes JPEG and PNG files by the npm package imagescript, which is loaded when needed. It is
   * native code, which needs `--allow-ffi` in Deno. It is slower here, does not read CMYK, and cuts 16 bits to 8.
   * @default "own"
   */
  readonly decoder?: DecoderName;
  /**
   * The value, up to 65535, that becomes white in files of 16 bits a channel that do not say how many bits they use.
   * Cameras of 10 or 12 bits fill only the lower ones. Use one number for all images of a set, so that dark images stay
   * darker than the others: `whiteOf` of the largest {@linkcode Raster.largest} among them. @default 65535
   */
  readonly white?: number;
}

/** Name of a decoder. */
export type DecoderName = "own" | "imagescript";

type Decoder = (bytes: Uint8Array, limits: DecodeLimits) => Promise<Decoded>;

/** The decoder of each format. It is loaded with the first image of that format. */
const DECODERS: Record<ImageFormat, () => Promise<Decoder>> = {
  JPEG: async () => (await import("./jpeg.ts")).decodeJpeg,
  PNG: async () => (await import("./png.ts")).decodePng,
  TIFF: async () => (await import("./tiff.ts")).decodeTiff,
  WebP: async () => (await import("./webp.ts")).decodeWebp,
  GIF: async () => (await import("./gif.ts")).decodeGif,
  BMP: async () => (await import("./bmp.ts")).decodeBmp,
  AVIF: async () => (await import("./avif.ts")).decodeAvif,
  "JPEG XL": async () => (await import("./jxl.ts")).decodeJxl,
  Netpbm: async () => (await import("./pnm.ts")).decodePnm,
};

/**
 * Hands in the compiled modules of codecs. Only runtimes that cannot import them need this, such as edge workers. Call
 * it before the first `decodeImage`.
 *
 * - `jpeg`: `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`
 * - `jpegTurbo`: `@cwasm/jpeg-turbo/jpeg-turbo.wasm` (CMYK, and large images in less time)
 * - `png`: `@jsquash/png/codec/pkg/squoosh_png_bg.wasm`
 * - `webp`: `@jsquash/webp/codec/dec/webp_dec.wasm`
 * - `avif`: `@jsquash/avif/codec/dec/avif_dec.wasm`
 * - `jxl`: `@jsquash/jxl/codec/dec/jxl_dec.wasm`
 */
export function initDecoders(modules: CodecModules): void {
  useModules(modules);
}

/**
 * Decodes a JPEG, PNG, TIFF, WebP, GIF, BMP, AVIF, JPEG XL or Netpbm (PBM, PGM, PPM) file. The format is recognised by
 * the content. The image is turned upright by its EXIF orientation, and transparent pixels are put on white. If there
 * are several pages or frames, the first one is used. 16 bits a channel are scaled to 8 (see `white`); fractions and
 * signed numbers are scaled by the image's own range. `note` tells the user about any of this that matters, and about
 * images of one colour.
 *
 * @throws {AnomalyClusterError} `bad-image` if the bytes are empty, truncated, damaged or of another format,
 * `bad-argument` if `white` is not from 1 to 65535, `unsupported-runtime` if the chosen decoder does not start.
 */
export async function decodeImage(encoded: Uint8Array, options: DecodeOptions = {}): Promise<Raster> {
  const { atLeast = Infinity, maxPixels = 200e6, white = WHITE_16 } = options;
  ensure(white >= 1 && white <= WHITE_16, `a white of ${white} is not possible (1 to ${WHITE_16})`);
  if (encoded.length === 0) throw badImage("the file is empty");
  // Node's Buffer is a Uint8Array too, but one whose slice() shares memory.
  const bytes = new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const format = formatOf(bytes);
  const other = options.decoder === "imagescript" && (format === "JPEG" || format === "PNG");
  const decode = other ? (await import("./imagescript.ts")).decodeImagescript : await DECODERS[format]();
  const { image, orientation, original, largest, note: told } = await decode(bytes, { atLeast, maxPixels, white });
  const invisible = isAll(image, (data, at) => data[at + 3] === 0);
  const upright = overWhite(turnUpright(image, orientation));
  const note = joinedNotes(
    told,
    largest !== undefined && largest <= TWELVE_BITS && options.white === undefined && DARK,
    invisible ? INVISIBLE : isAll(upright, sameAsFirst) && ONE_COLOUR,
  );
  return {
    ...upright,
    ...(note && { note }),
    ...(largest !== undefined && { largest }),
    ...(original && { original: turnedSize(original, orientation) }),
  };
}

const TWELVE_BITS = 4095;
const DARK = "its 16-bit values use 12 bits at most and come out dark: scale them to the whole range";
const INVISIBLE = "it is wholly transparent and therefore white: save it without transparency";
const ONE_COLOUR = "it is all of one colour";

/** Whether a condition holds for every pixel. */
function isAll({ data }: Raster, isSo: (data: Raster["data"], at: number) => boolean): boolean {
  for (let at = 0; at < data.length; at += 4) if (!isSo(data, at)) return false;
  return true;
}

function sameAsFirst(data: Raster["data"], at: number): boolean {
  return data[at] === data[0] && data[at + 1] === data[1] && data[at + 2] === data[2];
}

function overWhite({ data, width, height }: Raster): Raster {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3];
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      data[channel] = Math.round((data[channel] * alpha + 255 * (255 - alpha)) / 255);
    }
    data[at + 3] = 255;
  }
  return { data, width, height };
}
