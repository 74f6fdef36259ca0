// Finds and starts the codecs that are WebAssembly modules.

import { AnomalyClusterError } from "../errors.ts";
import type { Raster } from "../types.ts";
import { badImage } from "./bad_image.ts";

/** Compiled modules of the codecs: see `initDecoders`. */
export type CodecModules = Partial<Record<"avif" | "jpeg" | "jpegTurbo" | "jxl" | "png" | "webp", WebAssembly.Module>>;

/**
 * A codec is kept for the next image only while it uses no more than so many bytes of memory. WebAssembly memory never
 * shrinks.
 */
export const LARGEST_KEPT: number = 2 ** 27;

const handedIn: CodecModules = {};

/** Remembers modules for the codecs that have not started yet. */
export function useModules(modules: CodecModules): void {
  Object.assign(handedIn, modules);
}

/** The compiled module of a codec, or undefined where the runtime cannot import one. */
export async function codecModule(name: keyof CodecModules): Promise<WebAssembly.Module | undefined> {
  if (handedIn[name]) return handedIn[name];
  try {
    const codecs: Record<typeof name, () => Promise<WebAssembly.Module>> = await import("./codecs.js");
    return await codecs[name]();
  } catch {
    return undefined;
  }
}

/**
 * Starts a codec with its compiled module. Without one, `start` gets `undefined` and must find the module itself.
 * Throws `unsupported-runtime`.
 */
export async function startCodec<T>(
  name: keyof CodecModules,
  start: (module: WebAssembly.Module | undefined) => Promise<T>,
): Promise<T> {
  const module = await codecModule(name);
  try {
    return await start(module);
  } catch (cause) {
    const message = `the ${name} decoder cannot be loaded by this runtime: hand its compiled module to initDecoders`;
    throw new AnomalyClusterError("unsupported-runtime", message, { cause });
  }
}

/** A codec compiled by Emscripten. */
export interface EmscriptenCodec {
  decode(bytes: Uint8Array, ...more: unknown[]): Raster | null;
  /** Lines that the codec has printed: its complaints about a file. */
  readonly printed: string[];
  /** Whether its memory, which never shrinks, has grown so large that the next image should start a new codec. */
  isLarge(): boolean;
}

/** Starts a codec by its factory, which Emscripten generated. Throws as {@linkcode startCodec} does. */
export function startEmscripten(name: keyof CodecModules, factory: unknown): Promise<EmscriptenCodec> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  return startCodec(name, async (module) => {
    let memory: WebAssembly.Memory | undefined;
    const instantiateWasm = module && ((imports: WebAssembly.Imports, started: (of: WebAssembly.Instance) => void) => {
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((one) => one instanceof WebAssembly.Memory);
      started(instance);
      return instance.exports;
    });
    const start = factory as (options: object) => Promise<EmscriptenCodec>;
    const codec = await start({ noInitialRun: true, instantiateWasm, print, printErr: print });
    return Object.assign(codec, { printed, isLarge: () => (memory?.buffer.byteLength ?? 0) > LARGEST_KEPT });
  });
}

/** A decoder that was compiled by Emscripten. It starts with the first image. */
export class EmscriptenDecoder {
  #codec?: Promise<EmscriptenCodec>;

  /** `damaged` is the error message for files that cannot be decoded. */
  constructor(readonly name: keyof CodecModules, readonly factory: unknown, readonly damaged: string) {}

  /** Decodes an image. Throws `bad-image`, and as {@linkcode startCodec} does. */
  async decode(bytes: Uint8Array, ...more: unknown[]): Promise<Raster> {
    const codec = await (this.#codec ??= startEmscripten(this.name, this.factory));
    let image: Raster | null;
    try {
      image = codec.decode(bytes, ...more);
    } catch (cause) {
      this.#codec = undefined; // Its state is unknown now: the next image starts a new codec.
      throw badImage(this.damaged, cause);
    }
    if (codec.isLarge()) this.#codec = undefined;
    if (!image) throw badImage(this.damaged);
    return image;
  }
}
