// Ground-truth masks: PNG files named like the images.

import { basename } from "node:path";
import type { ImageFile } from "./folder.ts";
import { findMaskFiles } from "./folder.ts";

/**
 * The mask file of each image: of the same path below its folder, or else of the same file name,
 * whatever the ending; `undefined` for images without one.
 */
export function matchMasks(images: readonly ImageFile[], folder: string): (string | undefined)[] {
  const masks = findMaskFiles(folder);
  const byPath = new Map(masks.map(({ path, file }) => [stem(path), file]));
  const byName = new Map(masks.map(({ path, file }) => [basename(stem(path)), file]));
  return images.map(({ path }) => byPath.get(stem(path)) ?? byName.get(basename(stem(path))));
}

/** MVTec AD names a mask `000_mask.png` beside an image `000.png`. */
function stem(path: string): string {
  return path.replace(/\.[^./]*$/, "").replace(/_mask$/, "");
}
