// Messages to and from a worker that decodes images.

import type { DecoderName } from "../../image/decode.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { Raster } from "../../types.ts";

/** Asks for an image, resized to `size` × `size` pixels. */
export interface PrepareRequest {
  /** Content of the file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
  readonly decoder: DecoderName;
  readonly white?: number;
  /** Size in pixels of the defects to look for closely. If given, the photo itself is wanted too. */
  readonly detail?: number;
}

/** An image ready for the network. */
export interface PreparedImage {
  readonly pixels: Raster;
  readonly thumbnail: Thumbnail;
  /** The photo as the closer look needs it, if that was asked for. */
  readonly photo?: Raster;
  /** The decoder's note on the image. */
  readonly note?: string;
  /** The largest 16-bit value in the image. */
  readonly largest?: number;
  /** Its key in the cache, if there is a cache. */
  readonly key?: Uint8Array;
}
