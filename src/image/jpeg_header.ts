// What stands before the compressed data of a JPEG file (ITU-T T.81, annex B).

import { badImage } from "./bad_image.ts";
import { latin } from "./latin.ts";

/** What the decoders need to know beforehand. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: colour; 4: CMYK or YCCK. */
  readonly components: number;
  /** The TIFF structure of the EXIF segment, if there is one. */
  readonly exif?: Uint8Array;
}

/** Reads the segments up to the frame header and the first scan. Throws `bad-image`. */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [exif, frame] = [undefined as Uint8Array | undefined, 0];
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === 0xff) at++; // Stray and fill bytes.
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2; // Markers without a segment.
    else {
      const end = at + 2 + view.getUint16(at + 2);
      if (marker === 0xda || end > bytes.length) break;
      const segment = bytes.subarray(at + 4, end);
      if (marker === 0xe1 && !exif && latin(segment, 0, 6) === "Exif\0\0") exif = segment.subarray(6);
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker) && segment.length >= 6) {
        frame = at + 4;
      }
      at = end;
    }
  }
  if (!frame) throw badImage("the JPEG image is truncated or damaged: its header is not complete");
  const [height, width] = [view.getUint16(frame + 1), view.getUint16(frame + 3)];
  return { width, height, components: bytes[frame + 5], exif };
}
