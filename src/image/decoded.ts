// What passes between decodeImage and the decoders of the formats.

import type { Raster } from "../types.ts";
import type { PhotoSize } from "./pixel_box.ts";

/** What every decoder keeps to. */
export interface DecodeLimits {
  /** Smallest side of an image that may be shrunk while it is decoded; Infinity for none. */
  readonly atLeast: number;
  /** Most pixels. */
  readonly maxPixels: number;
  /** The sample that becomes white in files that do not say how many of their 16 bits are used. */
  readonly white: number;
}

/** An image as it is stored. */
export interface Decoded {
  readonly image: Raster;
  /** Its size in the file, where it was shrunk while it was decoded. */
  readonly original?: PhotoSize;
  /** How it is to be turned: EXIF's 1 … 8. */
  readonly orientation: number;
  /** The largest sample of a file that has 16 bits a channel and does not say how many of them are used. */
  readonly largest?: number;
  /** What the user should know: what of the file is not in the image, or how it was taken. */
  readonly note?: string;
}

/** Notes as one; undefined for none. */
export function joinedNotes(...notes: readonly (string | false | undefined)[]): string | undefined {
  return notes.filter(Boolean).join("; ") || undefined;
}
