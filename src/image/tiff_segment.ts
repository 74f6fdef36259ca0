// One strip or tile of a TIFF image, decompressed.

import { badImage } from "./bad_image.ts";
import { decodeJpeg } from "./jpeg.ts";
import { unpackLzw } from "./lzw.ts";

const TRUNCATED = "the TIFF image is truncated or damaged: pixels are missing";

/** How a segment's bytes are packed: the tag 259. */
export const COMPRESSIONS: Record<number, "none" | "lzw" | "deflate" | "jpeg" | "packbits"> = {
  1: "none",
  5: "lzw",
  7: "jpeg",
  8: "deflate",
  32773: "packbits",
  32946: "deflate",
};

/** How many bytes a byte may unpack to at most. */
const LARGEST_RATIO = { none: 1, packbits: 64, deflate: 1032, lzw: 2731 };

/** Unpacks the first `size` bytes. Throws `bad-image` when there are fewer. */
export async function unpackSegment(
  packed: Uint8Array,
  size: number,
  compression: "none" | "lzw" | "deflate" | "packbits",
): Promise<Uint8Array> {
  if (size > packed.length * LARGEST_RATIO[compression]) throw badImage(TRUNCATED);
  if (compression === "lzw") return unpackLzw(packed, size, "TIFF");
  if (compression === "packbits") return unpackBits(packed, size);
  if (compression === "deflate") return await inflate(packed, size);
  return packed.slice(0, size);
}

/** Samples of a segment that is a JPEG file but for the `tables` that all share: `samples` (1 or 3) a pixel. */
export async function unpackJpeg(
  packed: Uint8Array,
  tables: readonly number[],
  { width, height, samples, ycc }: { width: number; height: number; samples: number; ycc: boolean },
): Promise<Uint8Array> {
  // The colours are told by TIFF's tags; a JPEG decoder looks for Adobe's segment.
  const adobe = [0xff, 0xee, 0, 14, ...new TextEncoder().encode("Adobe"), 0, 100, 0, 0, 0, 0, ycc ? 1 : 0];
  const head = [0xff, 0xd8, ...adobe, ...tables.slice(2, -2)];
  const file = new Uint8Array(head.length + packed.length - 2);
  file.set(head);
  file.set(packed.subarray(2), head.length);
  const { image } = await decodeJpeg(file, { atLeast: Infinity, maxPixels: width * height });
  if (image.width !== width || image.height < height) throw badImage(TRUNCATED);
  const values = new Uint8Array(width * height * samples);
  for (let from = 0, to = 0; to < values.length; from += 4) {
    for (let sample = 0; sample < samples; sample++) values[to++] = image.data[from + sample];
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
  await reader.cancel().catch(() => {}); // What follows the pixels is of no interest, faults included.
  return output;
}

/** PackBits: runs of bytes, and bytes as they are. */
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
