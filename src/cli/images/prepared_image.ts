// What a worker that decodes is asked, and what it answers.

import type { DecoderName } from "../../image/decode.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { Raster } from "../../types.ts";

/** Asks for an image, resized to `size` × `size`. */
export interface PrepareRequest {
  /** The file's. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
  readonly decoder: DecoderName;
  readonly white?: number;
  /** Size of the defects that it is to be looked at closer for, in pixels: then its pixels are wanted too. */
  readonly detail?: number;
}

/** An image ready for the network. */
export interface PreparedImage {
  readonly pixels: Raster;
  readonly thumbnail: Thumbnail;
  /** Its pixels, where they were asked for. */
  readonly photo?: Raster;
  /** The raster's note. */
  readonly note?: string;
  /** The raster's largest sample of 16 bits. */
  readonly largest?: number;
  /** Its key in the cache, where there is one. */
  readonly key?: Uint8Array;
}
