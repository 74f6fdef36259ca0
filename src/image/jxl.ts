// Decodes JPEG XL images.

import factory from "@jsquash/jxl/codec/dec/jxl_dec.js";
import { badImage, checkLength, checkSize } from "./bad_image.ts";
import { boxesOf } from "./boxes.ts";
import { EmscriptenDecoder } from "./codec.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";

const DAMAGED = "the JPEG XL image is truncated or damaged";

const libjxl = new EmscriptenDecoder("jxl", factory, DAMAGED);

/**
 * The codec needs 0.4 s and 35 MB for a million pixels. Larger images would take minutes, or more memory than it can
 * use.
 */
const MOST_PIXELS = 50e6;

/** Except for pictures of one colour, a file has at least one byte for so many pixels. */
const MOST_PIXELS_OF_A_BYTE = 4000;

/** Throws `bad-image`. */
export async function decodeJxl(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const { width, height } = sizeOf(codestream(bytes));
  checkSize(width, height, Math.min(maxPixels, MOST_PIXELS));
  checkLength(bytes.length, width * height, MOST_PIXELS_OF_A_BYTE, "JPEG XL");
  const image = await libjxl.decode(bytes); // Upright already.
  if (image.width * image.height !== width * height) throw badImage(DAMAGED);
  return { image, orientation: 1 };
}

/** The image's data, or the first part of them. The file consists of just these data, or holds them in boxes. */
function codestream(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0xff) return bytes;
  for (const { name, data } of boxesOf(bytes)) {
    if (name === "jxlc") return data;
    if (name === "jxlp") return data.subarray(4); // The number of the part comes first.
  }
  throw badImage(DAMAGED);
}

/** Ratios of width to height that a header may name in place of the width (ISO/IEC 18181-1, the bundle SizeHeader). */
const RATIOS = [[0, 1], [1, 1], [12, 10], [4, 3], [3, 2], [16, 9], [5, 4], [2, 1]];

function sizeOf(stream: Uint8Array): { width: number; height: number } {
  let bit = 16; // After the signature.
  const bits = (count: number) => {
    let value = 0;
    for (let at = 0; at < count; at++, bit++) value += (stream[bit >> 3] >> (bit & 7) & 1) * 2 ** at;
    return value;
  };
  const small = bits(1) === 1;
  const side = () => small ? (bits(5) + 1) * 8 : bits([9, 13, 18, 30][bits(2)]) + 1;
  const height = side();
  const [across, down] = RATIOS[bits(3)];
  return { width: across ? Math.floor(height * across / down) : side(), height };
}
