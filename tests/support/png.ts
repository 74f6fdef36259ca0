// Makes PNG files with any kind of pixels.

import { crc32, deflateSync } from "node:zlib";

/** IHDR's colour types, and the bytes of a pixel with 8-bit samples. */
const COLOURS = { grey: [0, 1], colours: [2, 3], palette: [3, 1], alpha: [6, 4] } as const;

/** The format of the pixels. */
export interface PngKind {
  readonly colours?: keyof typeof COLOURS;
  readonly depth?: 8 | 16;
  /** Red, green and blue of each entry. */
  readonly palette?: readonly number[];
}

/** Returns a PNG file. `at` returns the samples of a pixel; x and y count from the top left. */
export function pngOf(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly number[],
  { colours = "grey", depth = 8, palette }: PngKind = {},
): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, depth);
  header.setUint8(9, COLOURS[colours][0]);
  const rows = Array.from({ length: height }, (_, y) => {
    const samples = Array.from({ length: width }, (_, x) => at(x, y)).flat();
    return [0, ...samples.flatMap((value) => depth === 16 ? [value >> 8, value & 255] : [value])];
  });
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", new Uint8Array(header.buffer)),
    ...(palette ? chunk("PLTE", Uint8Array.from(palette)) : []),
    ...chunk("IDAT", deflateSync(Uint8Array.from(rows.flat()))),
    ...chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(kind: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(kind), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
