// Decodes JPEG by libjpeg-turbo: images at a fraction of their size, several times as fast as whole ones, and images of
// four channels.

import type { Raster } from "../types.ts";
import { codecModule, LARGEST_KEPT } from "./codec.ts";

/** The TurboJPEG functions that `@cwasm/jpeg-turbo` exports; addresses are byte offsets into `memory`. */
interface TurboJpeg {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(address: number): void;
  tjInitDecompress(): number;
  tjDestroy(handle: number): number;
  tjDecompress2(
    handle: number,
    jpeg: number,
    jpegBytes: number,
    pixels: number,
    width: number,
    pitch: number,
    height: number,
    pixelFormat: number,
    flags: number,
  ): number;
}

const PIXEL_FORMATS = { rgba: 7, cmyk: 11 };
let turbo: TurboJpeg | undefined;

/**
 * Decodes an image of `width` × `height` at 1 / `divisor` (1, 2, 4 or 8) of its size, rounded up, with the inverse
 * cosine transform of that size. Each pixel has four bytes. `undefined` if the codec is missing or finds any fault.
 */
export async function decodeTurbo(
  bytes: Uint8Array,
  width: number,
  height: number,
  divisor: number,
  pixelFormat: keyof typeof PIXEL_FORMATS,
): Promise<Raster | undefined> {
  const codec = turbo ?? await start();
  if (!codec) return undefined;
  turbo = undefined; // An instance that fails is left in an unknown state.
  const shrunk = { width: Math.ceil(width / divisor), height: Math.ceil(height / divisor) };
  const size = shrunk.width * shrunk.height * 4;
  try {
    const handle = codec.tjInitDecompress();
    const jpeg = codec.malloc(bytes.length);
    const pixels = codec.malloc(size);
    if (!handle || !jpeg || !pixels) return undefined;
    new Uint8Array(codec.memory.buffer, jpeg, bytes.length).set(bytes);
    const format = PIXEL_FORMATS[pixelFormat];
    const pitch = shrunk.width * 4;
    const failed = codec.tjDecompress2(
      handle,
      jpeg,
      bytes.length,
      pixels,
      shrunk.width,
      pitch,
      shrunk.height,
      format,
      0,
    );
    if (failed) return undefined;
    const data = new Uint8Array(codec.memory.buffer, pixels, size).slice();
    codec.free(pixels);
    codec.free(jpeg);
    codec.tjDestroy(handle);
    if (codec.memory.buffer.byteLength <= LARGEST_KEPT) turbo = codec;
    return { data, ...shrunk };
  } catch {
    return undefined;
  }
}

async function start(): Promise<TurboJpeg | undefined> {
  const module = await codecModule("jpegTurbo");
  if (!module) return undefined;
  const nothing = () => 0;
  const fail = () => {
    throw new Error("libjpeg-turbo gave up");
  };
  // Instead of C's longjmp it throws. It needs neither files nor environment variables.
  const wasi = { environ_sizes_get: nothing, environ_get: nothing, fd_close: nothing, fd_seek: nothing };
  const { exports } = await WebAssembly.instantiate(module, {
    env: { setjmp: nothing, longjmp: fail },
    wasi_snapshot_preview1: { ...wasi, fd_write: nothing, proc_exit: fail },
  });
  return exports as unknown as TurboJpeg;
}
