// Reads the boxes of ISO media files (ISO/IEC 14496-12, section 4.2). AVIF, HEIC and JPEG XL images consist of such
// boxes.

import { latin } from "./latin.ts";

/** A box: its name and its content. */
export interface Box {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Yields boxes that follow each other. Ends, without an error, where the structure is broken. */
export function* boxesOf(bytes: Uint8Array): Generator<Box> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = view.getUint32(at);
    const wide = short === 1 && at + 16 <= bytes.length;
    const size = short === 0 ? bytes.length - at : wide ? Number(view.getBigUint64(at + 8)) : short;
    const head = wide ? 16 : 8;
    if (size < head) return;
    yield { name: latin(bytes, at + 4, at + 8), data: bytes.subarray(at + head, Math.min(at + size, bytes.length)) };
    at += size;
  }
}

/** The content of the first box with a name. */
export function boxNamed(bytes: Uint8Array, name: string): Uint8Array | undefined {
  for (const box of boxesOf(bytes)) if (box.name === name) return box.data;
  return undefined;
}
