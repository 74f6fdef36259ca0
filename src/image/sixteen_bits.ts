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

/** The white of a set by its largest sample, 0 for none, where it is below that of 16 bits; `warnings` hear of it. */
export function sharedWhite(largest: number, warnings: string[]): number | undefined {
  const white = whiteOf(largest);
  if (largest === 0 || white >= WHITE_16) return undefined;
  warnings.push(
    `the images of 16 bits use ${
      Math.log2(white + 1)
    } of them (their largest value is ${largest}): ${white} was taken for white`,
  );
  return white;
}

/** Bytes of a file by which {@linkcode mayHaveSixteenBits} tells. */
export const HEAD_BYTES = 32;

/** Whether a file that begins so may have 16 bits a channel: some PNG and Netpbm files, and any TIFF. */
export function mayHaveSixteenBits(head: Uint8Array): boolean {
  const letters = String.fromCharCode(...head.subarray(0, 4));
  if (letters === "\x89PNG") return head[24] === 16; // The bit depth, after both sides (PNG specification, IHDR).
  return /^(II[*+]\0|MM\0[*+]|P[2356])/.test(letters);
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
