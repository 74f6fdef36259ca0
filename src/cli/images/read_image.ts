// Reads image files.

import { stat } from "node:fs/promises";
import { AnomalyClusterError } from "../../errors.ts";
import { decodeImage } from "../../image/decode.ts";
import type { Raster } from "../../types.ts";
import { fileBytes } from "../system/file_bytes.ts";

/** Largest file in bytes. Images with an acceptable number of pixels are smaller. */
const MOST_BYTES = 2e9;

/**
 * A file's bytes. Throws `bad-image` if it cannot be read, and for pipes, whose bytes may never come, and devices,
 * whose bytes may never end.
 */
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
