// What runs a network: onnxruntime-web, or onnxruntime-node where it can be had.

import type * as ort from "onnxruntime-web";
import { oneByOne } from "../one_by_one.ts";
import { importNative } from "../runtime/optional_package.ts";

/** What runs the network. */
export type Engine = "wasm" | "native";

/** The engine's own files. */
export interface EngineFiles {
  /** The engine's own `.wasm`, where it cannot find that itself. Deno, Node, Bun and browsers can. */
  readonly wasmBinary?: ArrayBuffer;
  /** The same compiled, where bytes may not be compiled: edge workers. */
  readonly wasmModule?: WebAssembly.Module;
}

export type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor">;

/** The engine, and its compiled module where it starts from one. Loaded here: it is large, and changes globals. */
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

/** The engine's module where the runtime can import it, as Deno can. With threads the engine reads more files. */
async function importedEngine(): Promise<WebAssembly.Module | undefined> {
  try {
    const { engine }: { engine: () => Promise<WebAssembly.Module> } = await import("./engine.js");
    return await engine();
  } catch {
    return undefined;
  }
}

/** Bytes that stand for a compiled module: onnxruntime-web takes nothing else. */
const STAND_IN = new ArrayBuffer(8);

const openInTurn = oneByOne();

/** Starts something while instantiating the stand-in's bytes gives an instance of the module; one after the other. */
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

/** What the native engine is, on npm. */
export const NATIVE_PACKAGE = "onnxruntime-node@1.30.0";

/** Whether the native engine starts here; downloads it where it may and was not there. */
export async function nativeStarts(): Promise<boolean> {
  return await nativeRuntime().then(() => true, () => false);
}

export function nativeRuntime(): Promise<Runtime> {
  return importNative(NATIVE_PACKAGE, "the native engine", "deno task cluster:native");
}

/** Threads of the native engine that wait leave their cores to what decodes the next images. */
export const WITHOUT_SPINNING = { session: { intra_op: { allow_spinning: "0" } } };

/**
 * For runs of all sessions: onnxruntime-web keeps a run's arguments on the stack of its one instance, and runs that overlap
 * take them down in another order than they put them there.
 */
export const runInTurn = oneByOne();
