import * as ort from "onnxruntime-web";
import { AnomalyClusterError, require } from "../errors.ts";
import { resize } from "../image/resize.ts";
import type { PatchSet, Raster } from "../types.ts";
import type { Embedder } from "./embedder.ts";

/** Where the embedded default model lies: EfficientNet-Lite0 up to reduction 4 (stride 16, 112 channels). */
export const DEFAULT_MODEL: URL = new URL("../../models/efficientnet-lite0-reduction4.onnx", import.meta.url);

/** What runs the network. */
export type Engine = "wasm" | "native";

/** Options of {@linkcode onnxEmbedder}. */
export interface OnnxEmbedderOptions {
  /**
   * The ONNX file's bytes: input float32 `[1, 3, size, size]`, output float32 `[1, channels, rows, cols]`,
   * or `[1, channels]`: a holistic embedding, as a grid of one patch.
   */
  readonly model: Uint8Array;
  /** Short name for reports and ids. @default "efficientnet-lite0-reduction4" */
  readonly name?: string;
  /** Side in pixels to which images are resized, a multiple of 32. @default 224 */
  readonly size?: number;
  /** Subtracted from each 8-bit channel. @default 127 */
  readonly mean?: number;
  /** Divides each channel after that. @default 128 */
  readonly deviation?: number;
  /** Threads of the engine; onnxruntime-web keeps the number of its first model. @default 1 */
  readonly threads?: number;
  /**
   * `"wasm"` is onnxruntime-web, which runs anywhere. `"native"` is the npm package onnxruntime-node, several times
   * as fast: for Deno (`--allow-ffi`), Node and Bun. @default "wasm"
   */
  readonly engine?: Engine;
  /** The runtime's own `.wasm`, where it may not be read: edge workers, Deno without permissions. */
  readonly wasmBinary?: ArrayBuffer;
}

/**
 * Embeds images with a convolutional network in ONNX.
 *
 * @throws {AnomalyClusterError} `bad-model` when the file is no ONNX model or does not give a patch grid,
 * `bad-argument` for a size that is not a multiple of 32, `unsupported-runtime` where the native engine does not start.
 */
export async function onnxEmbedder(options: OnnxEmbedderOptions): Promise<Embedder> {
  const { name = "efficientnet-lite0-reduction4", size = 224, mean = 127, deviation = 128, threads = 1 } = options;
  require(Number.isInteger(size) && size >= 32 && size % 32 === 0, `size ${size} is not a multiple of 32 from 32 on`);
  const { runtime, settings } = options.engine === "native"
    ? { runtime: await nativeRuntime(), settings: { intraOpNumThreads: threads } }
    : { runtime: ort, settings: { executionProviders: ["wasm"] } };
  ort.env.wasm.numThreads = threads;
  if (options.wasmBinary) ort.env.wasm.wasmBinary = options.wasmBinary;
  const session = await openSession(runtime, options.model, name, settings);
  const [input] = session.inputNames;

  return {
    id: `${name}@${size} (pixel - ${mean}) / ${deviation}`,
    async embed(image) {
      const pixels = resize(image, size, size);
      const tensor = new runtime.Tensor("float32", planes(pixels, mean, deviation), [1, 3, size, size]);
      return patchesOf(await runModel(session, input, tensor, name), name);
    },
    release: () => session.release(),
  };
}

type Runtime = Pick<typeof ort, "InferenceSession" | "Tensor">;

async function nativeRuntime(): Promise<Runtime> {
  // Not a literal, so that nobody downloads it who does not ask for it.
  const specifier = "onnxruntime-node";
  try {
    return await import(specifier);
  } catch (cause) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "the native engine does not start: it needs the npm package onnxruntime-node and, in Deno, --allow-ffi " +
        "(deno task cluster:native)",
      { cause },
    );
  }
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

/** The first output for one image. */
async function runModel(
  session: ort.InferenceSession,
  input: string,
  image: ort.Tensor,
  name: string,
): Promise<ort.Tensor> {
  try {
    return (await session.run({ [input]: image }))[session.outputNames[0]];
  } catch (cause) {
    const shape = image.dims.join(" × ");
    throw new AnomalyClusterError("bad-model", `${name} does not take one float32 image of ${shape}`, { cause });
  }
}

/** RGBA bytes → one plane a channel, normalised. */
function planes(image: Raster, mean: number, deviation: number): Float32Array {
  const area = image.width * image.height;
  const data = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      data[channel * area + pixel] = (image.data[pixel * 4 + channel] - mean) / deviation;
    }
  }
  return data;
}

/** `[1, channels, rows, cols]` or `[1, channels]` → patches: the channels of one place side by side. */
function patchesOf(output: ort.Tensor, name: string): PatchSet {
  if (![2, 4].includes(output.dims.length) || output.type !== "float32") {
    throw new AnomalyClusterError("bad-model", `${name} gives no patch grid: its output is ${output.dims.join(" × ")}`);
  }
  const [, channels, rows = 1, cols = 1] = output.dims;
  const source = output.data as Float32Array;
  const data = new Float32Array(source.length);
  const places = rows * cols;
  for (let channel = 0; channel < channels; channel++) {
    for (let place = 0; place < places; place++) data[place * channels + channel] = source[channel * places + place];
  }
  return { data, count: 1, rows, cols, channels };
}
