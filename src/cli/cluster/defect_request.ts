// What a worker that finds defects is asked.

import type { DecoderName } from "../../image/decode.ts";
import type { PixelBox } from "../../image/pixel_box.ts";

/** Asks for the defect in an image. */
export interface DefectRequest {
  /** The file's. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly decoder: DecoderName;
  readonly white?: number;
  /** Size of the defects that the photo was looked at closer for, in pixels. */
  readonly detail?: number;
  /** Of its patches, `[rows, cols]`. */
  readonly weights: Float32Array<ArrayBuffer>;
  readonly rows: number;
  readonly cols: number;
  /** What the patches cover, in the image's pixels. */
  readonly window?: PixelBox;
}
