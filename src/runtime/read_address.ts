// Reads the bytes of a file, if the runtime has files, or of a server's answer.

import { nodeModule } from "./node_module.ts";

/** The parts of Node's module that are used here. */
interface NodeFiles {
  readFile(file: string | URL): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads a path, or a `file:`, `http:` or `https:` address. Rejects with the runtime's own error, or with the status of
 * a server that refuses.
 */
export async function readAddress(address: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const url = address instanceof URL ? address : /^[a-z][a-z\d+.-]+:/i.test(address) ? new URL(address) : undefined;
  const files = url === undefined || url.protocol === "file:" ? nodeModule<NodeFiles>("node:fs/promises") : undefined;
  if (files) return await files.readFile(url ?? address);
  const answer = await fetch(url ?? address);
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
