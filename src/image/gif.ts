// Decodes the first frame of GIF images (GIF89a).

import { badImage, checkSize } from "./bad_image.ts";
import { type Decoded, type DecodeLimits, joinedNotes } from "./decoded.ts";
import { unpackLzw } from "./lzw.ts";

const TRUNCATED = "the GIF image is truncated or damaged";

/** A code of 12 bits holds at most 4,096 pixels. */
const MOST_PIXELS_OF_A_BYTE = 2731;

/** A frame's place on the canvas, its colours and its compressed pixels. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Red, green, blue of each colour. */
  readonly colours: Uint8Array;
  /** The colour that is not drawn; -1 for none. */
  readonly transparent: number;
  readonly literalBits: number;
  readonly packed: Uint8Array;
}

/** Throws `bad-image`. */
export function decodeGif(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  if (bytes.length < 14) throw badImage(TRUNCATED);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { first, frames } = framesOf(bytes, view);
  if (!first) throw badImage(TRUNCATED);
  // If the first frame does not fit on the canvas, the canvas is made larger, as in Pillow and browsers.
  const width = Math.max(view.getUint16(6, true), first.left + first.width);
  const height = Math.max(view.getUint16(8, true), first.top + first.height);
  checkSize(width, height, maxPixels);
  checkSize(first.width, first.height, maxPixels);
  if (first.width * first.height > first.packed.length * MOST_PIXELS_OF_A_BYTE) throw badImage(TRUNCATED);
  const { literalBits } = first;
  const indices = unpackLzw(first.packed, first.width * first.height, { format: "GIF", literalBits });
  const canvas = new Uint32Array(width * height);
  const palette = packedColours(first.colours.length ? first.colours : GREYS);
  rowOrder(first).forEach((row, stored) => {
    let to = (first.top + row) * width + first.left;
    for (let from = stored * first.width, end = from + first.width; from < end; from++, to++) {
      if (indices[from] !== first.transparent) canvas[to] = palette[indices[from]];
    }
  });
  const note = joinedNotes(
    frames > 1 && `${frames} frames, the first is used`,
    !first.colours.length && "it has no colour table, its values are taken for grey levels",
  );
  return Promise.resolve({ image: { data: new Uint8Array(canvas.buffer), width, height }, orientation: 1, note });
}

/** Colours for files without a colour table, as in Pillow. */
const GREYS = Uint8Array.from({ length: 256 * 3 }, (_, at) => Math.floor(at / 3));

/** RGBA of each colour, its four bytes as one number. Missing colours are black. */
function packedColours(colours: Uint8Array): Uint32Array {
  const bytes = new Uint8Array(256 * 4);
  for (let index = 0; index < 256; index++) {
    bytes.set(colours.subarray(index * 3, index * 3 + 3), index * 4);
    bytes[index * 4 + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** Goes through the blocks of a file, and returns the first frame and the number of frames. */
function framesOf(bytes: Uint8Array, view: DataView): { first?: Frame; frames: number } {
  const tableSize = (flags: number) => flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
  const globalSize = tableSize(bytes[10]);
  const shared = bytes.subarray(13, 13 + globalSize);
  let [first, frames, transparent] = [undefined as Frame | undefined, 0, -1];
  for (let at = 13 + globalSize; at + 10 < bytes.length;) {
    if (bytes[at] === 0x21) {
      if (bytes[at + 1] === 0xf9 && !frames) transparent = bytes[at + 3] & 1 ? bytes[at + 6] : -1;
      at = endOfBlocks(bytes, at + 2);
    } else if (bytes[at] === 0x2c) {
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true));
      const flags = bytes[at + 9];
      const data = at + 10 + tableSize(flags);
      const end = endOfBlocks(bytes, data + 1);
      if (end > bytes.length && first) break; // A later frame that is cut off.
      frames++;
      first ??= {
        ...{ left, top, width, height, transparent },
        interlaced: (flags & 0x40) !== 0,
        colours: flags & 0x80 ? bytes.subarray(at + 10, data) : shared,
        literalBits: Math.min(Math.max(bytes[data], 1), 11),
        packed: joined(bytes, data + 1, end),
      };
      at = end;
    } else if (first || bytes[at] === 0x3b) break; // The end of the file, or unknown bytes after a frame.
    else at++; // Unknown bytes before the first frame are skipped, as other programs do.
  }
  return { first, frames };
}

/** The position after a chain of blocks. Each block begins with its length; the last one has length 0. */
function endOfBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]) at += bytes[at] + 1;
  return at + 1;
}

function joined(bytes: Uint8Array, from: number, end: number): Uint8Array {
  const whole = new Uint8Array(Math.max(0, Math.min(end, bytes.length) - from));
  let length = 0;
  for (let at = from; bytes[at]; at += bytes[at] + 1) {
    const block = bytes.subarray(at + 1, at + 1 + bytes[at]);
    whole.set(block, length);
    length += block.length;
  }
  return whole.subarray(0, length);
}

/** For each stored row, its row in the picture. */
function rowOrder({ height, interlaced }: Frame): number[] {
  const passes = interlaced ? [[0, 8], [4, 8], [2, 4], [1, 2]] : [[0, 1]];
  return passes.flatMap(([first, step]) => {
    return Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, row) => first + row * step);
  });
}
