// Exports vectors as NumPy's .npy, version 1.0 of the format.

import type { Embeddings } from "../types.ts";

/** The bytes of a file that `numpy.load` reads as an array `[count, channels]` of little-endian floats. */
export function npyBytes({ data, count, channels }: Embeddings): Uint8Array {
  const width = data.BYTES_PER_ELEMENT;
  const header = `{'descr': '<f${width}', 'fortran_order': False, 'shape': (${count}, ${channels}), }`;
  // Magic, version and length take 10 bytes. The header is padded to end in a newline at a multiple of 64.
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  const start = 10 + padded.length;
  const bytes = new Uint8Array(start + data.length * width);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  const view = new DataView(bytes.buffer, start);
  data.forEach((value, at) => {
    if (width === 4) view.setFloat32(at * 4, value, true);
    else view.setFloat64(at * 8, value, true);
  });
  return bytes;
}
