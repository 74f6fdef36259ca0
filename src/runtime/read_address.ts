// The bytes of a file, wherever the runtime has files, or of what a server sends.

import { nodeModule } from "./node_module.ts";

/** What is used of Node's module. */
interface NodeFiles {
  readFile(file: string | URL): Promise<Uint8Array<ArrayBuffer>>;
}

/** A path, or a `file:`, `http:` or `https:` address. Rejects with the runtime's own error. */
export async function readAddress(address: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const url = address instanceof URL ? address : /^[a-z][a-z\d+.-]+:/i.test(address) ? new URL(address) : undefined;
  const files = url === undefined || url.protocol === "file:" ? nodeModule<NodeFiles>("node:fs/promises") : undefined;
  if (files) return await files.readFile(url ?? address);
  const answer = await fetch(url ?? address);
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
