import type * as ort from "onnxruntime-web";
import { AnomalyClusterError, ensure } from "../errors.ts";
import { resize } from "../image/resize.ts";
import { oneByOne } from "../one_by_one.ts";
import { importNative } from "../optional_package.ts";
import type { PatchSet, Raster } from "../types.ts";
import type { Embedder } from "./embedder.ts";
import { unpackNetwork } from "./packed.ts";
import { patchesOf } from "./patch_grid.ts";
import { type Channels, checkSum, type ModelManifest } from "./manifest.ts";

/**
 * Where the smaller included network lies: EfficientNet-Lite0 up to reduction 4 (stride 16, 112 channels).
 * {@linkcode readNetwork} reads it in every runtime.
 */
export const DEFAULT_MODEL: URL = located(() =>
  new URL("../../models/efficientnet-lite0-reduction4.onnx.wasm", import.meta.url)
);

/** EfficientNet-Lite0 with reductions 3, 4 and 5 (strides 8, 16, 32; 40, 112, 192 channels) as its outputs. */
export const PYRAMID_MODEL: URL = located(() =>
  new URL("../../models/efficientnet-lite0-pyramid.onnx.wasm", import.meta.url)
);

/** The same with Lite2's reductions beside them (48, 120 and 208 channels): two networks see more than one. */
export const TWO_NETWORKS_MODEL: URL = located(() =>
  new URL("../../models/efficientnet-lite0-lite2.onnx.wasm", import.meta.url)
);

/** In edge workers modules have no address, and no files beside them: there, one that leads nowhere. */
function located(locate: () => URL): URL {
  try {
    return locate();
  } catch {
    return new URL("about:blank");
  }
}

/** Numbers of views: see {@linkcode OnnxEmbedderOptions}. */
export type Views = 1 | 4 | 8;

/** What runs the network. */
export type Engine = "wasm" | "native";

/** Options of {@linkcode onnxEmbedder}. */
export interface OnnxEmbedderOptions {
  /**
   * The ONNX file's bytes, as they are or in the WebAssembly file of an included network: input float32 `[1, 3, size, size]`, output float32 `[1, channels, rows, cols]`,
   * or `[1, channels]`: a holistic embedding, as a grid of one patch.
   */
  readonly model: Uint8Array;
  /**
   * What {@linkcode readManifest} read beside the file: stands in for the options that are left out below, and the
   * file's bytes, outputs and shapes are checked against it. @default EfficientNet-Lite0's, as told below
   */
  readonly manifest?: ModelManifest;
  /** Short name for reports and ids. @default "efficientnet-lite0-reduction4" */
  readonly name?: string;
  /**
   * Names of the outputs whose channels are put side by side, on the grid of the first: finer levels are averaged,
   * coarser ones repeated. @default the first output alone
   */
  readonly levels?: readonly string[];
  /**
   * Views of each image that are embedded, put back in place and averaged, patch by patch: the image alone, with
   * its three quarter turns (4), or all of these mirrored too (8). Defects then look alike in any direction.
   * @default 1
   */
  readonly views?: Views;
  /** Side in pixels to which images are resized. @default 224 */
  readonly size?: number;
  /** Whether images are taken as they are, in place of that: their sides are multiples, the grid has their shape. */
  readonly ownSize?: boolean;
  /** What `size` must be a multiple of. @default 32 */
  readonly multiple?: number;
  /** Subtracted from each 8-bit channel: one number, or one for each of red, green and blue. @default 127 */
  readonly mean?: number | Channels;
  /** Divides each channel after that, likewise. @default 128 */
  readonly deviation?: number | Channels;
  /** Threads of the engine; onnxruntime-web keeps the number of its first model. @default 1 */
  readonly threads?: number;
  /**
   * `"wasm"` is onnxruntime-web, which runs anywhere. `"native"` is the npm package onnxruntime-node, several times
   * as fast: for Deno (`--allow-ffi`), Node and Bun. @default "wasm"
   */
  readonly engine?: Engine;
  /** The engine's own `.wasm`, where it cannot find that itself. Deno, Node, Bun and browsers can. */
  readonly wasmBinary?: ArrayBuffer;
  /** The same compiled, where bytes may not be compiled: edge workers. */
  readonly wasmModule?: WebAssembly.Module;
}

