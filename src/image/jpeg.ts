// JPEG → RGBA: whole by mozjpeg, which says what is wrong with a file; at a fraction, or CMYK, by libjpeg-turbo.

import factory from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import type { Raster } from "../types.ts";
import { badImage, checkSize } from "./bad_image.ts";
import { type EmscriptenCodec, startEmscripten } from "./codec.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { jpegHeader } from "./jpeg_header.ts";
import { decodeTurbo } from "./jpeg_turbo.ts";

let mozjpeg: Promise<EmscriptenCodec> | undefined;

/** Throws `bad-image`. */
export async function decodeJpeg(bytes: Uint8Array, { atLeast, maxPixels }: DecodeLimits): Promise<Decoded> {
  const { width, height, components, exif } = jpegHeader(bytes);
  checkSize(width, height, maxPixels);
  checkWork(bytes, width * height);
  const divisor = [8, 4, 2].find((by) => Math.ceil(Math.min(width, height) / by) >= atLeast) ?? 1;
  const orientation = orientationOf(exif);
  if (components === 4) {
    const inks = await decodeTurbo(bytes, width, height, divisor, "cmyk");
    if (!inks) throw badImage("the CMYK JPEG image is truncated, damaged or cannot be read here: save it as RGB");
    return { image: fromInks(inks), orientation };
  }
  const shrunk = divisor > 1 && await decodeTurbo(bytes, width, height, divisor, "rgba");
  return { image: shrunk || await whole(bytes), orientation };
}

/** Pixels of a byte at most: a bit a block of 8 × 8. */
const MOST_PIXELS_OF_A_BYTE = 512;

/** Pixels times scans: some seconds. Photographs have 1 to 15 scans. */
const MOST_WORK = 1e10;

/** Refuses, before any memory or time is spent, what cannot be whole or would go over its pixels again and again. */
function checkWork(bytes: Uint8Array, pixels: number): void {
  if (pixels > bytes.length * MOST_PIXELS_OF_A_BYTE) {
    throw badImage("the JPEG image is truncated or damaged: it is too short for its size in pixels");
  }
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) if (bytes[at + 1] === 0xda) scans++;
  if (scans * pixels > MOST_WORK) throw badImage(`the JPEG image has ${scans} scans, too many: save it anew`);
}

async function whole(bytes: Uint8Array): Promise<Raster> {
  const codec = await (mozjpeg ??= startEmscripten("jpeg", factory));
  codec.printed.length = 0;
  let image: Raster | null = null;
  try {
    image = codec.decode(bytes, false);
    if (codec.isLarge()) mozjpeg = undefined;
  } catch {
    mozjpeg = undefined; // Its state is unknown now: the next image starts another.
  }
  const [complaint] = codec.printed;
  if (!image || (complaint && missesPixels(complaint, bytes))) {
    throw badImage(`the JPEG image is truncated, damaged or of a kind that is not read (${complaint ?? "unknown"})`);
  }
  return image;
}

/**
 * Whether pixels are missing: the codec fills them with grey, which would cluster as a defect. Stray bytes between
 * segments and the like do no harm, but hide what comes after: the codec tells its first complaint alone.
 */
function missesPixels(complaint: string, bytes: Uint8Array): boolean {
  return /^Premature end|^Corrupt JPEG data: (?!\d+ extraneous)/.test(complaint) ||
    lastMarker(bytes, 0xd9) < lastMarker(bytes, 0xda);
}

/** Place of the last marker of this kind; inside compressed data a marker cannot occur. */
function lastMarker(bytes: Uint8Array, kind: number): number {
  for (let at = bytes.length - 2; at >= 0; at--) if (bytes[at] === 0xff && bytes[at + 1] === kind) return at;
  return -1;
}

/** CMYK to RGBA: black is taken off the other inks. JPEG files hold inks inverted, as Adobe began to. */
function fromInks({ data, width, height }: Raster): Raster {
  for (let at = 0; at < data.length; at += 4) {
    for (let channel = at; channel < at + 3; channel++) data[channel] = Math.round(data[channel] * data[at + 3] / 255);
    data[at + 3] = 255;
  }
  return { data, width, height };
}
