// Turns the files chosen on the page into images that are read only when they are needed.

import { HEAD_BYTES } from "../image/sixteen_bits.ts";
import type { SourceImage } from "../job/prepare.ts";
import { MOST_POINTS } from "../core/linkage_kernel.ts";
import { AnomalyClusterError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../serve/limits.ts";
import { checkImageCount, type UploadedImage, withSafeNames } from "../serve/uploaded_image.ts";
import { readZip } from "../serve/zip.ts";

/** A file, and its path from the folder that was chosen. */
export interface ChosenFile {
  readonly file: File;
  readonly path: string;
}

/** The files of a network, as the page sorts them. */
export interface ChosenNetwork {
  /** The ONNX file. */
  readonly model: ChosenFile;
  /** The files that were chosen with it. */
  readonly files: readonly ChosenFile[];
}

/** The images and zips, as the page sorts them. */
export interface ChosenFiles {
  readonly images: readonly ChosenFile[];
  readonly zips: readonly ChosenFile[];
}

/** An image, with a key that identifies it in this session. */
export interface StudioImage extends SourceImage {
  readonly key: string;
  /** Key of the zip that the image came from. */
  readonly zip?: string;
}

/** Most bytes that a zip may unpack to, as its content is held in memory. */
const MOST_BYTES = 2e9;

/**
 * Returns the images among the chosen files and in the zips. Throws a sentence for a zip that cannot be read, and
 * `too-large`.
 */
export async function studioImages(
  { images, zips }: ChosenFiles,
  unpacked: Map<string, readonly UploadedImage[]>,
  signal: AbortSignal,
): Promise<StudioImage[]> {
  const found: StudioImage[] = images.map(({ file, path }) => {
    return { name: path, key: keyOf({ file, path }), read: () => bytesOf(file), head: () => headOf(file) };
  });
  for (const zip of zips) {
    const key = keyOf(zip);
    const inside = unpacked.get(key) ?? await unzip(zip.file, signal);
    unpacked.set(key, inside);
    found.push(
      ...inside.map(({ name, bytes }) => ({
        name,
        key: `${key}/${name}`,
        zip: key,
        read: () => bytes,
        head: () => bytes,
      })),
    );
  }
  checkImageCount(found.length, MOST_POINTS);
  return withSafeNames(found);
}

/** Returns the key of a file. It changes when the file changes between two runs. */
export function keyOf({ file, path }: ChosenFile): string {
  return `${path}\0${file.size}\0${file.lastModified}`;
}

async function unzip(file: File, signal: AbortSignal): Promise<readonly UploadedImage[]> {
  return await readZip(await bytesOf(file), { ...DEFAULT_LIMITS, bytes: MOST_BYTES, images: MOST_POINTS }, signal);
}

async function headOf(file: File): Promise<Uint8Array> {
  return await bytesOf(file.slice(0, HEAD_BYTES));
}

/** Returns the bytes of a file. Throws `bad-image` when the file is gone or has changed since it was chosen. */
export async function bytesOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new AnomalyClusterError("bad-image", "the file cannot be read, or was changed since it was chosen", {
      cause,
    });
  }
}
