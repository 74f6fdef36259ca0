// What passes between decodeImage and the decoders of the formats.

import type { Raster } from "../types.ts";

/** Limits that every decoder keeps to. */
export interface DecodeLimits {
  /** Smallest side of an image that may be shrunk while it is decoded; Infinity for none. */
  readonly atLeast: number;
  /** Most pixels. */
  readonly maxPixels: number;
}

/** An image as it is stored. */
export interface Decoded {
  readonly image: Raster;
  /** How it is to be turned: EXIF's 1 … 8. */
  readonly orientation: number;
  /** Whether the file has 16 bits a channel. */
  readonly sixteenBits?: boolean;
  /** What of the file is not in the image. */
  readonly note?: string;
}
