// The message to a worker that finds defects.

import type { DecoderName } from "../../image/decode.ts";
import type { PixelBox } from "../../image/pixel_box.ts";

/** Asks for the defect in an image file. */
export interface DefectRequest {
  /** Content of the file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly decoder: DecoderName;
  readonly white?: number;
  /** Size in pixels of the defects that the photo was looked at closely for; absent if it was seen whole. */
  readonly detail?: number;
  /** Weights of the image's patches, `[rows, cols]`. */
  readonly weights: Float32Array<ArrayBuffer>;
  readonly rows: number;
  readonly cols: number;
  /** The part of the image that the patches cover, in its pixels. @default all of it */
  readonly window?: PixelBox;
}