/**
 * Embeds images with a network in ONNX.
 *
 * @throws {AnomalyClusterError} `bad-model` when the file is no ONNX model, does not give a patch grid or is not what
 * its manifest says, `bad-argument` for a size that it does not take, `unsupported-runtime` where the native engine
 * does not start.
 */
export async function onnxEmbedder(options: OnnxEmbedderOptions): Promise<Embedder> {
  return await (await checkedModel(options)).open();
}

/** A network that options agree with, not opened yet: what is known of all images needs none. */
export interface CheckedModel {
  /** The embedder's. */
  readonly id: string;
  /** Levels of its patches. */
  readonly levels: number;
  open(): Promise<Embedder>;
}

/** Checks what can be checked before a network is opened. Throws as {@linkcode onnxEmbedder}. */
export async function checkedModel(given: OnnxEmbedderOptions): Promise<CheckedModel> {
  const options = { ...given, model: unpackNetwork(given.model) };
  const { manifest, views = 1 } = options;
  const { name = manifest?.name ?? "efficientnet-lite0-reduction4", size = manifest?.input.side ?? 224 } = options;
  const subtract = eachChannel(options.mean ?? manifest?.input.mean ?? 127);
  const deviation = eachChannel(options.deviation ?? manifest?.input.deviation ?? 128);
  const { ownSize = false } = options;
  ensure(views === 1 || !ownSize, `${views} views are of square images, not of ones of their own size`);
  checkSize(size, options.multiple ?? manifest?.input.multiple ?? 32, name, manifest);
  if (manifest) await checkSum(options.model, manifest);
  const levels = options.levels ?? manifest?.levels.map((level) => level.name);
  const id = `${options.name || !manifest ? name : `${name} ${manifest.sha256.slice(0, 8)}`}${
    views > 1 ? ` × ${views} views` : ""
  }${options.levels || (levels?.length ?? 0) > 1 ? ` ${levels!.join("+")}` : ""}@${
    ownSize ? "own size" : size
  } (pixel - ${channelText(subtract)}) / ${channelText(deviation)}`;
  return {
    id,
    levels: levels?.length ?? 1,
    open: async () => ({ id, ...await openNetwork(options, { name, size, subtract, deviation, views, levels }) }),
  };
}

/** Options with their defaults in place. */
interface ModelSettings {
  readonly name: string;
  readonly size: number;
  readonly subtract: Channels;
  readonly deviation: Channels;
  readonly views: Views;
  readonly levels?: readonly string[];
}

async function openNetwork(options: OnnxEmbedderOptions, settings: ModelSettings): Promise<Omit<Embedder, "id">> {
  const { manifest, threads = 1 } = options;
  const { name, size, subtract, deviation, views } = settings;
  const { runtime, setup, module } = options.engine === "native"
    ? { runtime: await nativeRuntime(), setup: { intraOpNumThreads: threads, extra: WITHOUT_SPINNING } }
    : { ...await wasmRuntime(threads, options), setup: { executionProviders: ["wasm"] } };
  const session = await standingIn(module, () => openSession(runtime, options.model, name, setup));
  const [input] = session.inputNames;
  const levels = settings.levels ?? [session.outputNames[0]];
  const missing = levels.find((level) => !session.outputNames.includes(level));
  if (missing !== undefined) {
    throw new AnomalyClusterError(
      "bad-model",
      `${name} has no output ${missing}: its outputs are ${session.outputNames.join(", ")}`,
    );
  }

  const saidOf = (output: string) => manifest?.levels.find((level) => level.name === output);

  return {
    async embed(image) {
      const pixels = options.ownSize ? image : resize(image, size, size);
      const { width, height } = pixels;
      let mean: PatchSet | undefined;
      for (let view = 0; view < views; view++) {
        const tensor = new runtime.Tensor("float32", planes(seenAs(pixels, view), subtract, deviation), [
          1,
          3,
          height,
          width,
        ]);
        const outputs = await runModel(session, input, tensor, name);
        const patches = patchesOf(levels.map((level) => ({ value: outputs[level], level: saidOf(level) })), {
          name,
          width,
          height,
        });
        mean ??= { ...patches, data: new Float32Array(patches.data.length) };
        addInPlace(mean, patches, view, views);
      }
      return mean!;
    },
    release: () => session.release(),
  };
}

