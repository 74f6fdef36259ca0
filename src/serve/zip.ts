// Unpacks a zip of images in memory. The sizes that the zip states are checked first; the real ones while it unpacks.

import { configure, type FileEntry, Uint8ArrayReader, ZipReader } from "@zip.js/zip.js";
import { isSystemName } from "../dataset/image_names.js";
import { megabytes } from "./body.ts";
import { type Limits, MOST_RATIO } from "./limits.ts";
import { Problem } from "./problem.ts";
import { checkImageCount, type UploadedImage } from "./uploaded_image.ts";

/** A zip may list so many entries for each image allowed, for folders and files that systems put beside images. */
const LISTED_OF_AN_IMAGE = 10;

configure({ useWebWorkers: false });

/** The images in a zip, with the names of its entries. Throws 413, 422. */
export async function readZip(bytes: Uint8Array, limits: Limits, signal: AbortSignal): Promise<UploadedImage[]> {
  const reader = new ZipReader(new Uint8ArrayReader(bytes), { filenameValidation: "tolerant" });
  try {
    const entries: FileEntry[] = [];
    let listed = 0;
    for await (const entry of reader.getEntriesGenerator()) {
      if (++listed > LISTED_OF_AN_IMAGE * limits.images) {
        throw bad("the zip lists too many files: pack the images alone");
      }
      if (entry.directory || !isWanted(entry)) continue;
      checkEntry(entry);
      entries.push(entry);
    }
    checkImageCount(entries.length, limits.images);
    const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    if (total > limits.bytes) throw tooLarge(limits.bytes);
    const images: UploadedImage[] = [];
    let left = limits.bytes;
    for (const entry of entries) {
      const image = { name: entry.filename, bytes: await unpack(entry, left, limits.bytes, signal) };
      left -= image.bytes.length;
      if (isZip(image.bytes)) throw bad(`${image.name} is a zip within the zip: unpack it first`);
      images.push(image);
    }
    return images;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Problem ? error : bad("the zip is damaged or of a kind that cannot be read: pack it again");
  } finally {
    await reader.close();
  }
}

/** Whether an entry is not one of the files that systems put beside images. */
function isWanted({ filename }: FileEntry): boolean {
  const parts = filename.split("/");
  return !parts.some((part) => isSystemName(part) || /^(thumbs\.db|desktop\.ini)$/i.test(part)) || parts.includes("..");
}

function checkEntry({ filename, encrypted, symlink, compressedSize, uncompressedSize }: FileEntry): void {
  if (encrypted) throw bad(`${filename} is encrypted: pack the images without a password`);
  if (symlink) throw bad(`${filename} is a link, not an image: pack the images themselves`);
  if (/\.zip$/i.test(filename)) throw bad(`${filename} is a zip within the zip: unpack it first`);
  if (uncompressedSize > MOST_RATIO * Math.max(compressedSize, 1)) {
    throw bad(`${filename} unpacks to more than ${MOST_RATIO} times its size, as no image does: leave it out`);
  }
}

/** Unpacks an entry. Never holds more than `most` bytes; throws if there are more. */
async function unpack(entry: FileEntry, most: number, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(entry.uncompressedSize, most));
  let at = 0;
  const sink = new WritableStream<Uint8Array>({
    write(chunk) {
      if (at + chunk.length > bytes.length) throw tooLarge(limit);
      bytes.set(chunk, at);
      at += chunk.length;
    },
  });
  await entry.getData(sink, { signal, checkSignature: true, checkOverlappingEntry: true });
  return bytes.subarray(0, at);
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

function bad(message: string): Problem {
  return new Problem(422, "bad-archive", message);
}

function tooLarge(limit: number): Problem {
  const message = `the zip unpacks to more than ${megabytes(limit)}: choose fewer or smaller images`;
  return new Problem(413, "too-large", message);
}
