// Loads the engine that runs networks: onnxruntime-web, or onnxruntime-node where it is available.

import type * as ort from "onnxruntime-web";
import { AnomalyClusterError } from "../errors.ts";
import { type OneByOne, oneByOne } from "../one_by_one.ts";
import { graphicsAdapter } from "../runtime/graphics.ts";
import { importNative } from "../runtime/optional_package.ts";

/** The engine that runs the network. */
export type Engine = "wasm" | "native" | "webgpu";

/** Files of the engine, for runtimes in which it cannot find them. */
export interface EngineFiles {
  /** The `.wasm` file of onnxruntime-web, which then runs all networks. @default the runtime finds the files of engines */
  readonly wasmBinary?: ArrayBuffer;
  /** The same file, compiled: for edge workers, where bytes may not be compiled. */
  readonly wasmModule?: WebAssembly.Module;
  /** LiteRT's `.wasm` file, compiled, if it is at hand: then it is not read again. */
  readonly liteRtModule?: WebAssembly.Module;
  /**
   * The module of the engine `"webgpu"`: `await import("onnxruntime-web/jspi")`, or `"onnxruntime-web/webgpu"` for
   * browsers without `WebAssembly.Suspending`. Deno finds it itself. Elsewhere it is handed in, so that it is in no
   * bundle that does not use it.
   */
  readonly webgpu?: WebgpuRuntime;
}

export type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor">;

/** What is used of onnxruntime-web's module with WebGPU. */
export type WebgpuRuntime = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** A loaded engine, and how a session is opened by it. */
export interface StartedEngine {
  readonly runtime: Runtime;
  readonly setup: ort.InferenceSession.SessionOptions;
  /** Calls a function that opens a session. */
  opening<T>(open: () => Promise<T>): Promise<T>;
  /** Returns whether what a session has computed can be trusted. Called with the session open. */
  watched(): Promise<() => boolean>;
}

const ALWAYS = () => Promise.resolve(() => true);

/** Loads an engine. Throws `unsupported-runtime` where it does not start. */
export async function startedEngine(engine: Engine, threads: number, files: EngineFiles): Promise<StartedEngine> {
  if (engine === "native") {
    const setup = { intraOpNumThreads: threads, extra: WITHOUT_SPINNING };
    return { runtime: await nativeRuntime(), setup, opening: (open) => open(), watched: ALWAYS };
  }
  if (engine === "webgpu") {
    const { runtime, module } = await webgpuRuntime(files);
    return {
      runtime,
      setup: { executionProviders: ["webgpu"] },
      // Sessions of one device are never opened at the same time: onnxruntime-web refuses that.
      opening: (open) => openInTurn(() => module ? patchedFor(module, open) : open()),
      watched: () => withoutErrors(runtime),
    };
  }
  const { runtime, module } = await wasmRuntime(threads, files);
  const setup = { executionProviders: ["wasm"] };
  return { runtime, setup, opening: (open) => standingIn(module, open), watched: ALWAYS };
}

/**
 * Loads the engine, and its compiled module if it starts from one. It is only imported here because it is large and
 * changes globals.
 */
async function wasmRuntime(
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

/** Loads the engine with WebGPU, and its compiled module if it starts from one. */
async function webgpuRuntime(
  { webgpu, wasmBinary, wasmModule }: EngineFiles,
): Promise<{ runtime: WebgpuRuntime; module?: WebAssembly.Module }> {
  if (!await graphicsAdapter()) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "the engine webgpu does not start: there is no graphics adapter",
    );
  }
  const found = webgpu ? { runtime: webgpu } : await importedWebgpu();
  if (!found) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      'the engine webgpu does not start: hand in webgpu: await import("onnxruntime-web/jspi")',
    );
  }
  const { runtime } = found;
  const module = wasmModule ?? (wasmBinary ? undefined : found.module);
  runtime.env.wasm.numThreads = 1; // The work is done on the graphics card.
  runtime.env.logLevel = "fatal"; // What fails is thrown, or heard by withoutErrors.
  if (module) runtime.env.wasm.wasmBinary = STAND_IN;
  else if (wasmBinary) runtime.env.wasm.wasmBinary = wasmBinary;
  return { runtime, module };
}

/** The engine with WebGPU, if the runtime can import it, as Deno can. */
async function importedWebgpu(): Promise<{ runtime: WebgpuRuntime; module?: WebAssembly.Module } | undefined> {
  const { webgpu, webgpuEngine }: {
    webgpu: () => Promise<WebgpuRuntime | undefined>;
    webgpuEngine: () => Promise<WebAssembly.Module>;
  } = await import("./engine.js");
  const runtime = await webgpu();
  return runtime && { runtime, module: await webgpuEngine() };
}

/**
 * Listens for errors of the graphics device. onnxruntime-web does not: with such an error a run ends as if all were
 * well, and what it returns is not the embedding.
 */
async function withoutErrors({ env }: WebgpuRuntime): Promise<() => boolean> {
  let isSound = true;
  const device = await env.webgpu.device as EventTarget | undefined;
  device?.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    isSound = false;
  });
  return () => isSound;
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
function standingIn<T>(module: WebAssembly.Module | undefined, start: () => Promise<T>): Promise<T> {
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

function nativeRuntime(): Promise<Runtime> {
  return importNative(NATIVE_PACKAGE, "the native engine", "deno task cluster:native");
}

/** Waiting threads of the native engine then leave their cores to the threads that decode the next images. */
const WITHOUT_SPINNING = { session: { intra_op: { allow_spinning: "0" } } };

/**
 * Makes the runs of all sessions follow one another. onnxruntime-web keeps a run's arguments on the stack of its one
 * instance. Runs that overlap would remove them in another order than they added them.
 */
export const runInTurn: OneByOne = oneByOne();
