// A file → pixels.

import { stat } from "node:fs/promises";
import { AnomalyClusterError } from "../../errors.ts";
import { decodeImage } from "../../image/decode.ts";
import type { Raster } from "../../types.ts";
import { fileBytes } from "../system/file_bytes.ts";

/** Bytes of a file at most: more than any image takes that has not too many pixels. */
const MOST_BYTES = 2e9;

/** A file's bytes; never a pipe's, which may not come, nor a device's, which may not end. Throws `bad-image`. */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const found = await stat(file).catch(unreadable);
  if (!found.isFile()) throw new AnomalyClusterError("bad-image", "this is no file");
  if (found.size > MOST_BYTES) {
    throw new AnomalyClusterError(
      "bad-image",
      `the file of ${(found.size / 1e9).toFixed(1)} GB is too large (2 GB at most)`,
    );
  }
  return await fileBytes(file).catch(unreadable);
}

function unreadable(cause: unknown): never {
  throw new AnomalyClusterError("bad-image", "the file cannot be read", { cause });
}

/** Reads and decodes one file. Throws `bad-image`. */
export async function readRaster(file: string): Promise<Raster> {
  return await decodeImage(await readBytes(file));
}
