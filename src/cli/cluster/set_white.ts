// Finds which value counts as white in a set of 16-bit images: cameras of 10 or 12 bits fill only the lower bits.

import { open, stat } from "node:fs/promises";
import type { ImageFile } from "../../dataset/folder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { HEAD_BYTES, mayHaveSixteenBits, sharedWhite } from "../../image/sixteen_bits.ts";
import { prepareImages } from "../images/image_pool.ts";

/** Images that are decoded only for their largest value are resized to this side, in pixels. */
const SMALL = 32;

/** How many files are opened at the same time. */
const AT_ONCE = 64;

/**
 * The white of all images together; `undefined` unless it is below the usual 65535. If it is, a warning is added. Only
 * files that may have 16 bits are decoded for this.
 */
export async function setWhite(files: readonly ImageFile[], warnings: string[]): Promise<number | undefined> {
  const candidates: string[] = [];
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const some = files.slice(from, from + AT_ONCE);
    const heads = await Promise.all(some.map(({ file }) => headOf(file)));
    candidates.push(...some.filter((_, at) => mayHaveSixteenBits(heads[at])).map(({ file }) => file));
  }
  let largest = 0;
  for await (const image of prepareImages(candidates, { size: SMALL, decoder: "own" })) {
    if (!(image instanceof AnomalyClusterError) && "largest" in image) largest = Math.max(largest, image.largest ?? 0);
  }
  return sharedWhite(largest, warnings);
}

/**
 * A file's first bytes. Empty for a pipe, whose bytes may never come, and for a file that cannot be read; there will be
 * a warning on that file later.
 */
async function headOf(file: string): Promise<Uint8Array> {
  try {
    if (!(await stat(file)).isFile()) return new Uint8Array();
    const handle = await open(file);
    try {
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return new Uint8Array();
  }
}