function checkSize(size: number, multiple: number, name: string, manifest?: ModelManifest): void {
  const fits = Number.isInteger(size) && size >= multiple && size % multiple === 0;
  ensure(fits, `size ${size} is not a multiple of ${multiple}, as ${name} asks for`);
  if (manifest?.input.fixed) {
    const { side } = manifest.input;
    ensure(
      size === side,
      `${name} takes images of size ${side} alone, not ${size}: leave the size out or export it for that size`,
    );
  }
}

function eachChannel(value: number | Channels): Channels {
  return typeof value === "number" ? [value, value, value] : value;
}

function channelText([red, green, blue]: Channels): string {
  return red === green && green === blue ? String(red) : `[${red}, ${green}, ${blue}]`;
}

type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor">;

/** The engine, and its compiled module where it starts from one. Loaded here: it is large, and changes globals. */
async function wasmRuntime(
  threads: number,
  { wasmBinary, wasmModule }: OnnxEmbedderOptions,
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

/** What the native engine is, on npm. */
export const NATIVE_PACKAGE = "onnxruntime-node@1.30.0";

/** Whether the native engine starts here; downloads it where it may and was not there. */
export async function nativeStarts(): Promise<boolean> {
  return await nativeRuntime().then(() => true, () => false);
}

function nativeRuntime(): Promise<Runtime> {
  return importNative(NATIVE_PACKAGE, "the native engine", "deno task cluster:native");
}

async function openSession(
  runtime: Runtime,
  model: Uint8Array,
  name: string,
  settings: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await runtime.InferenceSession.create(model, { ...settings, logSeverityLevel: 4 });
  } catch (cause) {
    throw new AnomalyClusterError("bad-model", `${name} cannot be opened as an ONNX model`, { cause });
  }
}

/** Threads of the native engine that wait leave their cores to what decodes the next images. */
const WITHOUT_SPINNING = { session: { intra_op: { allow_spinning: "0" } } };

/**
 * For runs of all sessions: onnxruntime-web keeps a run's arguments on the stack of its one instance, and runs that overlap
 * take them down in another order than they put them there.
 */
const runInTurn = oneByOne();

/** The outputs for one image. */
async function runModel(
  session: ort.InferenceSession,
  input: string,
  image: ort.Tensor,
  name: string,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return await runInTurn(() => session.run({ [input]: image }));
  } catch (cause) {
    const shape = image.dims.join(" × ");
    throw new AnomalyClusterError("bad-model", `${name} does not take one float32 image of ${shape}`, { cause });
  }
}

/** Where the place (row, col) of a view lies in the upright square of `side` × `side` places. */
function upright(view: number, row: number, col: number, side: number): number {
  let [y, x] = [row, view & 4 ? side - 1 - col : col];
  for (let turn = 0; turn < (view & 3); turn++) [y, x] = [x, side - 1 - y];
  return y * side + x;
}

/** A square image turned by `view` mod 4 quarters, from 4 on mirrored. */
function seenAs(image: Raster, view: number): Raster {
  if (view === 0) return image;
  const { width: side } = image;
  const from = new Uint32Array(image.data.buffer, image.data.byteOffset, side * side);
  const to = new Uint32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) to[row * side + col] = from[upright(view, row, col, side)];
  }
  return { data: new Uint8Array(to.buffer), width: side, height: side };
}

/** Adds a view's patches, each where it belongs in the upright image, divided by the number of views. */
function addInPlace(sum: PatchSet, patches: PatchSet, view: number, views: number): void {
  const { rows, cols, channels } = patches;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const [from, to] = [(row * cols + col) * channels, upright(view, row, col, cols) * channels];
      for (let channel = 0; channel < channels; channel++) {
        sum.data[to + channel] += patches.data[from + channel] / views;
      }
    }
  }
}

/** RGBA bytes → one plane a channel, normalised. */
function planes(image: Raster, mean: Channels, deviation: Channels): Float32Array {
  const area = image.width * image.height;
  const data = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      data[channel * area + pixel] = (image.data[pixel * 4 + channel] - mean[channel]) / deviation[channel];
    }
  }
  return data;
}
