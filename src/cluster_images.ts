// Groups images in one call. The first call that needs a preset's network opens it, and it stays open.

import { compilesBytes } from "./core/instance.ts";
import { type Embedder, joinPatches } from "./embed/embedder.ts";
import { checkedModel, type OnnxEmbedderOptions } from "./embed/onnx.ts";
import { readNetwork } from "./embed/read_network.ts";
import { AnomalyClusterError } from "./errors.ts";
import { decodeImage, type DecodeOptions } from "./image/decode.ts";
import { decodeUsable } from "./image/usable.ts";
import { type ClusterOptions, clusterPatches, type ClusterResult } from "./pipeline.ts";
import { type PresetName, PRESETS, presetSettings } from "./preset.ts";
import { readAddress } from "./runtime/read_address.ts";
import type { PatchSet, Raster } from "./types.ts";

/** An image: its pixels; the bytes of a file that `decodeImage` reads; or the path or address of a file. */
export type ImageInput = Raster | Uint8Array | ArrayBuffer | Blob | URL | string;

/** Options for the network of a preset, and the files that must be handed in where the runtime finds none. */
export type NetworkOptions = Partial<
  Pick<
    OnnxEmbedderOptions,
    "model" | "manifest" | "engine" | "threads" | "size" | "views" | "wasmBinary" | "wasmModule"
  >
>;

/** Options of {@linkcode clusterImages}. */
export interface ClusterImagesOptions extends Omit<ClusterOptions, "normals"> {
  /**
   * Network, features and weights together. Other options override it. @default "default"; none if an embedder is given
   */
  readonly preset?: PresetName;
  /**
   * Embeds the images instead of a preset's network. If no preset is given either, patches are used unchanged, as in
   * the paper.
   */
  readonly embedder?: Embedder;
  /** Options for the preset's network. */
  readonly network?: NetworkOptions;
  /** Labelled normal images, or their patches. What differs from them is anomalous. */
  readonly normals?: PatchSet | Iterable<ImageInput> | AsyncIterable<ImageInput>;
  /** The value that is white in 16-bit files that do not say so, see `DecodeOptions`. @default 65535 */
  readonly white?: number;
  /** Called with the number of images that are embedded. Normal images come first. */
  readonly onImage?: (done: number) => void;
}

/**
 * Groups images by kind of anomaly. It reads, decodes and embeds one image after another, then compares them.
 *
 * Paths are read if the runtime has files, and addresses are fetched. Both need the runtime's permission; pixels and
 * bytes do not. The preset's network is read beside the modules (see {@linkcode readNetwork}). The first call opens it,
 * and later calls use it until {@linkcode releaseNetworks}.
 *
 * @example
 * ```ts
 * import { clusterImages } from "@anomalies/cluster";
 * const names = ["iron_sheet_ash/3001", "iron_sheet_ash/3007", "surface_scratch/4001", "surface_scratch/4008"];
 * const images = names.map((name) => `demo/${name}.jpg`);
 * const { groups } = await clusterImages(images, { preset: "paper", k: 2 });
 * ```
 *
 * @throws {AnomalyClusterError} as {@linkcode clusterPatches} does; `bad-image` with the image's name or number;
 * `bad-model` if the network cannot be read; `unsupported-runtime` if something must be handed in.
 */
export async function clusterImages(
  images: Iterable<ImageInput> | AsyncIterable<ImageInput>,
  options: ClusterImagesOptions = {},
): Promise<ClusterResult> {
  const { preset = options.embedder ? undefined : "default", embedder, network = {}, normals, white, ...rest } =
    options;
  const embed = embedder ? embedWhole(embedder, { white }) : embedWithPreset(preset!, network, { white });
  let done = 0;
  const embedAll = async (inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>, what: string) => {
    const parts: PatchSet[] = [];
    for await (const image of inputs) {
      options.signal?.throwIfAborted();
      parts.push(await embedNamed(image, `${what} ${parts.length + 1}`, embed));
      options.onImage?.(++done);
    }
    return parts;
  };
  const normalPatches = normals && (isPatchSet(normals) ? normals : joined(await embedAll(normals, "normal image"), 1));
  const patches = joined(await embedAll(images, "image"), 2);
  return await clusterPatches(patches, {
    ...(preset && presetSettings(preset, normals !== undefined)),
    ...rest,
    ...(normalPatches && { normals: normalPatches }),
  });
}

