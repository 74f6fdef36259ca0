// Decodes JPEG images: at full size by mozjpeg, which reports what is wrong with a file; at a fraction of the size, or
// CMYK, by libjpeg-turbo.

import factory from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import type { Raster } from "../types.ts";
import { badImage, checkLength, checkSize } from "./bad_image.ts";
import { type EmscriptenCodec, startEmscripten } from "./codec.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { JPEG_LS, type JpegHeader, jpegHeader } from "./jpeg_header.ts";
import { decodeTurbo } from "./jpeg_turbo.ts";

let mozjpeg: Promise<EmscriptenCodec> | undefined;

/** Throws `bad-image`. */
export async function decodeJpeg(bytes: Uint8Array, limits: DecodeLimits): Promise<Decoded> {
  const { header, image, divisor } = checked(bytes, limits);
  const { width, height, exif } = header;
  const orientation = orientationOf(exif);
  const original = { original: { width, height } };
  if (header.components === 4) {
    const inks = await inksOf(image, header, divisor);
    return { image: fromInks(inks), orientation, ...(divisor > 1 && original) };
  }
  const shrunk = divisor > 1 && await decodeTurbo(image, width, height, divisor, "rgba");
  if (shrunk) return { image: shrunk, orientation, ...original };
  return { image: await whole(image, header.ended), orientation };
}

/**
 * The four inks of each pixel as they are stored: 255 means no ink in JPEG files, but full ink in TIFF. Throws
 * `bad-image`.
 */
export async function decodeJpegInks(bytes: Uint8Array, limits: DecodeLimits): Promise<Raster> {
  const { header, image, divisor } = checked(bytes, limits);
  return await inksOf(image, header, divisor);
}

/**
 * The header, and the bytes of the image without what follows it. Throws `bad-image` for unsupported kinds and sizes.
 */
function checked(bytes: Uint8Array, { atLeast, maxPixels }: DecodeLimits) {
  const header = jpegHeader(bytes);
  const { width, height, ended, end } = header;
  if (height === 0) {
    throw badImage("JPEG images that tell their height behind their pixels cannot be read: save it anew");
  }
  checkSize(width, height, maxPixels);
  checkKind(header);
  checkWork(header);
  const divisor = [8, 4, 2].find((by) => Math.ceil(Math.min(width, height) / by) >= atLeast) ?? 1;
  return { header, image: ended ? bytes.subarray(0, end) : withEnd(bytes), divisor };
}

async function inksOf(image: Uint8Array, { width, height }: JpegHeader, divisor: number): Promise<Raster> {
  const inks = await decodeTurbo(image, width, height, divisor, "cmyk");
  if (!inks) throw badImage("the CMYK JPEG image is truncated, damaged or cannot be read here: save it as RGB");
  return inks;
}

const PROGRESSIVE = 0xc2;

/**
 * Kinds of compression that the codecs cannot read, by the marker of the frame header (ITU-T T.81, table B.1; T.87).
 */
const OTHER_KINDS: Record<number, string> = {
  ...Object.fromEntries([0xc3, 0xcb].map((kind) => [kind, "Lossless JPEG"])),
  ...Object.fromEntries([0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf].map((kind) => [kind, "Hierarchical JPEG"])),
  ...Object.fromEntries([0xc9, 0xca].map((kind) => [kind, "Arithmetically coded JPEG"])),
  [JPEG_LS]: "JPEG-LS",
};

/** Refuses images that no codec reads, and truncated images that the codecs might show as complete. */
function checkKind({ kind, precision, components, ended, hasAll }: JpegHeader): void {
  if (kind in OTHER_KINDS) throw badImage(`${OTHER_KINDS[kind]} images cannot be read: save it as PNG`);
  if (precision !== 8) {
    throw badImage(`JPEG images of ${precision} bits a channel cannot be read: save it as PNG, or as JPEG of 8 bits`);
  }
  if (components === 2 || components > 4) {
    throw badImage(`JPEG images of ${components} channels cannot be read: save it as RGB or grey`);
  }
  // A progressive image without its end may lack scans, and the codecs do not report that.
  if (!ended && (kind === PROGRESSIVE || !hasAll)) throw badImage("the JPEG image is truncated: its end is missing");
}

/**
 * Adds the marker of the end. Cameras that send single pictures leave it out. The codec will report whether pixels are
 * missing.
 */
function withEnd(bytes: Uint8Array): Uint8Array {
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([0xff, 0xd9], bytes.length);
  return ended;
}

/** A byte holds at most so many pixels: one bit for each block of 8 × 8. */
const MOST_PIXELS_OF_A_BYTE = 512;

/** Limit for pixels × scans, which take some seconds. Photographs have 1 to 15 scans. */
const MOST_WORK = 1e10;

/** Refuses, before memory and time are spent, images that must be truncated, and images with a huge number of scans. */
function checkWork({ width, height, scans, end }: JpegHeader): void {
  checkLength(end, width * height, MOST_PIXELS_OF_A_BYTE, "JPEG");
  if (scans * width * height > MOST_WORK) {
    throw badImage(`the JPEG image has ${scans} scans, too many: save it anew`);
  }
}

/** Decodes an image at full size. `ended`: whether the file itself had the marker of the end. */
async function whole(bytes: Uint8Array, ended: boolean): Promise<Raster> {
  const codec = await (mozjpeg ??= startEmscripten("jpeg", factory));
  codec.printed.length = 0;
  let image: Raster | null = null;
  try {
    image = codec.decode(bytes, false);
    if (codec.isLarge()) mozjpeg = undefined;
  } catch {
    mozjpeg = undefined; // Its state is unknown now: the next image starts a new codec.
  }
  const [complaint] = codec.printed;
  if (!image || (complaint && (!ended || missesPixels(complaint)))) {
    throw badImage(`the JPEG image is truncated, damaged or of a kind that is not read (${complaint ?? "unknown"})`);
  }
  return image;
}

/**
 * Whether pixels are missing. The codec fills them with grey, which would look like a defect. Stray bytes between
 * segments do no harm, but stray bytes within the compressed data do. The codec reports only its first complaint, so a
 * harmless one may hide a serious one. That is why a file without an end of its own must cause no complaint at all.
 */
function missesPixels(complaint: string): boolean {
  return /^Premature end|^Corrupt JPEG data: (?!\d+ extraneous)|before marker 0xd[0-7]/.test(complaint);
}

/**
 * Converts CMYK to RGBA in place: black darkens the other colours. JPEG files store inks inverted, a custom of Adobe's.
 */
function fromInks({ data, width, height }: Raster): Raster {
  for (let at = 0; at < data.length; at += 4) {
    for (let channel = at; channel < at + 3; channel++) data[channel] = Math.round(data[channel] * data[at + 3] / 255);
    data[at + 3] = 255;
  }
  return { data, width, height };
}
