// BMP → RGBA: the Windows and OS/2 bitmaps of 1 to 32 bits a pixel, plain and run-length encoded.

import { badImage, checkLength, checkSize } from "./bad_image.ts";
import { unpackRuns } from "./bmp_runs.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";

/** What the headers say. */
interface Header {
  readonly width: number;
  readonly height: number;
  /** Whether rows go from the top down. */
  readonly topDown: boolean;
  readonly bits: number;
  readonly packing: "none" | "fields" | "runs";
  /** Bytes of the second header. */
  readonly size: number;
  /** Where the colour map begins: behind the headers and the masks. */
  readonly mapAt: number;
  /** Bytes of a colour in the map. */
  readonly entry: 3 | 4;
  /** Colours in the map, as far as it is told. */
  readonly colours: number;
  /** Where pixels begin, as it is told. */
  readonly start: number;
}

const TRUNCATED = "the BMP image is truncated: pixels are missing";

/** Of runs: two bytes stand for 255 pixels, and those behind the end for none. */
const MOST_PIXELS_OF_A_BYTE = 1024;

/** Throws `bad-image`. */
export function decodeBmp(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = headerOf(bytes, view);
  const { width, height, bits, packing, mapAt } = header;
  checkSize(width, height, maxPixels);
  const colourMap = bits <= 8 ? header.colours * header.entry : 0;
  const rowBytes = packing === "runs" ? width : Math.ceil(width * bits / 32) * 4;
  // The last row may lack what fills it up.
  const size = packing === "runs" ? 1 : rowBytes * (height - 1) + Math.ceil(width * bits / 8);
  // Where the start that is told makes no sense, pixels begin behind the colour map.
  const toldStart = header.start >= mapAt + (bits <= 8 ? header.entry : 0) && header.start + size <= bytes.length;
  const start = toldStart ? header.start : mapAt + colourMap;
  if (start + size > bytes.length) throw badImage(TRUNCATED);
  const runs = packing === "runs";
  if (runs) checkLength(bytes.length, width * height, MOST_PIXELS_OF_A_BYTE, "BMP");
  const rows = runs ? unpackRuns(bytes.subarray(start), width, height, bits) : bytes.subarray(start);
  const colour = bits <= 8
    ? paletteOf(bytes.subarray(mapAt, toldStart ? start : mapAt + colourMap), header.entry)
    : masked(header, view);
  const pixels = new Uint32Array(width * height);
  const read = pixelReader(rows, runs ? 8 : bits);
  for (let y = 0; y < height; y++) {
    const row = (header.topDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) pixels[y * width + x] = colour(read(row, x));
  }
  const data = new Uint8Array(pixels.buffer);
  // Many programs leave alpha 0 everywhere: it was never filled in.
  if (data.every((value, at) => value === 0 || at % 4 !== 3)) {
    for (let at = 3; at < data.length; at += 4) data[at] = 255;
  }
  return Promise.resolve({ image: { data, width, height }, orientation: 1 });
}

/** Headers of OS/2, the second one's short form among them; the others are Windows's. */
const [CORE, OS2_SHORT, OS2] = [12, 16, 64];

function headerOf(bytes: Uint8Array, view: DataView): Header {
  const size = bytes.length >= 30 ? view.getUint32(14, true) : CORE;
  const core = size === CORE;
  const short = core || size === OS2_SHORT;
  if (bytes.length < (short ? 14 + size + 4 : 54)) throw badImage("the BMP image is truncated");
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = short ? 0 : view.getUint32(30, true);
  const packing = packingOf(compression, bits, size);
  // Masks lie behind a header of 40 bytes, and within longer ones.
  const masks = packing === "fields" && size === 40 ? (compression === 6 ? 16 : 12) : 0;
  const colours = short ? 0 : view.getUint32(46, true);
  return {
    ...{ bits, packing, size, topDown: signedHeight < 0 },
    width: core ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(signedHeight),
    mapAt: 14 + size + masks,
    entry: core ? 3 : 4,
    colours: colours > 0 && colours <= 256 ? colours : 2 ** Math.min(bits, 8),
    start: view.getUint32(10, true),
  };
}

