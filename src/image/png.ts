// Decodes PNG images.

import { joinedBytes } from "../bytes.ts";
import type { AnomalyClusterError } from "../errors.ts";
import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { latin } from "./latin.ts";
import { type PngCodec, withPngCodec } from "./png_codec.ts";
import { largestOf, rgbaToEightBits } from "./sixteen_bits.ts";

const DAMAGED = "the PNG image is truncated or damaged";

/** Samples of a pixel, by the file's colour type. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Deflate unpacks one byte into at most so many. */
const LARGEST_RATIO = 1032;

/** Throws `bad-image`. */
export async function decodePng(bytes: Uint8Array, { maxPixels, white }: DecodeLimits): Promise<Decoded> {
  const { width, height, bitDepth, colours, exif, frames, usedBits, essential } = header(bytes);
  checkSize(width, height, maxPixels);
  if (width * height * bitDepth * (SAMPLES[colours] ?? 1) / 8 > bytes.length * LARGEST_RATIO) throw badImage(DAMAGED);
  const note = frames > 1 ? `${frames} frames, the first is used` : undefined;
  const orientation = orientationOf(exif);
  if (bitDepth !== 16) {
    const data = await decoded(bytes, essential, (codec, file) => codec.decode(file));
    return { image: { data, width, height }, orientation, note };
  }
  const values = await decoded(bytes, essential, (codec, file) => codec.decode16(file));
  const told = usedBits < 16 && isAtTheBottom(values, usedBits) ? 2 ** usedBits - 1 : undefined;
  const data = rgbaToEightBits(values, told ?? white);
  return {
    image: { data, width, height },
    orientation,
    note,
    ...(told === undefined && { largest: largestOf(values, 4, 3) }),
  };
}

/**
 * Decodes a file. If that fails, tries again with only the chunks of the picture: other programs skip damaged remarks.
 */
async function decoded<T>(
  bytes: Uint8Array,
  essential: () => Uint8Array | undefined,
  decode: (codec: PngCodec, file: Uint8Array) => T,
): Promise<T> {
  const attempt = (file: Uint8Array) => {
    return withPngCodec((codec) => {
      try {
        return decode(codec, file);
      } catch (cause) {
        throw badImage(DAMAGED, cause);
      }
    });
  };
  try {
    return await attempt(bytes);
  } catch (error) {
    const rest = (error as AnomalyClusterError).code === "bad-image" ? essential() : undefined;
    if (!rest) throw error;
    return await attempt(rest);
  }
}

/**
 * Whether values use the lowest `bits` of 16 bits, as cameras write them. The PNG specification (sBIT) wants the
 * highest bits to be used; then the lowest bits of dark values are 0.
 */
function isAtTheBottom(values: Uint16Array, bits: number): boolean {
  const [most, step] = [2 ** bits, 2 ** (16 - bits)];
  return values.every((value, at) => at % 4 === 3 || value < most) &&
    values.some((value, at) => at % 4 !== 3 && value % step !== 0);
}

/** Chunks that hold the picture. The others are remarks. */
const ESSENTIAL = ["IHDR", "PLTE", "tRNS", "IDAT"];

/** Reads the chunks up to the end of the image. Throws `bad-image`. */
function header(bytes: Uint8Array) {
  const first = latin(bytes, 12, 16);
  if (first === "CgBI") {
    throw badImage("PNG images of an iPhone program's own kind cannot be read: export it as PNG anew");
  }
  if (bytes.length < 33 || first !== "IHDR") throw badImage(DAMAGED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Uint8Array | undefined;
  let [frames, usedBits, chunks, ended, cutOff] = [1, 16, 0, false, false];
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = latin(bytes, at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
    chunks++;
    cutOff ||= at + 12 + view.getUint32(at) > bytes.length;
    if (kind === "eXIf") exif = data;
    if (kind === "acTL") frames = view.getUint32(at + 8);
    if (kind === "sBIT" && data.length) usedBits = Math.max(...data.subarray(0, bytes[25] & 2 ? 3 : 1)) || 16;
    if (ESSENTIAL.includes(kind)) kept.push(bytes.subarray(at, at + 12 + data.length));
    ended ||= kind === "IEND";
    if (ended) break;
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitDepth: bytes[24],
    colours: bytes[25],
    /**
     * The file without remarks and with an end. `undefined` if pixels are missing, or if the file is like that already.
     */
    essential: () => cutOff || (ended && kept.length === chunks) ? undefined : joinedBytes([...kept, END]),
    ...{ exif, frames, usedBits },
  };
}

/** The chunk IEND. */
const END = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);
