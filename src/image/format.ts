// The format of a file by its first bytes, never by its name.

import { badImage } from "./bad_image.ts";
import { latin } from "./latin.ts";

/** Formats that can be decoded. */
export type ImageFormat = "JPEG" | "PNG" | "TIFF" | "WebP" | "GIF" | "BMP";

const CONVERT = "convert it to JPEG, PNG or TIFF";

/** Throws `bad-image`, naming the format if it is another that is known. */
export function formatOf(bytes: Uint8Array): ImageFormat {
  const start = latin(bytes, 0, 16);
  const begins = (...magic: string[]) => magic.some((text) => start.startsWith(text));
  if (begins("\xff\xd8\xff")) return "JPEG";
  if (begins("\x89PNG")) return "PNG";
  if (begins("GIF87a", "GIF89a")) return "GIF";
  if (begins("RIFF") && start.slice(8, 12) === "WEBP") return "WebP";
  if (begins("II*\0", "MM\0*") && start.slice(8, 10) !== "CR") return "TIFF";
  if (begins("BM")) return "BMP";
  const other = otherFormat(bytes, begins, start);
  if (other) throw badImage(`this is ${other}, which cannot be read: ${CONVERT}`);
  throw badImage(`this is no image of a known kind: ${CONVERT}`);
}

function otherFormat(bytes: Uint8Array, begins: (...magic: string[]) => boolean, start: string): string | undefined {
  if (start.slice(4, 8) === "ftyp") {
    const brand = start.slice(8, 12);
    if (brand.startsWith("avi")) return "an AVIF image";
    if (brand === "crx ") return "a camera's RAW image";
    return /^(he|mif|msf)/.test(brand) ? "a HEIC image" : "a film";
  }
  if (begins("\xff\x0a", "\0\0\0\x0cJXL ")) return "a JPEG XL image";
  if (begins("\xff\x4f\xff\x51", "\0\0\0\x0cjP  ")) return "a JPEG 2000 image";
  if (begins("II*\0", "FUJIFILM", "IIRO", "IIRS", "MMOR", "IIU\0")) return "a camera's RAW image";
  if (begins("II+\0", "MM\0+")) return "a BigTIFF image";
  if (begins("%PDF")) return "a PDF document";
  if (begins("8BPS")) return "a Photoshop document";
  if (latin(bytes, 128, 132) === "DICM") return "a DICOM file";
  if (/^P[1-7]\s/.test(start)) return "a Netpbm image";
  if (/<svg[\s>]/.test(latin(bytes, 0, 1024))) return "an SVG drawing";
  return undefined;
}
