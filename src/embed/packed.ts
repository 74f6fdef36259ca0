// Packs a network into a WebAssembly file. This is the only kind of binary file beside its modules that Deno imports.
// It does so without a permission, from https addresses too, and caches the file. In other runtimes it is read like any
// other file.

import { joinedBytes } from "../bytes.ts";
import { AnomalyClusterError } from "../errors.ts";

/**
 * Name of the custom section that holds the ONNX file (WebAssembly core specification, appendix A.3: custom sections).
 */
const SECTION = "onnx";

/** The magic number and the version at the start of each WebAssembly file. */
const HEAD = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Makes a WebAssembly file that does nothing and holds `onnx` in a custom section. */
export function packNetwork(onnx: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(SECTION);
  const size = 1 + name.length + onnx.length;
  const head = [...HEAD, 0, ...lengthBytes(size), name.length, ...name];
  const file = new Uint8Array(head.length + onnx.length);
  file.set(head);
  file.set(onnx, head.length);
  return file;
}

/**
 * Returns the ONNX file inside a WebAssembly file. Other bytes are returned unchanged. Throws `bad-model` if a
 * WebAssembly file holds no network.
 */
export function unpackNetwork(bytes: Uint8Array): Uint8Array {
  if (!HEAD.every((byte, at) => bytes[at] === byte)) return bytes;
  let at = HEAD.length;
  while (at < bytes.length) {
    const kind = bytes[at];
    const [size, content] = readLength(bytes, at + 1);
    const [nameLength, name] = readLength(bytes, content);
    const found = new TextDecoder().decode(bytes.subarray(name, name + nameLength));
    if (kind === 0 && found === SECTION && content + size <= bytes.length) {
      return bytes.subarray(name + nameLength, content + size);
    }
    at = content + size;
  }
  throw new AnomalyClusterError("bad-model", "this WebAssembly file holds no whole network: copy it anew");
}

/**
 * Joins the bytes of several files, ONNX or WebAssembly, into one network. Each file continues the one before it: see
 * `ModelManifest.after`. {@linkcode readNetwork} does this by itself; this function is for callers that hand in bytes.
 */
export function joinNetworks(parts: readonly Uint8Array[]): Uint8Array {
  return joinedBytes(parts.map(unpackNetwork));
}

/** Returns the network inside a compiled WebAssembly file. */
export function networkInModule(module: WebAssembly.Module): Uint8Array {
  const [section] = WebAssembly.Module.customSections(module, SECTION);
  if (!section) throw new AnomalyClusterError("bad-model", "this WebAssembly file holds no network: copy it anew");
  return new Uint8Array(section);
}

/** Writes a number in groups of seven bits, the lowest first, as WebAssembly writes lengths (LEB128). */
function lengthBytes(length: number): number[] {
  const bytes = [];
  for (let left = length;; left >>>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push(left & 0x7f | 0x80);
  }
}

/** Reads such a number. Also returns where the next byte lies. */
function readLength(bytes: Uint8Array, from: number): [length: number, next: number] {
  let length = 0;
  for (let at = from; at < from + 5; at++) {
    length += (bytes[at] & 0x7f) * 2 ** (7 * (at - from));
    if (!(bytes[at] & 0x80)) return [length, at + 1];
  }
  return [length, from + 5];
}
