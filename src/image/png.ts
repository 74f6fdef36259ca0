// PNG → RGBA.

import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { latin } from "./latin.ts";
import { withPngCodec } from "./png_codec.ts";
import { toEightBits } from "./sixteen_bits.ts";

/** Throws `bad-image`. */
export async function decodePng(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const { width, height, bitDepth, exif, frames } = header(bytes);
  checkSize(width, height, maxPixels);
  const note = frames > 1 ? `${frames} frames, the first is used` : undefined;
  const sixteenBits = bitDepth === 16;
  const data = await withPngCodec((codec) => {
    try {
      return sixteenBits ? toEightBits(codec.decode16(bytes)) : codec.decode(bytes);
    } catch (cause) {
      throw badImage("the PNG image is truncated or damaged", cause);
    }
  });
  return { image: { data, width, height }, orientation: orientationOf(exif), sixteenBits, note };
}

/** From the chunks IHDR, eXIf and acTL (animation). */
function header(bytes: Uint8Array) {
  if (bytes.length < 33 || latin(bytes, 12, 16) !== "IHDR") throw badImage("the PNG image is truncated or damaged");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Uint8Array | undefined;
  let frames = 1;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = latin(bytes, at + 4, at + 8);
    if (kind === "eXIf") exif = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
    if (kind === "acTL") frames = view.getUint32(at + 8);
  }
  return { width: view.getUint32(16), height: view.getUint32(20), bitDepth: bytes[24], exif, frames };
}
