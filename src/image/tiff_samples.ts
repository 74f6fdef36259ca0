// Reads the samples of a TIFF image from its strips or tiles, and puts them in order of pixels.

import { badImage } from "./bad_image.ts";
import { isLittleEndian, type TiffDirectory } from "./tiff_directory.ts";
import type { TiffLayout } from "./tiff_layout.ts";
import { type BytesCompression, TRUNCATED, unpackJpeg, unpackSegment, unpackWebp } from "./tiff_segment.ts";

/** Whole numbers of up to 8 or up to 16 bits, as stored. Fractions, signed numbers and longer ones are Float32. */
export type Samples = Uint8Array | Uint16Array | Float32Array;

/** Limit for the JPEG tables, because they are joined with every segment. */
const MOST_TABLE_BYTES = 2 ** 12;

/** The first `layout.used` samples of each pixel. Throws `bad-image`. */
export async function tiffSamples(bytes: Uint8Array, page: TiffDirectory, layout: TiffLayout): Promise<Samples> {
  const { width, height, samples, used, planar, tiled, segment: [across, down] } = layout;
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / down)];
  if (columns * across * rows * down > 2 * width * height + 2 ** 24) {
    throw badImage("the TIFF image is damaged: its tiles are too large");
  }
  const segments = columns * rows * (planar ? used : 1);
  const all = placesOf(page, segments);
  const tables = page.get(347, MOST_TABLE_BYTES) ?? [];
  const little = isLittleEndian(bytes);
  const inSegment = planar ? 1 : samples; // Samples of a pixel in a segment.
  const result = emptySamples(layout, width * height * used);
  for (let index = 0; index < segments; index++) {
    const plane = Math.floor(index / (columns * rows));
    const [left, top] = [index % columns * across, Math.floor(index / columns) % rows * down];
    // The last strip may have fewer rows. Tiles always have all of them.
    const stored = tiled ? down : Math.min(down, height - top);
    const shape = { across, stored, inSegment, layout, little, tables };
    const values = await unpackedWith(bytes, all, index, layout, (packed) => unpack(packed, shape));
    const kept = planar ? 1 : used;
    for (let y = top; y < Math.min(top + stored, height); y++) {
      for (let x = left; x < Math.min(left + across, width); x++) {
        const [from, to] = [((y - top) * across + x - left) * inSegment, (y * width + x) * used + plane];
        for (let sample = 0; sample < kept; sample++) result[to + sample] = values[from + sample];
      }
    }
  }
  return result;
}

/** Where segments begin, and how many bytes they have according to the file. */
interface Places {
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
  /** The offsets in ascending order. */
  readonly sorted: Float64Array;
}

/** Bytes of the file header, in which no pixels can be. */
const HEADER_BYTES = 8;

function placesOf(page: TiffDirectory, segments: number): Places {
  const offsets = page.get(324, segments) ?? page.get(273, segments) ?? [];
  if (offsets.length < segments) throw badImage("the TIFF image is truncated or damaged: strips are missing");
  const counts = page.get(325, segments) ?? page.get(279, segments) ?? [];
  return { offsets, counts, sorted: Float64Array.from(offsets).sort() };
}

/**
 * Unpacks a segment. Its byte count in the file may be missing, 0, too large or too small; such mistakes are common.
 * They do no harm: the size of uncompressed data is known, and compressed data mark their end.
 */
async function unpackedWith<T>(
  bytes: Uint8Array,
  { offsets, counts, sorted }: Places,
  index: number,
  { compression }: TiffLayout,
  unpack: (packed: Uint8Array) => Promise<T>,
): Promise<T> {
  const [from, count] = [offsets[index], counts[index] || 0];
  const rest = bytes.subarray(from);
  if (from < HEADER_BYTES || !rest.length) throw badImage("the TIFF image is truncated: strips are missing");
  if (compression === "none" || count === 0 || count >= rest.length) return await unpack(rest);
  try {
    return await unpack(rest.subarray(0, count));
  } catch (error) {
    const end = nextOf(sorted, from) ?? bytes.length;
    if (count >= end - from) throw error;
    return await unpack(bytes.subarray(from, end));
  }
}

/** The first of ascending numbers that is larger than `than`. */
function nextOf(sorted: Float64Array, than: number): number | undefined {
  let [from, end] = [0, sorted.length];
  while (from < end) {
    const middle = (from + end) >> 1;
    if (sorted[middle] > than) end = middle;
    else from = middle + 1;
  }
  return sorted.at(from);
}

interface SegmentShape {
  /** Pixels in a row. */
  readonly across: number;
  /** Rows. */
  readonly stored: number;
  readonly inSegment: number;
  readonly layout: TiffLayout;
  readonly little: boolean;
  readonly tables: readonly number[];
}

async function unpack(packed: Uint8Array, shape: SegmentShape): Promise<Samples> {
  const { across: width, stored: height, inSegment: samples, layout: { compression, colours }, tables } = shape;
  if (compression === "jpeg") {
    return await unpackJpeg(packed, tables, { width, height, samples, ycc: colours === "ycc" });
  }
  if (compression === "webp") return await unpackWebp(packed, { width, height, samples });
  return await unpackBytes(packed, shape, compression as BytesCompression);
}

