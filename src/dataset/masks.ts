// Finds out by names which mask belongs to which image.

import type { ImageFile } from "./folder.ts";
import { imageOfMask } from "./image_names.js";

/** The result of {@linkcode matchMasks}. */
export interface MatchedMasks {
  /** The mask file of each image; `undefined` for images without one. */
  readonly files: readonly (string | undefined)[];
  /** Images whose mask may as well belong to another image. They get none. */
  readonly unclear: readonly string[];
}

/** A mask with the name of an image, and how many parts of both paths are the same, counted from the end. */
interface Candidate {
  readonly mask: ImageFile;
  readonly agreeing: number;
}

/**
 * Finds the mask of each image. It has the image's name (`000.png` or `000_mask.png`, with any ending and in any case).
 * If several masks have that name, the one in a folder named like the image's is chosen. A file that is among the
 * images is never used as a mask.
 */
export function matchMasks(images: readonly ImageFile[], masks: readonly ImageFile[]): MatchedMasks {
  const imageFiles = new Set(images.map(({ file }) => file));
  const byName = new Map<string, ImageFile[]>();
  for (const mask of masks) {
    if (imageFiles.has(mask.file)) continue;
    const name = partsOf(mask.path)[0];
    for (const key of new Set([name, imageOfMask(name)])) byName.set(key, [...byName.get(key) ?? [], mask]);
  }
  const nearest = images.map(({ path }) => nearestMasks(path, byName.get(partsOf(path)[0]) ?? []));
  // A mask belongs to the image whose path is most like its own.
  const claims = new Map<ImageFile, number>();
  for (const [first] of nearest) {
    if (first) claims.set(first.mask, Math.max(first.agreeing, claims.get(first.mask) ?? 0));
  }
  const claimants = new Map<ImageFile, Set<string>>();
  nearest.forEach(([first], at) => {
    if (!first || first.agreeing < claims.get(first.mask)!) return;
    claimants.set(first.mask, (claimants.get(first.mask) ?? new Set()).add(partsOf(images[at].path).join("/")));
  });
  const unclear: string[] = [];
  const files = nearest.map(([first, second], at) => {
    if (!first || first.agreeing < claims.get(first.mask)!) return undefined;
    if (!second && claimants.get(first.mask)!.size === 1) return first.mask.file;
    unclear.push(images[at].path);
  });
  return { files, unclear };
}

/** The masks whose paths agree most with an image's path: from each folder only the likeliest one. */
function nearestMasks(path: string, masks: readonly ImageFile[]): Candidate[] {
  const image = partsOf(path);
  const candidates = masks.map((mask): Candidate => {
    const parts = partsOf(mask.path);
    const differing = parts.findIndex((part, at) => at > 0 && part !== image[at]);
    return { mask, agreeing: differing < 0 ? parts.length : differing };
  });
  const most = Math.max(0, ...candidates.map(({ agreeing }) => agreeing));
  const byFolder = new Map<string, Candidate>();
  for (const candidate of candidates.filter(({ agreeing }) => agreeing === most)) {
    const folder = candidate.mask.path.replace(/[^/]*$/, "");
    const before = byFolder.get(folder);
    if (!before || likelihood(candidate.mask, image[0]) > likelihood(before.mask, image[0])) {
      byFolder.set(folder, candidate);
    }
  }
  return [...byFolder.values()];
}

/**
 * Ranks masks in one folder: a lossless format is likelier than JPEG or WebP, and then a name that says mask is
 * likelier than the bare name of the image.
 */
function likelihood({ path }: ImageFile, image: string): number {
  return (/\.(jpe?g|jfif|webp)$/i.test(path) ? 0 : 2) + (partsOf(path)[0] === image ? 0 : 1);
}

/**
 * Parts of a path, the last one first and without its ending. They do not depend on case or on how accents are stored.
 */
function partsOf(path: string): string[] {
  return path.normalize().toLowerCase().replace(/\.[^./]*$/, "").split("/").reverse();
}
