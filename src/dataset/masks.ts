// Which mask belongs to which image, by their names.

import type { ImageFile } from "./folder.ts";
import { imageOfMask } from "./image_names.js";

/** Masks of images. */
export interface MatchedMasks {
  /** The mask file of each image; `undefined` for images without one. */
  readonly files: readonly (string | undefined)[];
  /** Images with a mask that may as well be another's: they get none. */
  readonly unclear: readonly string[];
}

/** A mask of an image's name, and how many parts of their paths agree from the end on. */
interface Candidate {
  readonly mask: ImageFile;
  readonly agreeing: number;
}

/**
 * The mask of each image has its name (`000.png` or `000_mask.png`, whatever the ending and the letters' case); among
 * several of one name it lies in the folder named like the image's. Images that are masks of others are none of theirs.
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
  // A mask is of the image whose path it agrees with most.
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

/** The masks that agree with an image's path the most: one of each folder, the likeliest of it. */
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

/** Of masks in one folder: one that says so or keeps its values is likelier than a JPEG image of the same name. */
function likelihood({ path }: ImageFile, image: string): number {
  return (/\.(jpe?g|jfif|webp)$/i.test(path) ? 0 : 2) + (partsOf(path)[0] === image ? 0 : 1);
}

/** Parts of a path from the last on, alike however letters are composed or written; the name without ending. */
function partsOf(path: string): string[] {
  return path.normalize().toLowerCase().replace(/\.[^./]*$/, "").split("/").reverse();
}
