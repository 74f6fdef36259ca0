// The bytes of a file, wherever the runtime has files, or of what a server sends.

/** What of Node's modules is used: Deno, Node and Bun have it, browsers and edge workers have not. */
interface NodeFiles {
  readFile(file: string | URL): Promise<Uint8Array<ArrayBuffer>>;
}

/** A path, or a `file:`, `http:` or `https:` address. Rejects with the runtime's own error. */
export async function readAddress(address: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const url = address instanceof URL ? address : /^[a-z][a-z\d+.-]+:/i.test(address) ? new URL(address) : undefined;
  const files = url === undefined || url.protocol === "file:" ? nodeFiles() : undefined;
  if (files) return await files.readFile(url ?? address);
  const answer = await fetch(url ?? address);
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function nodeFiles(): NodeFiles | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.("node:fs/promises") as NodeFiles | undefined;
}
