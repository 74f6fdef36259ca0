// What counts as white in a set of images of 16 bits: cameras of 10 or 12 bits fill the lower bits alone.

import { open, stat } from "node:fs/promises";
import type { ImageFile } from "../../dataset/folder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { HEAD_BYTES, mayHaveSixteenBits, sharedWhite } from "../../image/sixteen_bits.ts";
import { prepareImages } from "../images/image_pool.ts";

/** Side to which images are resized that are only looked at. */
const SMALL = 32;

/** Files that are looked at at a time. */
const AT_ONCE = 64;

/**
 * The white of all images together, where it is below that of 16 bits; `warnings` hear of it. Only files that may have
 * 16 bits are decoded for it.
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

/** A file's first bytes. None of a pipe, which may never come; none where it cannot be read, which is told later. */
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