function packingOf(compression: number, bits: number, headerSize: number): Header["packing"] {
  const plain = compression === 0 && [1, 2, 4, 8, 16, 24, 32].includes(bits);
  if (plain || (compression === 1 && bits === 8) || (compression === 2 && bits === 4)) {
    return compression ? "runs" : "none";
  }
  if ((compression === 3 || compression === 6) && headerSize !== OS2 && [16, 24, 32].includes(bits)) {
    return bits === 24 ? "none" : "fields";
  }
  if (compression === 0) throw badImage(`BMP images of ${bits} bits a pixel cannot be read: save it as PNG`);
  const name = headerSize === OS2
    ? { 3: "Huffman codes", 4: "runs of 24 bits" }[compression]
    : { 4: "a JPEG image", 5: "a PNG image" }[compression];
  throw badImage(`BMP images packed as ${name ?? `kind ${compression}`} cannot be read: save it as PNG`);
}

/** What reads the pixel `x` of the row that begins at a place. */
function pixelReader(bytes: Uint8Array, bits: number): (row: number, x: number) => number {
  if (bits === 8) return (row, x) => bytes[row + x];
  if (bits < 8) return (row, x) => bytes[row + (x * bits >> 3)] >> 8 - bits - (x * bits & 7) & (1 << bits) - 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits === 16) return (row, x) => view.getUint16(row + x * 2, true);
  if (bits === 32) return (row, x) => view.getUint32(row + x * 4, true);
  return (row, x) => bytes[row + x * 3] | bytes[row + x * 3 + 1] << 8 | bytes[row + x * 3 + 2] << 16;
}

/** RGBA as one number, red in the lowest byte. */
function packed(red: number, green: number, blue: number, alpha: number): number {
  return red | green << 8 | blue << 16 | alpha << 24;
}

/** Colours by index, stored as blue, green, red and with `size` 4 a byte more; black where there is none. */
function paletteOf(table: Uint8Array, size: number): (index: number) => number {
  if (table.length < size) throw badImage("the BMP image is damaged: its colour map is missing");
  const colours = Uint32Array.from({ length: 256 }, (_, index) => {
    const [blue = 0, green = 0, red = 0] = table.subarray(index * size, index * size + 3);
    return packed(red, green, blue, 255);
  });
  return (index) => colours[index];
}

/** Channels by their bits, of any number, scaled to 8: by the file's own masks, or the usual ones. */
function masked({ bits, packing, size, mapAt }: Header, view: DataView): (pixel: number) => number {
  const usual = bits > 16 ? [0xff0000, 0xff00, 0xff, 0] : [0x7c00, 0x3e0, 0x1f, 0];
  const maskEnd = size === 40 ? mapAt : 14 + size; // Shorter headers have no mask of alpha.
  if (packing === "fields" && (maskEnd < 66 || view.byteLength < maskEnd)) throw badImage("the BMP image is truncated");
  const stored = (at: number) => 58 + at * 4 <= maskEnd ? view.getUint32(54 + at * 4, true) : 0;
  const masks = usual.map((mask, at) => packing === "fields" ? stored(at) : mask);
  const channels = masks.map((mask) => {
    const shift = mask ? 31 - Math.clz32(mask & -mask) : 0;
    const most = mask >>> shift;
    // Without a mask: opaque, or no light.
    return (pixel: number, none: number) => most ? Math.round(((pixel & mask) >>> shift) * 255 / most) : none;
  });
  const [red, green, blue, alpha] = channels;
  return (pixel) => packed(red(pixel, 0), green(pixel, 0), blue(pixel, 0), alpha(pixel, 255));
}
