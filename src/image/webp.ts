// Decodes WebP images.

import factory from "@jsquash/webp/codec/dec/webp_dec.js";
import type { Raster } from "../types.ts";
import { badImage, checkSize } from "./bad_image.ts";
import { EmscriptenDecoder } from "./codec.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { latin } from "./latin.ts";

const DAMAGED = "the WebP image is truncated or damaged";

const libwebp = new EmscriptenDecoder("webp", factory, DAMAGED);

/** Throws `bad-image`. */
export async function decodeWebp(file: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const end = file.length < 30 ? Infinity : new DataView(file.buffer, file.byteOffset).getUint32(4, true) + 8;
  if (end > file.length) throw badImage(DAMAGED);
  const bytes = file.subarray(0, end); // Bytes after the image are ignored.
  if (end < 30) throw badImage(DAMAGED);
  const { width, height } = sizeOf(bytes);
  checkSize(width, height, maxPixels);
  let [exif, firstOf, frames] = [undefined as Uint8Array | undefined, undefined as Uint8Array | undefined, 0];
  for (const { name, data } of chunksOf(bytes, 12)) {
    if (name === "EXIF") exif ??= data;
    if (name === "ANMF") [firstOf, frames] = [firstOf ?? data, frames + 1];
  }
  const orientation = orientationOf(exif && latin(exif, 0, 4) === "Exif" ? exif.subarray(6) : exif);
  if (!firstOf) return { image: await decode(bytes, width, height), orientation };
  const note = frames > 1 ? `${frames} frames, the first is used` : undefined;
  return { image: await firstFrame(firstOf, width, height), orientation, note };
}

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
}

function* chunksOf(bytes: Uint8Array, from: number): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    yield { name: latin(bytes, at, at + 4), data: bytes.subarray(at + 8, at + 8 + size) };
    at += 8 + size + size % 2;
  }
}

function hasChunk(bytes: Uint8Array, from: number, wanted: string): boolean {
  for (const { name } of chunksOf(bytes, from)) if (name === wanted) return true;
  return false;
}

/** The size of the canvas, from the first chunk of a WebP file. */
function sizeOf(bytes: Uint8Array): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = latin(bytes, 12, 16);
  if (kind === "VP8X") return { width: threeBytes(bytes, 24) + 1, height: threeBytes(bytes, 27) + 1 };
  if (kind === "VP8 ") return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (kind !== "VP8L") throw badImage(DAMAGED);
  const packed = view.getUint32(21, true);
  return { width: (packed & 0x3fff) + 1, height: (packed >> 14 & 0x3fff) + 1 };
}

function threeBytes(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;
}

async function decode(bytes: Uint8Array, width: number, height: number): Promise<Raster> {
  const image = await libwebp.decode(bytes);
  if (image.width !== width || image.height !== height) throw badImage(DAMAGED);
  return image;
}

/** Decodes the first frame of an animation as a file of its own, and puts it on the transparent canvas. */
async function firstFrame(frame: Uint8Array, width: number, height: number): Promise<Raster> {
  if (frame.length < 24) throw badImage(DAMAGED);
  const [left, top, across, down] = [0, 3, 6, 9].map((at) =>
    threeBytes(frame, at) * (at < 6 ? 2 : 1) + (at < 6 ? 0 : 1)
  );
  if (left + across > width || top + down > height) throw badImage(DAMAGED);
  const alpha = hasChunk(frame, 16, "ALPH");
  // A separate alpha channel needs the extended header: flags, then width and height minus one.
  const header = new Uint8Array(alpha ? 18 : 0);
  if (alpha) {
    header.set([...new TextEncoder().encode("VP8X"), 10, 0, 0, 0, 0x10]);
    header.set(frame.subarray(6, 12), 12);
  }
  const file = new Uint8Array(12 + header.length + frame.length - 16);
  file.set(new TextEncoder().encode("RIFF\0\0\0\0WEBP"));
  new DataView(file.buffer).setUint32(4, file.length - 8, true);
  file.set(header, 12);
  file.set(frame.subarray(16), 12 + header.length);
  const part = await decode(file, across, down);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < down; y++) {
    data.set(part.data.subarray(y * across * 4, (y + 1) * across * 4), ((y + top) * width + left) * 4);
  }
  return { data, width, height };
}
