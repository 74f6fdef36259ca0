// Lempel-Ziv-Welch decompression for GIF and TIFF, which store bits in different orders.

import { badImage } from "./bad_image.ts";

const MOST_CODES = 4096;

/** How codes are stored. */
export interface LzwOptions {
  /** Named in error messages. */
  readonly format: "GIF" | "TIFF";
  /** Codes begin at the highest bit and widen one code early, as in TIFF since version 5. Otherwise as in GIF. */
  readonly highFirst?: boolean;
  /** Bits of a literal value. The first codes have one bit more. @default 8 */
  readonly literalBits?: number;
}

/** Unpacks the first `size` bytes. Throws `bad-image` if the data end too early or make no sense. */
export function unpackLzw(packed: Uint8Array, size: number, options: LzwOptions): Uint8Array {
  const { format, highFirst = false, literalBits = 8 } = options;
  const output = new Uint8Array(size);
  const clear = 1 << literalBits;
  const early = highFirst ? 1 : 0;
  // The string of each code is the string of another code, its prefix, and one more byte.
  const [prefix, length] = [new Uint16Array(MOST_CODES), new Uint16Array(MOST_CODES).fill(1, 0, clear)];
  const [first, last] = [new Uint8Array(MOST_CODES), new Uint8Array(MOST_CODES)];
  for (let literal = 0; literal < clear; literal++) first[literal] = last[literal] = literal;
  let [width, next, previous] = [literalBits + 1, clear + 2, -1];
  let [at, from, bits, held] = [0, 0, 0, 0];
  while (at < size) {
    for (; held < width; held += 8) {
      if (from === packed.length) throw badImage(`the ${format} image is truncated or damaged: pixels are missing`);
      bits = early ? (bits << 8 | packed[from++]) & 0xffffff : bits | packed[from++] << held;
    }
    held -= width;
    const code = (early ? bits >> held : bits) & (1 << width) - 1;
    if (!early) bits >>>= width;
    if (code === clear) {
      [width, next, previous] = [literalBits + 1, clear + 2, -1];
      continue;
    }
    if (code === clear + 1 || code > (previous < 0 ? clear : next)) {
      throw badImage(`the ${format} image is damaged: its compressed data make no sense`);
    }
    if (previous >= 0 && next < MOST_CODES) {
      prefix[next] = previous;
      length[next] = length[previous] + 1;
      first[next] = first[previous];
      last[next] = first[code === next ? previous : code];
      next++;
      if (next + early === 1 << width && width < 12) width++;
    }
    const end = at + length[code];
    for (let to = end - 1, of = code; to >= at; to--, of = prefix[of]) if (to < size) output[to] = last[of];
    at = end;
    previous = code;
  }
  return output;
}
