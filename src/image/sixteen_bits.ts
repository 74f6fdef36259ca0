// Scales samples of 16 bits to 8, and finds which value counts as white.

/** The largest value of a 16-bit sample. */
export const WHITE_16 = 65535;

/**
 * Returns the value that counts as white in a set of images with 16-bit samples. It is the largest number with as many
 * bits as `largest` has, 8 at least: cameras of 10 or 12 bits fill only the lower bits of 16. `largest` is the largest
 * {@linkcode Raster.largest} of the set. Pass the result as {@linkcode DecodeOptions.white} for all images, so that
 * dark images stay darker than the others.
 */
export function whiteOf(largest: number): number {
  return Math.max(2 ** Math.ceil(Math.log2(largest + 1)) - 1, 255);
}

/**
 * The white of a set of images, by its largest 16-bit sample (0 if it has none). `undefined` if there is no such sample
 * or white is 65535 as usual; otherwise a warning is added.
 */
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

/** How many bytes of a file {@linkcode mayHaveSixteenBits} needs. */
export const HEAD_BYTES = 32;

/** Whether a file with these first bytes may have 16 bits a channel: some PNG and Netpbm files, and any TIFF. */
export function mayHaveSixteenBits(head: Uint8Array): boolean {
  const letters = String.fromCharCode(...head.subarray(0, 4));
  if (letters === "\x89PNG") return head[24] === 16; // The bit depth, after both sides (PNG specification, IHDR).
  return /^(II[*+]\0|MM\0[*+]|P[2356])/.test(letters);
}

/** Scales a number from 0 … `white` to 0 … 255. It is rounded: cutting it off would darken images by half a level. */
export function toEightBits(value: number, white: number): number {
  return value >= white ? 255 : Math.round(value * 255 / white);
}

/** Scales RGBA values to 8 bits. Alpha always uses all 16 bits, whatever `white` is. */
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
