// A file → pixels.

import { AnomalyClusterError } from "../errors.ts";
import { decodeImage } from "../image/decode.ts";
import type { Raster } from "../types.ts";

/** A file's bytes. Throws `bad-image`. */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(file).catch((cause) => {
    throw new AnomalyClusterError("bad-image", "the file cannot be read", { cause });
  });
}

/** Reads and decodes one file. Throws `bad-image`. */
export async function readRaster(file: string): Promise<Raster> {
  return await decodeImage(await readBytes(file));
}
