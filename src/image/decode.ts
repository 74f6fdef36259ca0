// Encoded bytes → upright RGBA pixels. The format is told by content, never by the file's name.

import decodeJpeg, { init as initJpeg } from "@jsquash/jpeg/decode.js";
import decodePng, { init as initPng } from "@jsquash/png/decode.js";
import { AnomalyClusterError } from "../errors.ts";
import type { Raster } from "../types.ts";

const QUIET = { printErr: () => {} }; // The codec's own complaints; ours is the exception.
// The codec takes a second argument that its type declarations leave out.
const startJpeg = initJpeg as (module?: WebAssembly.Module, overrides?: object) => Promise<void>;
let jpegReady: Promise<void> | undefined;

/**
 * Hands in compiled codec modules (`@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`,
 * `@jsquash/png/codec/pkg/squoosh_png_bg.wasm`) where the runtime may not read them itself: edge
 * workers, or Deno without permissions. Call it before the first `decodeImage`; elsewhere never.
 */
export async function initDecoders(modules: { jpeg?: WebAssembly.Module; png?: WebAssembly.Module }): Promise<void> {
  if (modules.jpeg) await (jpegReady = startJpeg(modules.jpeg, QUIET));
  if (modules.png) await initPng(modules.png);
}

/**
 * Decodes a JPEG or PNG file: upright by its EXIF orientation, transparency over white.
 *
 * @throws {AnomalyClusterError} `bad-image` when the bytes are empty, truncated, damaged or of another format.
 */
export async function decodeImage(bytes: Uint8Array): Promise<Raster> {
  if (bytes.length === 0) throw new AnomalyClusterError("bad-image", "the file is empty");
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return await jpeg(bytes);
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47])) return overWhite(await png(bytes));
  throw new AnomalyClusterError("bad-image", "this is neither a JPEG nor a PNG image");
}

async function jpeg(bytes: Uint8Array): Promise<Raster> {
  // The codec fills what a truncated file lacks with grey; such an image would cluster as a defect.
  if (lastMarker(bytes, 0xd9) < lastMarker(bytes, 0xda)) {
    throw new AnomalyClusterError("bad-image", "the JPEG image is truncated");
  }
  try {
    await (jpegReady ??= startJpeg(undefined, QUIET));
    return await decodeJpeg(ownBuffer(bytes), { preserveOrientation: true });
  } catch (cause) {
    throw new AnomalyClusterError("bad-image", "the JPEG image is damaged or of a kind that cannot be read", { cause });
  }
}

async function png(bytes: Uint8Array): Promise<Raster> {
  try {
    return await decodePng(ownBuffer(bytes));
  } catch (cause) {
    throw new AnomalyClusterError("bad-image", "the PNG image is truncated or damaged", { cause });
  }
}

function overWhite(image: Raster): Raster {
  const { data } = image;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3];
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      data[channel] = Math.round((data[channel] * alpha + 255 * (255 - alpha)) / 255);
    }
    data[at + 3] = 255;
  }
  return image;
}

/** Place of the last JPEG marker of this kind; inside compressed data a marker cannot occur. */
function lastMarker(bytes: Uint8Array, kind: number): number {
  for (let at = bytes.length - 2; at >= 0; at--) if (bytes[at] === 0xff && bytes[at + 1] === kind) return at;
  return -1;
}

function startsWith(bytes: Uint8Array, magic: number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return (whole ? bytes : bytes.slice()).buffer as ArrayBuffer;
}
