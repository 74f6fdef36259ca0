// Decompresses one strip or tile of a TIFF image.

import { badImage } from "./bad_image.ts";
import { decodeJpeg, decodeJpegInks } from "./jpeg.ts";
import { endOfJpeg } from "./jpeg_header.ts";
import { unpackLzw } from "./lzw.ts";
import { WHITE_16 } from "./sixteen_bits.ts";
import type { Compression } from "./tiff_layout.ts";
import { decodeWebp } from "./webp.ts";

export const TRUNCATED = "the TIFF image is truncated or damaged: pixels are missing";

/** Compressions that work on bytes of any meaning. The others compress images. */
export type BytesCompression = Exclude<Compression, "jpeg" | "old jpeg" | "webp">;

/** For each compression, how many bytes one byte can unpack to at most. */
const LARGEST_RATIO = { none: 1, packbits: 64, deflate: 1032, lzw: 2731 };

/** Unpacks the first `size` bytes. Throws `bad-image` if there are fewer. */
export async function unpackSegment(
  packed: Uint8Array,
  size: number,
  compression: BytesCompression,
): Promise<Uint8Array> {
  if (size > packed.length * LARGEST_RATIO[compression]) throw badImage(TRUNCATED);
  if (compression === "lzw") {
    // Before TIFF 5, codes began at the lowest bit. The first code, "clear", shows which it is, as in libtiff.
    const highFirst = !(packed[0] === 0 && packed[1] & 1);
    return unpackLzw(packed, size, { format: "TIFF", highFirst });
  }
  if (compression === "packbits") return unpackBits(packed, size);
  if (compression === "deflate") return await inflate(packed, size);
  return packed.slice(0, size);
}

/** Size of a segment that is an image file, with `samples` of 8 bits for each pixel. */
interface Shape {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
}

/**
 * Unpacks a segment that is a JPEG file, except that it lacks the `tables` that all segments share. Pixels have 1, 3 or
 * 4 (CMYK) samples.
 */
export async function unpackJpeg(
  packed: Uint8Array,
  tables: readonly number[],
  { width, height, samples, ycc }: Shape & { ycc: boolean },
): Promise<Uint8Array> {
  // TIFF's tags say which colours it has, but a JPEG decoder looks for that in Adobe's segment.
  const adobe = [0xff, 0xee, 0, 14, ...new TextEncoder().encode("Adobe"), 0, 100, 0, 0, 0, 0, ycc ? 1 : 0];
  const head = [0xff, 0xd8, ...adobe, ...tables.slice(2, -2)];
  const own = packed.subarray(2, endOfJpeg(packed).end);
  const file = new Uint8Array(head.length + own.length);
  file.set(head);
  file.set(own, head.length);
  const limits = { atLeast: Infinity, maxPixels: width * height, white: WHITE_16 };
  const image = samples === 4 ? await decodeJpegInks(file, limits) : (await decodeJpeg(file, limits)).image;
  if (image.width !== width || image.height < height) throw badImage(TRUNCATED);
  return samplesOf(image.data, { width, height, samples });
}

/** Unpacks a segment that is a WebP file. Pixels have 3 or 4 samples. */
export async function unpackWebp(packed: Uint8Array, shape: Shape): Promise<Uint8Array> {
  const { width, height } = shape;
  const { image } = await decodeWebp(packed, { atLeast: Infinity, maxPixels: width * height, white: WHITE_16 });
  if (image.width !== width || image.height < height) throw badImage(TRUNCATED);
  return samplesOf(image.data, shape);
}

function samplesOf(rgba: Uint8Array | Uint8ClampedArray, { width, height, samples }: Shape): Uint8Array {
  const values = new Uint8Array(width * height * samples);
  for (let from = 0, to = 0; to < values.length; from += 4) {
    for (let sample = 0; sample < samples; sample++) values[to++] = rgba[from + sample];
  }
  return values;
}

async function inflate(packed: Uint8Array, size: number): Promise<Uint8Array> {
  const output = new Uint8Array(size);
  const reader = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let at = 0;
  try {
    while (at < size) {
      const { value, done } = await reader.read();
      if (done) throw badImage(TRUNCATED);
      output.set(value.subarray(0, size - at), at);
      at += value.length;
    }
  } catch (cause) {
    throw badImage(TRUNCATED, cause);
  }
  await reader.cancel().catch(() => {}); // Data after the pixels are ignored, even if damaged.
  return output;
}

/** Unpacks PackBits: runs of equal bytes, and literal bytes. */
function unpackBits(packed: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  for (let at = 0, from = 0; at < size;) {
    if (from >= packed.length) throw badImage(TRUNCATED);
    const head = packed[from++];
    if (head === 128) continue;
    const count = head < 128 ? head + 1 : 257 - head;
    if (head > 128) output.fill(packed[from], at, at + count);
    else output.set(packed.subarray(from, from + Math.min(count, size - at)), at);
    from += head < 128 ? count : 1;
    at += count;
    if (from > packed.length) throw badImage(TRUNCATED);
  }
  return output;
}
