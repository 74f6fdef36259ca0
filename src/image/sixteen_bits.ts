// Samples of 16 bits as 8: what counts as white.

/** The largest sample of 16 bits. */
export const WHITE_16 = 65535;

/**
 * What counts as white in a set of images whose 16-bit samples are `largest` at most: the largest number of as many
 * bits, at least 8. Cameras of 10 or 12 bits fill the lower bits of 16 alone. `largest` is the largest
 * {@linkcode Raster.largest} of the set; the result is for {@linkcode DecodeOptions.white}, the same for all images,
 * so that a dark one stays darker than the others.
 */
export function whiteOf(largest: number): number {
  return Math.max(2 ** Math.ceil(Math.log2(largest + 1)) - 1, 255);
}

/** Numbers from 0 to `white` as 0 … 255, rounded: not cut, which would darken by half a level. */
export function toEightBits(value: number, white: number): number {
  return value >= white ? 255 : Math.round(value * 255 / white);
}

/** The same for RGBA; alpha always has all 16 bits. */
export function rgbaToEightBits(values: Uint16Array, white: number): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = toEightBits(values[at], at % 4 === 3 ? WHITE_16 : white);
  return bytes;
}

/** The largest of the first `inColours` of every `inPixel` numbers. */
export function largestOf(values: ArrayLike<number>, inPixel: number, inColours: number): number {
  let largest = 0;
  for (let at = 0; at < values.length; at++) {
    if (values[at] > largest && at % inPixel < inColours) largest = values[at];
  }
  return largest;
}