async function unpackBytes(packed: Uint8Array, shape: SegmentShape, compression: BytesCompression): Promise<Samples> {
  const { across, stored, inSegment, layout } = shape;
  const { bits, colours, planar, reversed, subsampling: [shareX, shareY] } = layout;
  const shared = colours === "ycc" && !planar && shareX * shareY > 1;
  const size = shared
    ? Math.ceil(across / shareX) * Math.ceil(stored / shareY) * (shareX * shareY + 2)
    : Math.ceil(across * inSegment * bits / 8) * stored;
  const needed = compression === "none" ? packed.subarray(0, size) : packed;
  const raw = await unpackSegment(reversed ? needed.map(reversedByte) : needed, size, compression);
  if (raw.length < size) throw badImage(TRUNCATED);
  return shared ? unshared(raw, across, stored, layout.subsampling) : numbers(raw, shape);
}

function reversedByte(byte: number): number {
  const pairs = (byte & 0x55) << 1 | byte >> 1 & 0x55;
  const fours = (pairs & 0x33) << 2 | pairs >> 2 & 0x33;
  return (fours & 0x0f) << 4 | fours >> 4;
}

function emptySamples({ bits, kind }: TiffLayout, length: number): Samples {
  if (kind !== "unsigned" || bits > 16) return new Float32Array(length);
  return bits > 8 ? new Uint16Array(length) : new Uint8Array(length);
}

/** Turns raw bytes into numbers: packed bits, or numbers of one or more bytes. Each row begins at a whole byte. */
function numbers(raw: Uint8Array, { across, stored, inSegment, layout, little }: SegmentShape): Samples {
  const { bits, kind, predictor } = layout;
  const inRow = across * inSegment;
  if (bits % 8 !== 0) return packedNumbers(raw, inRow, stored, layout);
  const bytes = bits / 8;
  if (predictor === 3) addBytes(raw, inRow, inSegment, bytes);
  const lowFirst = little && predictor !== 3;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (bits === 64) {
    return Float32Array.from({ length: inRow * stored }, (_, at) => view.getFloat64(at * 8, lowFirst));
  }
  const words = bits === 8 ? raw : bits === 16 ? new Uint16Array(inRow * stored) : new Uint32Array(inRow * stored);
  for (let at = 0; bits > 8 && at < words.length; at++) {
    words[at] = bits === 16 ? view.getUint16(at * 2, lowFirst) : view.getUint32(at * 4, lowFirst);
  }
  if (predictor === 2) {
    for (let row = 0; row < stored; row++) {
      // Sums wrap around at the number of bits. The typed arrays do that by themselves.
      for (let at = inSegment; at < inRow; at++) words[row * inRow + at] += words[row * inRow + at - inSegment];
    }
  }
  if (kind === "fraction") return bits === 16 ? Float32Array.from(words, halfFraction) : new Float32Array(words.buffer);
  if (kind === "signed") return Float32Array.from(words, (word) => word << 32 - bits >> 32 - bits);
  return words instanceof Uint32Array ? Float32Array.from(words) : words;
}

/** Unpacks numbers of up to 15 bits that follow each other without gaps. */
function packedNumbers(raw: Uint8Array, inRow: number, rows: number, layout: TiffLayout): Samples {
  const { bits } = layout;
  const values = emptySamples(layout, inRow * rows);
  const rowBytes = Math.ceil(inRow * bits / 8);
  for (let row = 0, to = 0; row < rows; row++) {
    for (let at = 0, bit = row * rowBytes * 8; at < inRow; at++, bit += bits) {
      const byte = bit >> 3;
      const three = raw[byte] << 16 | raw[byte + 1] << 8 | raw[byte + 2]; // Beyond the end: 0.
      values[to++] = three >> 24 - (bit & 7) - bits & (1 << bits) - 1;
    }
  }
  return values;
}

/**
 * Undoes the predictor for fractions (TIFF Technical Note 3). It stores differences of bytes; in each row the highest
 * bytes of all numbers come first.
 */
function addBytes(raw: Uint8Array, inRow: number, step: number, bytes: number): void {
  for (let from = 0; from < raw.length; from += inRow * bytes) {
    const row = raw.subarray(from, from + inRow * bytes);
    for (let at = step; at < row.length; at++) row[at] += row[at - step];
    const apart = row.slice();
    for (let at = 0; at < row.length; at++) row[at] = apart[at % bytes * inRow + Math.floor(at / bytes)];
  }
}

/** The value of a 16-bit floating-point number (IEEE 754). */
function halfFraction(word: number): number {
  const [sign, exponent, fraction] = [word & 0x8000 ? -1 : 1, word >> 10 & 31, word & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * fraction / 1024);
}

/** Unpacks subsampled YCbCr. Each block holds the Y of its pixels, then the Cb and Cr that they share. */
function unshared(raw: Uint8Array, across: number, rows: number, [shareX, shareY]: readonly [number, number]) {
  const values = new Uint8Array(across * rows * 3);
  const [blockBytes, blocks] = [shareX * shareY + 2, Math.ceil(across / shareX)];
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < across; x++) {
      const block = (Math.floor(y / shareY) * blocks + Math.floor(x / shareX)) * blockBytes;
      values[to++] = raw[block + y % shareY * shareX + x % shareX];
      values[to++] = raw[block + blockBytes - 2];
      values[to++] = raw[block + blockBytes - 1];
    }
  }
  return values;
}
