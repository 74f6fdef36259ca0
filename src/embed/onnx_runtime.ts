// Loads the engine that runs networks: onnxruntime-web, or onnxruntime-node where it is available.

import type * as ort from "onnxruntime-web";
import { type OneByOne, oneByOne } from "../one_by_one.ts";
import { importNative } from "../runtime/optional_package.ts";

/** The engine that runs the network. */
export type Engine = "wasm" | "native";

/** Files of the engine, for runtimes in which it cannot find them. */
export interface EngineFiles {
  /** The engine's `.wasm` file. Deno, Node, Bun and browsers find it themselves. */
  readonly wasmBinary?: ArrayBuffer;
  /** The same file, compiled: for edge workers, where bytes may not be compiled. */
  readonly wasmModule?: WebAssembly.Module;
}

export type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor">;

/**
 * Loads the engine, and its compiled module if it starts from one. It is only imported here because it is large and
 * changes globals.
 */
export async function wasmRuntime(
  threads: number,
  { wasmBinary, wasmModule }: EngineFiles,
): Promise<{ runtime: Runtime; module?: WebAssembly.Module }> {
  const runtime = await import("onnxruntime-web");
  const module = wasmModule ?? (wasmBinary || threads > 1 ? undefined : await importedEngine());
  runtime.env.wasm.numThreads = threads;
  if (module) runtime.env.wasm.wasmBinary = STAND_IN;
  else if (wasmBinary) runtime.env.wasm.wasmBinary = wasmBinary;
  return { runtime, module };
}

/**
 * The engine's module, if the runtime can import it, as Deno can. Only used with one thread: with more, the engine
 * reads more files.
 */
async function importedEngine(): Promise<WebAssembly.Module | undefined> {
  try {
    const { engine }: { engine: () => Promise<WebAssembly.Module> } = await import("./engine.js");
    return await engine();
  } catch {
    return undefined;
  }
}

/** Bytes that stand for a compiled module, because onnxruntime-web only accepts bytes. */
const STAND_IN = new ArrayBuffer(8);

const openInTurn = oneByOne();

/**
 * Calls `start`. While it runs, instantiating the stand-in's bytes gives an instance of `module`. Calls run one after
 * another.
 */
export function standingIn<T>(module: WebAssembly.Module | undefined, start: () => Promise<T>): Promise<T> {
  return module ? openInTurn(() => patchedFor(module, start)) : start();
}

async function patchedFor<T>(module: WebAssembly.Module, start: () => Promise<T>): Promise<T> {
  const { instantiate } = WebAssembly;
  const patched = async (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const bytes = ArrayBuffer.isView(source) ? source.buffer : source;
    if (bytes !== STAND_IN) return await instantiate(source as WebAssembly.Module, imports);
    return { module, instance: await instantiate(module, imports) };
  };
  WebAssembly.instantiate = patched as typeof instantiate;
  try {
    return await start();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/** Name and version of the native engine's npm package. */
export const NATIVE_PACKAGE = "onnxruntime-node@1.30.0";

/** Whether the native engine starts here. Downloads it first, if that is needed and allowed. */
export async function nativeStarts(): Promise<boolean> {
  return await nativeRuntime().then(() => true, () => false);
}

export function nativeRuntime(): Promise<Runtime> {
  return importNative(NATIVE_PACKAGE, "the native engine", "deno task cluster:native");
}

/** Waiting threads of the native engine then leave their cores to the threads that decode the next images. */
export const WITHOUT_SPINNING = { session: { intra_op: { allow_spinning: "0" } } };

/**
 * Makes the runs of all sessions follow one another. onnxruntime-web keeps a run's arguments on the stack of its one
 * instance. Runs that overlap would remove them in another order than they added them.
 */
export const runInTurn: OneByOne = oneByOne();
