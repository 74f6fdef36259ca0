// Types shared by decodeImage and the decoders of single formats.

import type { Raster } from "../types.ts";
import type { PhotoSize } from "./pixel_box.ts";

/** Limits and settings for a decoder. */
export interface DecodeLimits {
  /** An image may be shrunk while it is decoded, if its sides stay at least so long. Infinity: it may not. */
  readonly atLeast: number;
  /** Most pixels of an image. */
  readonly maxPixels: number;
  /** The value that becomes white in files that do not say how many of their 16 bits they use. */
  readonly white: number;
}

/** An image as it is stored, before it is turned upright. */
export interface Decoded {
  readonly image: Raster;
  /** Its size in the file, if it was shrunk while it was decoded. */
  readonly original?: PhotoSize;
  /** How it must be turned: EXIF's 1 … 8. */
  readonly orientation: number;
  /** The largest value in a file that has 16 bits a channel and does not say how many of them it uses. */
  readonly largest?: number;
  /** A note for the user: which part of the file is not in the image, or how its values were interpreted. */
  readonly note?: string;
}

/** Joins notes into one; `undefined` if there are none. */
export function joinedNotes(...notes: readonly (string | false | undefined)[]): string | undefined {
  return notes.filter(Boolean).join("; ") || undefined;
}
