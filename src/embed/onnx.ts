// Makes an embedder of a network in ONNX, and checks the options against the network.

import { AnomalyClusterError, ensure } from "../errors.ts";
import { resize } from "../image/resize.ts";
import type { PatchSet } from "../types.ts";
import type { Embedder } from "./embedder.ts";
import { unpackNetwork } from "./packed.ts";
import { patchesOf } from "./patch_grid.ts";
import { type Channels, checkSum, type ModelManifest } from "./manifest.ts";
import { openLiteRtSession } from "./litert/litert_session.ts";
import type { NetworkSession } from "./network_session.ts";
import type { Normalisation } from "./normalise.ts";
import type { Engine, EngineFiles } from "./onnx_runtime.ts";
import { openOnnxSession } from "./onnx_session.ts";
import { addInPlace, seenAs, type Views } from "./views.ts";

/** Options of {@linkcode onnxEmbedder}. */
export interface OnnxEmbedderOptions extends EngineFiles {
  /**
   * The bytes of the ONNX file, or of the WebAssembly file that holds an included network. Input: float32 `[1, 3, size,
   * size]`. Output: float32 `[1, channels, rows, cols]`, or `[1, channels]`, a holistic embedding that counts as a grid
   * of one patch.
   */
  readonly model: Uint8Array;
  /**
   * The manifest, as {@linkcode readManifest} returns it. It replaces the defaults of the options below, and the file's
   * bytes, outputs and shapes are checked against it. @default EfficientNet-Lite0's values, given with each option
   */
  readonly manifest?: ModelManifest;
  /** Short name for reports and ids. @default "efficientnet-lite0-reduction4" */
  readonly name?: string;
  /**
   * Names of the outputs whose channels are put side by side on the grid of the first. Finer levels are averaged,
   * coarser ones repeated. @default only the first output
   */
  readonly levels?: readonly string[];
  /**
   * How many views of each image are embedded: the image alone (1), with its three quarter turns (4), or all of these
   * and their mirror images (8). Patches are turned back into place and averaged. Defects then look alike in any
   * direction.
   *
   * @default 1
   */
  readonly views?: Views;
  /** Side in pixels to which images are resized. @default 224 */
  readonly size?: number;
  /**
   * If true, images are not resized. Their sides must be multiples of `multiple`, and the grid has the shape of the
   * image.
   */
  readonly ownSize?: boolean;
  /** What `size` must be a multiple of. @default 32 */
  readonly multiple?: number;
  /** Subtracted from each 8-bit channel: one number, or one for each of red, green and blue. @default 127 */
  readonly mean?: number | Channels;
  /** Each channel is divided by this after that: one number, or one for each channel. @default 128 */
  readonly deviation?: number | Channels;
  /**
   * Threads of the native engine, or of onnxruntime-web, which keeps the number that its first model had. LiteRT has
   * one. @default 1
   */
  readonly threads?: number;
  /**
   * `"wasm"` runs everywhere: by LiteRT if the network consists of convolutions, as the included ones do, otherwise by
   * onnxruntime-web. `"native"` is the npm package onnxruntime-node, two to five times as fast: for Deno
   * (`--allow-ffi`), Node and Bun. `"webgpu"` is onnxruntime-web on the graphics card, where the runtime has
   * `navigator.gpu`: see `webgpu`. @default "wasm"
   */
  readonly engine?: Engine;
}

/**
 * Makes an embedder that uses a network in ONNX.
 *
 * @throws {AnomalyClusterError} `bad-model` when the file is not an ONNX model, has no patch grid as output or differs
 * from its manifest; `bad-argument` for a size that the network does not accept; `unsupported-runtime` if the engine does
 * not start, or the graphics card fails.
 */
export async function onnxEmbedder(options: OnnxEmbedderOptions): Promise<Embedder> {
  return await (await checkedModel(options)).open();
}

/**
 * A network that was checked against the options, but is not open yet. If all images are in the cache, it need not be
 * opened.
 */
export interface CheckedModel {
  /** The id of its embedder. */
  readonly id: string;
  /** How many levels its patches have. */
  readonly levels: number;
  /** Opens it with an engine. @default that of the options */
  open(engine?: Engine): Promise<Embedder>;
}

/** Checks everything that can be checked before a network is opened. Throws as {@linkcode onnxEmbedder} does. */
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
    open: async (engine = options.engine ?? "wasm") => {
      const settings = { name, size, subtract, deviation, views, levels, engine };
      return { id, ...await openNetwork(options, settings) };
    },
  };
}

/** Options after defaults were filled in. */
interface ModelSettings extends Normalisation {
  readonly name: string;
  readonly size: number;
  readonly views: Views;
  readonly engine: Engine;
  readonly levels?: readonly string[];
}

async function openNetwork(options: OnnxEmbedderOptions, settings: ModelSettings): Promise<Omit<Embedder, "id">> {
  const { manifest } = options;
  const { name, size, views } = settings;
  const session = await openSession(options, settings);
  const levels = settings.levels ?? [session.outputNames[0]];
  const missing = levels.find((level) => !session.outputNames.includes(level));
  if (missing !== undefined) {
    throw new AnomalyClusterError(
      "bad-model",
      `${name} has no output ${missing}: its outputs are ${session.outputNames.join(", ")}`,
    );
  }

  const { layout } = session;
  const saidOf = (output: string) => manifest?.levels.find((level) => level.name === output);

  return {
    async embed(image) {
      const pixels = options.ownSize ? image : resize(image, size, size);
      const { width, height } = pixels;
      let mean: PatchSet | undefined;
      for (let view = 0; view < views; view++) {
        const outputs = await session.run(seenAs(pixels, view));
        const patches = patchesOf(levels.map((level) => ({ value: outputs[level], level: saidOf(level), layout })), {
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

/** Opens the network with LiteRT if it is one of convolutions, otherwise with the engine that the options name. */
async function openSession(options: OnnxEmbedderOptions, settings: ModelSettings): Promise<NetworkSession> {
  const { model, threads = 1, wasmBinary, wasmModule, liteRtModule } = options;
  const isGiven = wasmBinary !== undefined || wasmModule !== undefined;
  const session = settings.engine === "wasm" && !isGiven
    ? await openLiteRtSession({ ...settings, model, liteRtModule })
    : undefined;
  return session ?? await openOnnxSession({ ...options, ...settings, threads });
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
