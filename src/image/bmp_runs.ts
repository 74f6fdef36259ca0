// The run-length encodings of BMP, RLE8 and RLE4 (Microsoft's "Bitmap Compression").

import { badImage } from "./bad_image.ts";

/** Commands that may follow a 0 byte. */
const [END_OF_ROW, END_OF_IMAGE, JUMP] = [0, 1, 2];

/**
 * Unpacks colour indices, one byte each, in rows of `width` in the order in which they are stored. Pixels that are
 * jumped over have index 0. Throws `bad-image` if the data end before the image does.
 */
export function unpackRuns(packed: Uint8Array, width: number, height: number, bits: number): Uint8Array {
  const bytes = new Uint8Array(width * height);
  let [from, x, y] = [0, 0, 0];
  const put = (index: number) => {
    if (x < width) bytes[y * width + x] = index;
    x++;
  };
  const isWhole = () => y >= height || (y === height - 1 && x >= width);
  while (y < height) {
    if (from + 2 > packed.length) {
      if (isWhole()) break;
      throw badImage("the BMP image is truncated or damaged: pixels are missing");
    }
    const [count, value] = [packed[from], packed[from + 1]];
    from += 2;
    if (count > 0) {
      for (let at = 0; at < count; at++) put(bits === 8 ? value : at % 2 ? value & 15 : value >> 4);
    } else if (value === END_OF_ROW) [x, y] = [0, y + 1];
    else if (value === END_OF_IMAGE) break;
    else if (value === JUMP) [x, y, from] = [x + packed[from], y + packed[from + 1], from + 2];
    else {
      const length = Math.ceil(value * bits / 8);
      for (let at = 0; at < value && from + length <= packed.length; at++) {
        const byte = packed[from + (at * bits >> 3)];
        put(bits === 8 ? byte : at % 2 ? byte & 15 : byte >> 4);
      }
      from += length + length % 2;
    }
  }
  return bytes;
}
