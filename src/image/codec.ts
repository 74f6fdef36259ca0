// Finding and starting the codecs that are WebAssembly.

import { AnomalyClusterError } from "../errors.ts";
import type { Raster } from "../types.ts";
import { badImage } from "./bad_image.ts";

/** Compiled modules of the codecs, see `initDecoders`. */
export type CodecModules = Partial<Record<"avif" | "jpeg" | "jpegTurbo" | "jxl" | "png" | "webp", WebAssembly.Module>>;

/** Bytes of WebAssembly memory, which never shrinks, up to which a codec is kept for the next image. */
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

/** Starts a codec with its module, or without where it must find that itself. Throws `unsupported-runtime`. */
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
  /** What it has printed: its complaints about a file. */
  readonly printed: string[];
  /** Whether its memory, which never shrinks, has grown so that the next image had better start another. */
  isLarge(): boolean;
}

/** Starts a codec by the factory that Emscripten made. Throws as {@linkcode startCodec}. */
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

/** A codec compiled by Emscripten that gives an image or fails; it starts with the first image. */
export class EmscriptenDecoder {
  #codec?: Promise<EmscriptenCodec>;

  /** `damaged` is the sentence for what it cannot decode. */
  constructor(readonly name: keyof CodecModules, readonly factory: unknown, readonly damaged: string) {}

  /** Throws `bad-image`, and as {@linkcode startCodec}. */
  async decode(bytes: Uint8Array, ...more: unknown[]): Promise<Raster> {
    const codec = await (this.#codec ??= startEmscripten(this.name, this.factory));
    let image: Raster | null;
    try {
      image = codec.decode(bytes, ...more);
    } catch (cause) {
      this.#codec = undefined; // Its state is unknown now: the next image starts another.
      throw badImage(this.damaged, cause);
    }
    if (codec.isLarge()) this.#codec = undefined;
    if (!image) throw badImage(this.damaged);
    return image;
  }
}
