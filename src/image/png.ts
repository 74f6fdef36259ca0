// PNG → RGBA.

import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { latin } from "./latin.ts";
import { withPngCodec } from "./png_codec.ts";
import { toEightBits } from "./sixteen_bits.ts";

const DAMAGED = "the PNG image is truncated or damaged";

/** Samples of a pixel by the kind of colours. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bytes that deflate makes of one at most. */
const LARGEST_RATIO = 1032;

/** Throws `bad-image`. */
export async function decodePng(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const { width, height, bitDepth, colours, exif, frames } = header(bytes);
  checkSize(width, height, maxPixels);
  if (width * height * bitDepth * (SAMPLES[colours] ?? 1) / 8 > bytes.length * LARGEST_RATIO) throw badImage(DAMAGED);
  const note = frames > 1 ? `${frames} frames, the first is used` : undefined;
  const sixteenBits = bitDepth === 16;
  const data = await withPngCodec((codec) => {
    try {
      return sixteenBits ? toEightBits(codec.decode16(bytes)) : codec.decode(bytes);
    } catch (cause) {
      throw badImage(DAMAGED, cause);
    }
  });
  return { image: { data, width, height }, orientation: orientationOf(exif), sixteenBits, note };
}

/** From the chunks IHDR, eXIf and acTL (animation). */
function header(bytes: Uint8Array) {
  if (bytes.length < 33 || latin(bytes, 12, 16) !== "IHDR") throw badImage(DAMAGED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Uint8Array | undefined;
  let frames = 1;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = latin(bytes, at + 4, at + 8);
    if (kind === "eXIf") exif = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
    if (kind === "acTL") frames = view.getUint32(at + 8);
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitDepth: bytes[24],
    colours: bytes[25],
    exif,
    frames,
  };
}
