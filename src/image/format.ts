// Recognises the format of a file by its first bytes, never by its name.

import { badImage } from "./bad_image.ts";
import { latin } from "./latin.ts";

/** Formats that can be decoded. */
export type ImageFormat = "JPEG" | "PNG" | "TIFF" | "WebP" | "GIF" | "BMP" | "AVIF" | "JPEG XL" | "Netpbm";

const CONVERT = "convert it to JPEG, PNG or TIFF";

/**
 * The format of a file. If it cannot be decoded, throws `bad-image`, with a message that names the format if possible.
 */
export function formatOf(bytes: Uint8Array): ImageFormat {
  const known = formatAt(bytes);
  if (known) return known;
  const other = otherFormat(bytes);
  if (other) throw badImage(`this is ${other}, which cannot be read: ${CONVERT}`);
  const [from, hidden] = hiddenImage(bytes) ?? [];
  if (hidden) {
    throw badImage(`its first ${from} bytes belong to no image, the ${hidden} one begins behind them: cut them off`);
  }
  throw badImage(`this is no image of a known kind: ${CONVERT}`);
}

const startsWith = (start: string, ...magic: string[]) => magic.some((text) => start.startsWith(text));

function formatAt(bytes: Uint8Array): ImageFormat | undefined {
  const start = latin(bytes, 0, 16);
  const begins = (...magic: string[]) => startsWith(start, ...magic);
  if (begins("\xff\xd8\xff")) return "JPEG";
  if (begins("\x89PNG")) return "PNG";
  if (begins("GIF87a", "GIF89a")) return "GIF";
  if (begins("RIFF") && start.slice(8, 12) === "WEBP") return "WebP";
  if (begins("II*\0", "MM\0*") && start.slice(8, 10) !== "CR") return "TIFF";
  if (begins("II+\0", "MM\0+")) return "TIFF"; // BigTIFF.
  if (begins("BM")) return "BMP";
  if (begins("\xff\x0a", "\0\0\0\x0cJXL ")) return "JPEG XL";
  if (/^P[1-6][\s#]/.test(start)) return "Netpbm";
  if (start.slice(4, 8) === "ftyp" && brandsOf(bytes).some((brand) => /^avi[fs]$/.test(brand))) return "AVIF";
  return undefined;
}

/** The brands that the first box of an ISO media file says it is compatible with. */
function brandsOf(bytes: Uint8Array): string[] {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const text = latin(bytes, 8, Math.min(size, 256, bytes.length));
  return text.match(/.{4}/gs)?.filter((_, at) => at !== 1) ?? []; // The second is a version.
}

function otherFormat(bytes: Uint8Array): string | undefined {
  const start = latin(bytes, 0, 16);
  const begins = (...magic: string[]) => startsWith(start, ...magic);
  if (start.slice(4, 8) === "ftyp") {
    const brand = start.slice(8, 12);
    if (brand === "crx ") return "a camera's RAW image";
    return /^(he|mif|msf)/.test(brand) ? "a HEIC image" : "a film";
  }
  if (begins("\xff\x4f\xff\x51", "\0\0\0\x0cjP  ")) return "a JPEG 2000 image";
  if (begins("II*\0", "FUJIFILM", "IIRO", "IIRS", "MMOR", "IIU\0", "FOVb", "\0MRM")) return "a camera's RAW image";
  if (begins("II\xbc")) return "a JPEG XR image";
  if (begins("%PDF")) return "a PDF document";
  if (begins("8BPS")) return "a Photoshop document";
  if (begins("v/1\x01")) return "an OpenEXR image";
  if (begins("#?RADIANCE", "#?RGBE")) return "a Radiance HDR image";
  if (begins("SIMPLE  =")) return "a FITS image";
  if (begins("\0\0\x01\0", "\0\0\x02\0")) return "an icon";
  if (begins("qoif")) return "a QOI image";
  if (begins("\x8aMNG", "\x8bJNG")) return "an MNG or JNG image";
  if (begins("DDS ")) return "a texture (DDS)";
  if (/^P[7Ff]\s/.test(start)) return "a Netpbm image of a rare kind (PAM or PFM)";
  if (begins("PK\x03\x04")) return "a zip file or a document";
  if (latin(bytes, 128, 132) === "DICM") return "a DICOM file";
  const text = latin(bytes, 0, 1024);
  if (/<svg[\s>]/.test(text)) return "an SVG drawing";
  if (/^\s*<(!doctype html|html)/i.test(text)) return "a web page";
  return undefined;
}

/**
 * Something may stand before an image: a blank line, headers of a download. The image is searched for in so many bytes.
 */
const MOST_BEFORE = 1024;

function hiddenImage(bytes: Uint8Array): [from: number, format: ImageFormat] | undefined {
  const start = latin(bytes, 0, MOST_BEFORE);
  const from = start.search(/\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF[^]{4}WEBP|II\*\0|MM\0\*/);
  const format = from > 0 && formatAt(bytes.subarray(from));
  return format ? [from, format] : undefined;
}
