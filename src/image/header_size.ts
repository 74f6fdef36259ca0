// How large an image is, by the first of its bytes.

import { formatOf } from "./format.ts";
import { jpegHeader } from "./jpeg_header.ts";
import type { PhotoSize } from "./pixel_box.ts";

/** Bytes of a PNG file before its width. */
const PNG_WIDTH_AT = 16;

/**
 * The size of a JPEG or PNG image, as it is stored; nothing for other formats, which are decoded for it. Throws `bad-image`
 * where a file has no complete header.
 */
export function headerSize(bytes: Uint8Array): PhotoSize | undefined {
  const format = formatOf(bytes);
  if (format === "JPEG") {
    const { width, height } = jpegHeader(bytes);
    return { width, height };
  }
  if (format !== "PNG" || bytes.length < PNG_WIDTH_AT + 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(PNG_WIDTH_AT), height: view.getUint32(PNG_WIDTH_AT + 4) };
}
