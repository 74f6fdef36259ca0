// Decodes the first page of TIFF images (TIFF 6.0 and BigTIFF).

import { badImage, checkSize } from "./bad_image.ts";
import { type Decoded, type DecodeLimits, joinedNotes } from "./decoded.ts";
import { uprightOf } from "./exif.ts";
import { decodeJpeg } from "./jpeg.ts";
import { tiffPixels } from "./tiff_colours.ts";
import { tiffDirectories, type TiffDirectory, tiffDirectoryAt } from "./tiff_directory.ts";
import { cameraRaw, isSignIgnored, layoutOf, type TiffLayout } from "./tiff_layout.ts";
import { tiffSamples } from "./tiff_samples.ts";

const OWN_RANGE =
  "its values are fractions, have signs or more than 16 bits, and are scaled by this image's own range: " +
  "save all images with 16 bits if their brightness matters";

const NO_SIGN = "its values of 8 bits are said to have signs, which is taken for a mistake";

/** Throws `bad-image`. */
export async function decodeTiff(bytes: Uint8Array, limits: DecodeLimits): Promise<Decoded> {
  const directories = [...tiffDirectories(bytes)];
  if (!directories.length) throw badImage("the TIFF image is truncated or damaged: its directory is missing");
  const page = fullPage(bytes, directories);
  const layout = layoutOf(page);
  const { width, height } = layout;
  checkSize(width, height, limits.maxPixels);
  const note = joinedNotes(pagesNote(directories), channelsNote(layout, page));
  const orientation = uprightOf(page);
  if (layout.compression === "old jpeg") {
    return { image: await oldJpeg(bytes, page, layout, limits), orientation, note };
  }
  const samples = await tiffSamples(bytes, page, layout);
  const { data, largest, ownRange } = tiffPixels(samples, layout, page, limits.white);
  return {
    image: { data, width, height },
    orientation,
    largest,
    note: joinedNotes(note, ownRange && OWN_RANGE, isSignIgnored(page) && NO_SIGN),
  };
}

/** The first page that is not a smaller copy of another page: scanners and microscopes put a thumbnail first. */
function fullPage(bytes: Uint8Array, directories: readonly TiffDirectory[]): TiffDirectory {
  const [first] = directories;
  if (first.has(50706)) throw cameraRaw(); // DNG.
  if (!isReduced(first)) return first;
  const below = (first.get(330, 16) ?? []).map((at) => tiffDirectoryAt(bytes, at));
  const full = [...below, ...directories].find((directory) => directory && !isReduced(directory));
  if (!full && below.length) throw cameraRaw();
  if (!full && directories.at(-1)?.next) {
    throw badImage("the TIFF image is truncated: only a smaller copy of it is there");
  }
  return full ?? first;
}

/** Whether a directory holds a smaller copy or a mask of another page. */
function isReduced(directory: TiffDirectory): boolean {
  return ((directory.get(254, 1)?.[0] ?? 0) & 5) !== 0 || directory.get(255, 1)?.[0] === 2;
}

function pagesNote(directories: readonly TiffDirectory[]): string | undefined {
  const pages = directories.filter((directory) => !isReduced(directory)).length;
  // ImageJ stores a large stack as one page, followed by the pixels of the others.
  const description = directories[0].text(270);
  const stack = description.startsWith("ImageJ=") ? Number(/^images=(\d+)/m.exec(description)?.[1] ?? 1) : 1;
  const count = Math.max(pages, stack);
  return count > 1 ? `${count} pages, the first is used` : undefined;
}

function channelsNote({ samples, used, colours, alpha }: TiffLayout, page: TiffDirectory): string | undefined {
  const grey = page.get(262, 1)?.[0] === 1;
  const channels = alpha === "none" ? used : used - 1;
  if (samples <= used && !(grey && channels > 1)) return undefined;
  if (colours === "rgb" && samples === 4 && !grey) return undefined; // RGB and an unused byte.
  const taken = channels === 1 ? "the first is used" : `the first ${channels} are used as ${colours.toUpperCase()}`;
  return `${samples} channels, ${taken}`;
}

/**
 * Decodes the old kind of JPEG compression in TIFF 6.0. Only complete JPEG files can be read; most programs wrote
 * these.
 */
async function oldJpeg(bytes: Uint8Array, page: TiffDirectory, { width, height }: TiffLayout, limits: DecodeLimits) {
  const from = page.get(513, 1)?.[0] ?? page.get(273, 1)?.[0] ?? 0;
  if (bytes[from] === 0xff && bytes[from + 1] === 0xd8) {
    const { image } = await decodeJpeg(bytes.subarray(from), { ...limits, atLeast: Infinity });
    if (image.width === width && image.height === height) return image;
  }
  throw badImage(
    "TIFF images with JPEG compression of the old kind cannot be read: save it with LZW compression, or as PNG",
  );
}
