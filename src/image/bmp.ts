// Decodes BMP images: Windows and OS/2 bitmaps of 1 to 32 bits a pixel, uncompressed or run-length encoded.

import { badImage, checkLength, checkSize } from "./bad_image.ts";
import { unpackRuns } from "./bmp_runs.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";

/** The content of the two headers. */
interface Header {
  readonly width: number;
  readonly height: number;
  /** Whether rows go from the top down. */
  readonly topDown: boolean;
  readonly bits: number;
  readonly packing: "none" | "fields" | "runs";
  /** Bytes of the second header. */
  readonly size: number;
  /** Where the colour map begins: after the headers and the masks. */
  readonly mapAt: number;
  /** Bytes of a colour in the map. */
  readonly entry: 3 | 4;
  /** Number of colours in the map: as the header says, else as many as the bits allow. */
  readonly colours: number;
  /** Where the pixels begin, according to the header. */
  readonly start: number;
}

const TRUNCATED = "the BMP image is truncated: pixels are missing";

/**
 * Limit for run-length encoding. Two bytes hold at most 255 pixels, but pixels after the mark of the end take no bytes
 * at all.
 */
const MOST_PIXELS_OF_A_BYTE = 1024;

/** Throws `bad-image`. */
export function decodeBmp(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = headerOf(bytes, view);
  const { width, height, bits, packing, mapAt } = header;
  checkSize(width, height, maxPixels);
  const colourMap = bits <= 8 ? header.colours * header.entry : 0;
  const rowBytes = packing === "runs" ? width : Math.ceil(width * bits / 32) * 4;
  // The last row may lack its padding.
  const size = packing === "runs" ? 1 : rowBytes * (height - 1) + Math.ceil(width * bits / 8);
  // If the start in the header makes no sense, the pixels follow the colour map.
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
  // Many programs leave alpha 0 everywhere, because they never fill it in. Such images are opaque.
  if (data.every((value, at) => value === 0 || at % 4 !== 3)) {
    for (let at = 3; at < data.length; at += 4) data[at] = 255;
  }
  return Promise.resolve({ image: { data, width, height }, orientation: 1 });
}

/** Sizes in bytes of the OS/2 headers: version 1, the short form of version 2, version 2. Other sizes are Windows's. */
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
  // Masks follow a header of 40 bytes, and are part of longer ones.
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

/** Returns a function that reads pixel `x` of the row that begins at byte `row`. */
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

/**
 * Returns a function that finds the colour of an index; black if there is none. Each colour is stored as blue, green
 * and red, with one more byte if `size` is 4.
 */
function paletteOf(table: Uint8Array, size: number): (index: number) => number {
  if (table.length < size) throw badImage("the BMP image is damaged: its colour map is missing");
  const colours = Uint32Array.from({ length: 256 }, (_, index) => {
    const [blue = 0, green = 0, red = 0] = table.subarray(index * size, index * size + 3);
    return packed(red, green, blue, 255);
  });
  return (index) => colours[index];
}

/**
 * Returns a function that turns a stored pixel into a colour. Masks, the file's own or the usual ones, say which bits
 * hold a channel; any number of bits is scaled to 8.
 */
function masked({ bits, packing, size, mapAt }: Header, view: DataView): (pixel: number) => number {
  const usual = bits > 16 ? [0xff0000, 0xff00, 0xff, 0] : [0x7c00, 0x3e0, 0x1f, 0];
  const maskEnd = size === 40 ? mapAt : 14 + size; // Shorter headers have no mask of alpha.
  if (packing === "fields" && (maskEnd < 66 || view.byteLength < maskEnd)) throw badImage("the BMP image is truncated");
  const stored = (at: number) => 58 + at * 4 <= maskEnd ? view.getUint32(54 + at * 4, true) : 0;
  const masks = usual.map((mask, at) => packing === "fields" ? stored(at) : mask);
  const channels = masks.map((mask) => {
    const shift = mask ? 31 - Math.clz32(mask & -mask) : 0;
    const most = mask >>> shift;
    // A channel without a mask has a fixed value, `none`: opaque for alpha, 0 for a colour.
    return (pixel: number, none: number) => most ? Math.round(((pixel & mask) >>> shift) * 255 / most) : none;
  });
  const [red, green, blue, alpha] = channels;
  return (pixel) => packed(red(pixel, 0), green(pixel, 0), blue(pixel, 0), alpha(pixel, 255));
}
