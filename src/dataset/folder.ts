// Lists the images of a folder and its sub-folders, in an order that does not depend on the file system.

import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { AnomalyClusterError, isMissing } from "../errors.ts";
import { countOf } from "../report/client/text.js";
import { isImageName, isSystemName, masksAmong } from "./image_names.js";

/** An image file that was found. */
export interface ImageFile {
  /** Path relative to the folder, with `/`. All output names the image by it. */
  readonly path: string;
  /** Path by which the file can be opened. */
  readonly file: string;
  /**
   * The image's kind: the name of the topmost sub-folder that it lies in, or what the folder's layout or a table says.
   * Absent for images without one.
   */
  readonly label?: string;
}

/** The images found in a folder. */
export interface ImageFolder {
  /** Sorted by path. */
  readonly images: readonly ImageFile[];
  /** A sentence on each file or folder that was left out. */
  readonly warnings: readonly string[];
}

const OTHER_IMAGES = /\.(hei[cf]|jp2|jpx|j2k|jxr|pam|pfm|exr|hdr|dng|cr[23]|nef|arw|orf|raf|rw2)$/i;

/**
 * Lists the files whose names say that they are images of a supported format. Links to files are listed too; links to
 * folders are not followed, because they may lead round in circles. Masks that lie beside their images are left out,
 * and so are files that operating systems put there.
 *
 * @throws {AnomalyClusterError} `bad-argument` when the folder does not exist or cannot be read.
 */
export function findImages(folder: string): ImageFolder {
  const warnings: string[] = [];
  const paths: string[] = [];
  walk(folder, "", paths, warnings);
  const masks = masksAmong(paths);
  if (masks.size) {
    const first = [...masks].sort()[0];
    warnings.push(`left out: ${countOf(masks.size, "mask")}, named like the image beside, as ${first}`);
  }
  const images = paths.filter((path) => !masks.has(path)).sort();
  return { images: images.map((path) => imageFile(folder, path)), warnings };
}

/** All image files in a folder of masks. Throws as {@linkcode findImages} does. */
export function findMaskFiles(folder: string): ImageFile[] {
  const paths: string[] = [];
  walk(folder, "", paths, []);
  return paths.sort().map((path) => imageFile(folder, path));
}

function walk(folder: string, below: string, paths: string[], warnings: string[]): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(folder, below), { withFileTypes: true });
  } catch (cause) {
    if (below) return void warnings.push(`${below}: the folder cannot be read`);
    const reason = isMissing(cause) ? "does not exist" : "cannot be read as a folder";
    throw new AnomalyClusterError("bad-argument", `${folder} ${reason}: name a folder of images`, { cause });
  }
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (isSystemName(entry.name)) continue;
    if (entry.isDirectory()) walk(folder, path, paths, warnings);
    else if (entry.isSymbolicLink() && isFolder(join(folder, path))) {
      warnings.push(`${path}: a link to a folder, which is not followed`);
    } else if (isImageName(path)) {
      const reason = entry.isFile() ? undefined : whyNoFile(join(folder, path), entry);
      if (reason) warnings.push(`${path}: ${reason}, skipped`);
      else paths.push(path);
    } else if (OTHER_IMAGES.test(path)) {
      warnings.push(`${path}: this kind of image is not read, skipped: convert it to JPEG, PNG or TIFF`);
    }
  }
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** Why an entry that is not a plain file cannot be used; `undefined` for a link to a file, which can. */
function whyNoFile(file: string, entry: Dirent): string | undefined {
  try {
    return statSync(file).isFile() ? undefined : "this is a device or a pipe, not a file";
  } catch {
    return entry.isSymbolicLink() ? "the link leads nowhere" : "the file cannot be read";
  }
}

function imageFile(folder: string, path: string): ImageFile {
  const slash = path.indexOf("/");
  return { path, file: join(folder, path), ...(slash > 0 && { label: path.slice(0, slash) }) };
}