/** Frees the networks that {@linkcode clusterImages} opened. The next call opens them again. */
export async function releaseNetworks(): Promise<void> {
  await Promise.all(opened.splice(0).map(async ({ embedder }) => await (await embedder).release()));
}

/** Turns an image's pixels or bytes into its patches. */
type Embed = (image: Raster | Uint8Array) => Promise<PatchSet>;

/** A network that stays open, and the options that it was opened with. */
interface OpenNetwork {
  readonly preset: PresetName;
  readonly network: NetworkOptions;
  readonly embedder: Promise<Embedder>;
}

const opened: OpenNetwork[] = [];

function embedWhole(embedder: Embedder, decoding: DecodeOptions): Embed {
  return async (image) => await embedder.embed(isRaster(image) ? image : await decodeImage(image, decoding));
}

function embedWithPreset(preset: PresetName, network: NetworkOptions, decoding: DecodeOptions): Embed {
  const size = network.size ?? network.manifest?.input.side ?? 224;
  return async (image) => {
    const embedder = await openNetwork(preset, network);
    return await embedder.embed(isRaster(image) ? image : await decodeUsable(image, size, decoding));
  };
}

/** Returns the open network of a preset, and opens it if needed. */
async function openNetwork(preset: PresetName, network: NetworkOptions): Promise<Embedder> {
  const same = (one: OpenNetwork) => one.preset === preset && haveSameValues(one.network, network);
  const found = opened.find(same);
  if (found) return await found.embedder;
  const opening = { preset, network, embedder: open(preset, network) };
  opened.push(opening);
  try {
    return await opening.embedder;
  } catch (error) {
    opened.splice(opened.indexOf(opening), 1); // The next call tries again.
    throw error;
  }
}

async function open(preset: PresetName, network: NetworkOptions): Promise<Embedder> {
  if (!compilesBytes() && !(network.model && network.wasmModule)) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime compiles no WebAssembly from bytes: hand in the network's bytes as network.model, its engine " +
        "compiled as network.wasmModule, and compiled modules to init and initDecoders, see docs/runtimes.md",
    );
  }
  const { model: address, embedding } = PRESETS[preset];
  const files = network.model ? { model: network.model } : await readNetwork(address);
  return await (await checkedModel({ ...embedding, ...network, ...files })).open();
}

/** Embeds an image. Errors name it by its address, or by its number if it has none. */
async function embedNamed(image: ImageInput, number: string, embed: Embed): Promise<PatchSet> {
  const name = typeof image === "string" || image instanceof URL ? String(image) : number;
  try {
    return await embed(await pixelsOrBytes(image));
  } catch (cause) {
    if (!(cause instanceof AnomalyClusterError && cause.code === "bad-image")) throw cause;
    throw new AnomalyClusterError("bad-image", `${name}: ${cause.message}`, { cause });
  }
}

async function pixelsOrBytes(image: ImageInput): Promise<Raster | Uint8Array> {
  if (typeof image === "string" || image instanceof URL) {
    return await readAddress(image).catch((cause) => {
      const denied = /--allow-\w+/.exec(String(cause))?.[0];
      const reason = denied ? `this may not be read: allow it with ${denied}` : "this cannot be read";
      throw new AnomalyClusterError("bad-image", reason, { cause });
    });
  }
  if (image instanceof Uint8Array) return image;
  if (image instanceof ArrayBuffer) return new Uint8Array(image);
  return image instanceof Blob ? new Uint8Array(await image.arrayBuffer()) : image;
}

function joined(parts: readonly PatchSet[], least: number): PatchSet {
  if (parts.length >= least) return joinPatches(parts);
  const what = least === 1 ? "at least 1 normal image, where normals are given" : "at least 2 images";
  throw new AnomalyClusterError("too-few-images", `clustering needs ${what}, got ${parts.length}`);
}

function isRaster(image: Raster | Uint8Array): image is Raster {
  return "width" in image;
}

function isPatchSet(normals: object): normals is PatchSet {
  return "channels" in normals;
}

function haveSameValues(a: object, b: object): boolean {
  const entries = Object.entries(a).filter(([, value]) => value !== undefined);
  const others = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return entries.length === others.size && entries.every(([name, value]) => others.get(name) === value);
}
