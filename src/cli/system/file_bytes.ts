// Reads whole files.

import { readFile } from "node:fs/promises";

/**
 * A file's bytes, in memory of their own. Node puts several small files into one buffer, and such bytes cannot be
 * transferred to a worker.
 */
export async function fileBytes(file: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer, byteOffset, byteLength } = await readFile(file) as Uint8Array<ArrayBuffer>;
  const isAlone = byteLength === buffer.byteLength;
  return new Uint8Array(isAlone ? buffer : buffer.slice(byteOffset, byteOffset + byteLength));
}
