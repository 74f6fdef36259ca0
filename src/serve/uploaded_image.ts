// Uploaded images, and safe names for them.

import { Problem } from "./problem.ts";

/** An encoded image. */
export interface UploadedImage {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LONGEST_NAME = 255;

/** Throws 413 for more than `most` images. */
export function checkImageCount(count: number, most: number): void {
  if (count > most) throw new Problem(413, "too-large", `${count} images are too many (${most} at most): choose fewer`);
}

/**
 * Gives each image a unique name that is a relative path. Throws 422 for a name that leads out of the upload's folder.
 */
export function withSafeNames<Named extends { readonly name: string }>(images: readonly Named[]): Named[] {
  const taken = new Set<string>();
  return images.map((image, at) => {
    const safe = safeName(image.name, at);
    let unique = safe;
    for (let copy = 2; taken.has(unique); copy++) unique = safe.replace(/(\.[^./]*)?$/, ` (${copy})$1`);
    taken.add(unique);
    return { ...image, name: unique };
  });
}

function safeName(name: string, at: number): string {
  const printable = name.replace(/\p{C}/gu, "").trim();
  const parts = printable.split(/[/\\]/);
  if (/^[/\\]|^[a-z]:/i.test(printable) || parts.includes("..")) {
    const message = `${printable} leads out of the upload's folder: name images without .., drive or leading slash`;
    throw new Problem(422, "bad-request", message);
  }
  const path = parts.filter((part) => part !== "" && part !== ".").join("/").slice(-LONGEST_NAME);
  return path || `image-${at + 1}`;
}
