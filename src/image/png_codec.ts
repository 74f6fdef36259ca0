// Runs the Rust crate `png`, in the WebAssembly of @jsquash/png, in instances that can be replaced. Each file that
// fails leaves memory and stack in use. The package's own code would keep such an instance until it can decode nothing
// more.

import { LARGEST_KEPT, startCodec } from "./codec.ts";

/** The exports of `@jsquash/png`. Addresses are byte offsets into `memory`. */
interface PngExports {
  readonly memory: WebAssembly.Memory;
  __wbindgen_malloc(bytes: number, alignment: number): number;
  __wbindgen_free(address: number, bytes: number, alignment: number): void;
  /** Decodes the bytes at `address`. Hands over the pixels by calling an imported function. */
  decode(address: number, bytes: number): number;
  /** Decodes the bytes at `address` and returns the address of an image. */
  decode_rgba16(address: number, bytes: number): number;
  /** Hands over an image's values by calling an imported function. */
  imagedatargba16_data(image: number): number;
  __wbg_imagedatargba16_free(image: number): void;
}

/** An instance of the codec. Both functions throw the codec's own error for a file that cannot be decoded. */
export interface PngCodec {
  readonly memory: WebAssembly.Memory;
  /** RGBA of 8 bits. */
  decode(bytes: Uint8Array): Uint8Array;
  /** RGBA of 16 bits. */
  decode16(bytes: Uint8Array): Uint16Array;
}

/** Stands for any JavaScript value that the codec holds. One number is enough, because it holds one value at a time. */
const HANDLE = 132;

let ready: Promise<PngCodec> | undefined;

/**
 * Decodes with an instance of the codec. The instance is not used again if decoding fails or if its memory has grown
 * large. Throws what `decode` throws.
 */
export async function withPngCodec<T>(decode: (codec: PngCodec) => T): Promise<T> {
  const codec = await (ready ??= startCodec("png", start));
  const kept = ready;
  ready = undefined;
  const result = decode(codec);
  if (codec.memory.buffer.byteLength <= LARGEST_KEPT) ready = kept;
  return result;
}

async function start(module: WebAssembly.Module | undefined): Promise<PngCodec> {
  if (!module) throw new Error("there is no module");
  let pixels: Uint8Array | undefined;
  let values: Uint16Array | undefined;
  // Names as wasm-bindgen generates them, without the hash at the end.
  const functions: Record<string, (...numbers: number[]) => number> = {
    __wbindgen_memory: () => HANDLE,
    __wbg_buffer: () => HANDLE,
    __wbg_newwithbyteoffsetandlength: (_buffer, address, length) => {
      values = new Uint16Array(codec.memory.buffer, address >>> 0, length >>> 0).slice();
      return HANDLE;
    },
    __wbindgen_object_drop_ref: () => 0,
    __wbg_newwithownedu8clampedarrayandsh: (address, length) => {
      pixels = new Uint8Array(codec.memory.buffer, address >>> 0, length >>> 0).slice();
      codec.__wbindgen_free(address, length, 1);
      return HANDLE;
    },
    __wbindgen_throw: () => {
      throw new Error("the codec gave up");
    },
  };
  const wbg = Object.fromEntries(
    WebAssembly.Module.imports(module).map(({ name }) => {
      return [name, functions[name.replace(/_[0-9a-f]{16}$/, "")]];
    }),
  );
  const instance = await WebAssembly.instantiate(module, { wbg });
  const codec = instance.exports as unknown as PngExports;
  const copyIn = (bytes: Uint8Array) => {
    const address = codec.__wbindgen_malloc(bytes.length, 1) >>> 0;
    new Uint8Array(codec.memory.buffer, address, bytes.length).set(bytes);
    return address;
  };
  return {
    memory: codec.memory,
    decode(bytes) {
      codec.decode(copyIn(bytes), bytes.length);
      return pixels!;
    },
    decode16(bytes) {
      const image = codec.decode_rgba16(copyIn(bytes), bytes.length);
      codec.imagedatargba16_data(image);
      codec.__wbg_imagedatargba16_free(image);
      return values!;
    },
  };
}
