// Decodes AVIF images.

import factory from "@jsquash/avif/codec/dec/avif_dec.js";
import { badImage, checkLength, checkSize } from "./bad_image.ts";
import { boxesOf, boxNamed } from "./boxes.ts";
import { EmscriptenDecoder } from "./codec.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { latin } from "./latin.ts";

const DAMAGED = "the AVIF image is truncated or damaged";

const libavif = new EmscriptenDecoder("avif", factory, DAMAGED);

/**
 * The codec needs 0.4 s and 35 MB for a million pixels. Larger images would take minutes, or more memory than it can
 * use.
 */
const MOST_PIXELS = 50e6;

/** Except for pictures of one colour, a file has at least one byte for so many pixels. */
const MOST_PIXELS_OF_A_BYTE = 4000;

/** Throws `bad-image`. */
export async function decodeAvif(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const { width, height, orientation } = propertiesOf(bytes);
  checkSize(width, height, Math.min(maxPixels, MOST_PIXELS));
  checkLength(bytes.length, width * height, MOST_PIXELS_OF_A_BYTE, "AVIF");
  const image = await libavif.decode(bytes, 8);
  if (image.width * image.height > width * height) throw badImage(DAMAGED);
  const animated = latin(bytes, 8, 12) === "avis";
  return { image, orientation, ...(animated && { note: "an animation, its first frame is used" }) };
}

/**
 * The largest size among the properties of a HEIF file (ISO/IEC 23008-12, section 6.5), and how to turn and mirror it.
 */
function propertiesOf(bytes: Uint8Array): { width: number; height: number; orientation: number } {
  const meta = boxNamed(bytes, "meta");
  const properties = boxNamed(boxNamed(meta?.subarray(4) ?? new Uint8Array(), "iprp") ?? new Uint8Array(), "ipco");
  let [width, height, quarters, mirror] = [0, 0, 0, -1];
  for (const { name, data } of boxesOf(properties ?? new Uint8Array())) {
    if (name === "ispe" && data.length >= 12) {
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const [across, down] = [view.getUint32(4), view.getUint32(8)];
      if (across * down > width * height) [width, height] = [across, down];
    }
    if (name === "irot") quarters = data[0] & 3;
    if (name === "imir") mirror = data[0] & 1;
  }
  if (!width) throw badImage(DAMAGED);
  return { width, height, orientation: ORIENTATIONS[mirror + 1][quarters] };
}

/**
 * EXIF's orientation, by mirroring (none, top to bottom, left to right) and the number of quarter turns left before it.
 */
const ORIENTATIONS = [[1, 8, 3, 6], [4, 5, 2, 7], [2, 7, 4, 5]];
