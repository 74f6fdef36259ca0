// The format of a file by its first bytes, never by its name.

import { badImage } from "./bad_image.ts";

/** Formats that can be decoded. */
export type ImageFormat = "JPEG" | "PNG";

/** Throws `bad-image`. */
export function formatOf(bytes: Uint8Array): ImageFormat {
  const starts = (...magic: number[]) => magic.every((byte, at) => bytes[at] === byte);
  if (starts(0xff, 0xd8, 0xff)) return "JPEG";
  if (starts(0x89, 0x50, 0x4e, 0x47)) return "PNG";
  throw badImage("this is neither a JPEG nor a PNG image");
}
