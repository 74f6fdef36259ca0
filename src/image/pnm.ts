// Decodes PBM, PGM and PPM images (Netpbm's formats P1 to P6): as text or bytes, with 1, 8 or 16 bits.

import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { largestOf, toEightBits, WHITE_16 } from "./sixteen_bits.ts";

const TRUNCATED = "the Netpbm image is truncated: pixels are missing";

/** Throws `bad-image`. */
export function decodePnm(bytes: Uint8Array, { maxPixels, white }: DecodeLimits): Promise<Decoded> {
  const kind = bytes[1] - 0x30;
  const [bilevel, channels, asText] = [kind === 1 || kind === 4, kind === 3 || kind === 6 ? 3 : 1, kind <= 3];
  const text = new TextReader(bytes);
  const [width, height, most] = [text.number(), text.number(), bilevel ? 1 : text.number()];
  checkSize(width, height, maxPixels);
  if (most < 1 || most > WHITE_16) throw badImage(`the Netpbm image is damaged: its largest value is ${most}`);
  const values = asText
    ? textValues(text, width * height * channels, bilevel)
    : byteValues(bytes.subarray(text.at + 1), { width, height, channels, most, bilevel });
  // Programs write 65535 as the largest value even if the camera uses fewer bits.
  const largest = most === WHITE_16 ? largestOf(values, 1, 1) : undefined;
  const range = largest === undefined ? most : white;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = toEightBits(values[channels === 3 ? pixel * 3 + channel : pixel], range);
      data[pixel * 4 + channel] = bilevel ? 255 - value : value; // 1 is black.
    }
  }
  return Promise.resolve({ image: { data, width, height }, orientation: 1, largest });
}

/** Reads numbers in text, with white space and comments between them. */
class TextReader {
  /** Position after the last number. */
  at = 2;

  constructor(readonly bytes: Uint8Array) {}

  number(): number {
    this.#skip();
    let value = 0;
    const from = this.at;
    for (; this.#isDigit(); this.at++) value = Math.min(value * 10 + this.bytes[this.at] - 0x30, 2 ** 31);
    if (this.at === from) throw badImage(TRUNCATED);
    return value;
  }

  /** Reads a single digit: bits may be written without white space between them. */
  digit(): number {
    this.#skip();
    if (!this.#isDigit()) throw badImage(TRUNCATED);
    return this.bytes[this.at++] - 0x30;
  }

  #isDigit(): boolean {
    return this.bytes[this.at] >= 0x30 && this.bytes[this.at] <= 0x39;
  }

  #skip(): void {
    for (let remark = false; this.at < this.bytes.length; this.at++) {
      const byte = this.bytes[this.at];
      if (byte === 0x23) remark = true;
      else if (byte === 0x0a || byte === 0x0d) remark = false;
      else if (!remark && byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return;
    }
  }
}

function textValues(text: TextReader, count: number, bilevel: boolean): Uint16Array {
  if (text.bytes.length - text.at < count) throw badImage(TRUNCATED); // Before memory is allocated.
  const values = new Uint16Array(count);
  for (let at = 0; at < count; at++) values[at] = bilevel ? Math.min(text.digit(), 1) : Math.min(text.number(), 65535);
  return values;
}

function byteValues(
  raw: Uint8Array,
  { width, height, channels, most, bilevel }: {
    width: number;
    height: number;
    channels: number;
    most: number;
    bilevel: boolean;
  },
): Uint8Array | Uint16Array {
  const inRow = width * channels;
  const rowBytes = bilevel ? Math.ceil(width / 8) : inRow * (most > 255 ? 2 : 1);
  if (raw.length < rowBytes * height) throw badImage(TRUNCATED);
  if (bilevel) {
    return Uint8Array.from({ length: inRow * height }, (_, at) => {
      const [row, x] = [Math.floor(at / width), at % width];
      return raw[row * rowBytes + (x >> 3)] >> 7 - x % 8 & 1;
    });
  }
  if (most <= 255) return raw.subarray(0, inRow * height);
  return Uint16Array.from({ length: inRow * height }, (_, at) => raw[at * 2] << 8 | raw[at * 2 + 1]);
}
