// BMP → RGBA: the Windows and OS/2 bitmaps of 1 to 32 bits a pixel that are not compressed.

import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";

/** Throws `bad-image`. */
export function decodeBmp(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const core = bytes.length >= 30 && view.getUint32(14, true) === 12; // The short header of OS/2.
  if (bytes.length < (core ? 30 : 54)) throw badImage("the BMP image is truncated");
  const headerSize = view.getUint32(14, true);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight); // Negative: from the top down.
  checkSize(width, height, maxPixels);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? 0 : view.getUint32(30, true);
  if (![0, 3, 6].includes(compression) || ![1, 4, 8, 16, 24, 32].includes(bits)) {
    throw badImage("compressed BMP images cannot be read: save it as PNG");
  }
  const [start, rowBytes] = [view.getUint32(10, true), Math.ceil(width * bits / 32) * 4];
  if (start + rowBytes * height > bytes.length) throw badImage("the BMP image is truncated: pixels are missing");
  const colour = bits <= 8 ? paletteOf(bytes.subarray(14 + headerSize, start), core ? 3 : 4) : masked(
    bits > 16 ? [0xff0000, 0xff00, 0xff, 0] : [0x7c00, 0x3e0, 0x1f, 0],
    compression !== 0 && bits !== 24,
    view,
  );
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = start + (signedHeight < 0 ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) {
      let pixel: number;
      if (bits <= 8) pixel = bytes[row + (x * bits >> 3)] >> 8 - bits - (x * bits & 7) & (1 << bits) - 1;
      else if (bits === 16) pixel = view.getUint16(row + x * 2, true);
      else if (bits === 24) pixel = bytes[row + x * 3] | bytes[row + x * 3 + 1] << 8 | bytes[row + x * 3 + 2] << 16;
      else pixel = view.getUint32(row + x * 4, true);
      pixels[y * width + x] = colour(pixel);
    }
  }
  const data = new Uint8Array(pixels.buffer);
  return Promise.resolve({ image: { data, width, height }, orientation: 1 });
}

/** RGBA as one number, red in the lowest byte. */
function packed(red: number, green: number, blue: number, alpha: number): number {
  return red | green << 8 | blue << 16 | alpha << 24;
}

/** Colours by index, stored as blue, green, red and with `size` 4 a byte more; black where there is none. */
function paletteOf(table: Uint8Array, size: number): (index: number) => number {
  const colours = Uint32Array.from({ length: 256 }, (_, index) => {
    const [blue = 0, green = 0, red = 0] = table.subarray(index * size, index * size + 3);
    return packed(red, green, blue, 255);
  });
  return (index) => colours[index];
}

/** Channels by their bits, of any number, scaled to 8; `stored`: the file has its own masks. */
function masked(usual: number[], stored: boolean, view: DataView): (pixel: number) => number {
  const hasAlpha = view.getUint32(14, true) >= 56;
  const masks = usual.map((mask, at) => !stored ? mask : at === 3 && !hasAlpha ? 0 : view.getUint32(54 + at * 4, true));
  const channels = masks.map((mask) => {
    const shift = mask ? 31 - Math.clz32(mask & -mask) : 0;
    const most = mask >>> shift;
    // Without a mask: opaque, or no light.
    return (pixel: number, none: number) => most ? Math.round(((pixel & mask) >>> shift) * 255 / most) : none;
  });
  const [red, green, blue, alpha] = channels;
  return (pixel) => packed(red(pixel, 0), green(pixel, 0), blue(pixel, 0), alpha(pixel, 255));
}
