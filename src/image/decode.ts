// Encoded bytes → upright RGBA pixels.

import type { Raster } from "../types.ts";
import { badImage } from "./bad_image.ts";
import { type CodecModules, useModules } from "./codec.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { formatOf, type ImageFormat } from "./format.ts";
import { turnUpright } from "./orient.ts";

/** Options of {@linkcode decodeImage}. */
export interface DecodeOptions {
  /**
   * Lets large JPEG images come at a half, a quarter or an eighth of their size, in as little as a quarter of the time,
   * as long as no side gets shorter than this many pixels. With twice the side to which an image is then resized the
   * result differs by a tenth of a grey level on average, by five at the sharpest edges. @default whole images
   */
  readonly atLeast?: number;
  /** Most pixels of an image; larger ones are refused before memory is taken. @default 200,000,000 */
  readonly maxPixels?: number;
  /**
   * `"imagescript"` decodes JPEG and PNG files by the npm package imagescript, which is loaded then: native code, in
   * Deno with `--allow-ffi`. It is slower here, does not read CMYK and cuts 16 bits to 8. @default "own"
   */
  readonly decoder?: DecoderName;
}

/** What decodes images. */
export type DecoderName = "own" | "imagescript";

type Decoder = (bytes: Uint8Array, limits: DecodeLimits) => Promise<Decoded>;

/** Each loaded when the first image of its format comes. */
const DECODERS: Record<ImageFormat, () => Promise<Decoder>> = {
  JPEG: async () => (await import("./jpeg.ts")).decodeJpeg,
  PNG: async () => (await import("./png.ts")).decodePng,
  TIFF: async () => (await import("./tiff.ts")).decodeTiff,
  WebP: async () => (await import("./webp.ts")).decodeWebp,
  GIF: async () => (await import("./gif.ts")).decodeGif,
  BMP: async () => (await import("./bmp.ts")).decodeBmp,
};

/**
 * Hands in the compiled modules of codecs where the runtime cannot import them, as edge workers:
 * `jpeg` is `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`, `jpegTurbo` `@cwasm/jpeg-turbo/jpeg-turbo.wasm` (CMYK, and
 * large images in less time), `png` `@jsquash/png/codec/pkg/squoosh_png_bg.wasm`, `webp`
 * `@jsquash/webp/codec/dec/webp_dec.wasm`. Call it before the first `decodeImage`; elsewhere never.
 */
export function initDecoders(modules: CodecModules): void {
  useModules(modules);
}

/**
 * Decodes a JPEG, PNG, TIFF, WebP, GIF or BMP file, told apart by content: upright by its EXIF orientation,
 * transparency over white. Of several pages or frames the first is taken, and `note` says so. 16 bits a channel are
 * scaled to 8 (divided by 257 and rounded, neither cut nor stretched: what uses 12 bits of them comes out dark).
 *
 * @throws {AnomalyClusterError} `bad-image` when the bytes are empty, truncated, damaged or of another format,
 * `unsupported-runtime` where the chosen decoder does not start.
 */
export async function decodeImage(encoded: Uint8Array, options: DecodeOptions = {}): Promise<Raster> {
  if (encoded.length === 0) throw badImage("the file is empty");
  // Node's Buffer is a Uint8Array too, but one whose slice() shares memory.
  const bytes = new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const format = formatOf(bytes);
  const other = options.decoder === "imagescript" && (format === "JPEG" || format === "PNG");
  const decode = other ? (await import("./imagescript.ts")).decodeImagescript : await DECODERS[format]();
  const { atLeast = Infinity, maxPixels = 200e6 } = options;
  const { image, orientation, sixteenBits, note: left } = await decode(bytes, { atLeast, maxPixels });
  const upright = overWhite(turnUpright(image, orientation));
  const note = [left, sixteenBits && isDark(upright) && TWELVE_BITS].filter(Boolean).join("; ");
  return { ...upright, ...(note && { note }) };
}

const TWELVE_BITS = "its 16-bit values use 12 bits at most and come out dark: scale them to the whole range";

/** Whether no value is above what 12 of 16 bits come to. */
function isDark({ data }: Raster): boolean {
  return data.every((value, at) => value <= 16 || at % 4 === 3);
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
