// One call from images to groups. The network of a preset opens with the first call that needs it, and stays open.

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

/** An image: pixels; the bytes of a file that `decodeImage` reads; or a file's path or address. */
export type ImageInput = Raster | Uint8Array | ArrayBuffer | Blob | URL | string;

/** What the network of a preset may be told, and what is handed in where the runtime finds no files. */
export type NetworkOptions = Partial<
  Pick<
    OnnxEmbedderOptions,
    "model" | "manifest" | "engine" | "threads" | "size" | "views" | "wasmBinary" | "wasmModule"
  >
>;

/** Options of {@linkcode clusterImages}. */
export interface ClusterImagesOptions extends Omit<ClusterOptions, "normals"> {
  /** Network, features and weights together; what is given beside it wins. @default "default", without an embedder */
  readonly preset?: PresetName;
  /** Embeds in place of a preset's network. Without a preset patches are then taken as they are, as the paper does. */
  readonly embedder?: Embedder;
  /** For the preset's network. */
  readonly network?: NetworkOptions;
  /** Labelled normal images, or their patches: what is unlike them is anomalous. */
  readonly normals?: PatchSet | Iterable<ImageInput> | AsyncIterable<ImageInput>;
  /** The sample of 16 bits that is white in files that do not tell it, see `DecodeOptions`. @default 65535 */
  readonly white?: number;
  /** Hears how many images are embedded, normal ones first. */
  readonly onImage?: (done: number) => void;
}

/**
 * Groups images by kind of anomaly: reads, decodes and embeds one after the other, then compares them.
 *
 * Files are read where the runtime has files, addresses fetched; both take the runtime's permission, pixels and bytes
 * none. The preset's network is read beside the modules (see {@linkcode readNetwork}), opened by the first call and
 * used by later ones, until {@linkcode releaseNetworks}.
 *
 * @example
 * ```ts
 * import { clusterImages } from "@anomalies/cluster";
 * const names = ["iron_sheet_ash/3001", "iron_sheet_ash/3007", "surface_scratch/4001", "surface_scratch/4008"];
 * const images = names.map((name) => `demo/${name}.jpg`);
 * const { groups } = await clusterImages(images, { preset: "paper", k: 2 });
 * ```
 *
 * @throws {AnomalyClusterError} as {@linkcode clusterPatches}; `bad-image` with the image's name or number, `bad-model`
 * where the network cannot be had, `unsupported-runtime` where something must be handed in.
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

/** Frees the networks that {@linkcode clusterImages} opened; the next call opens them anew. */
export async function releaseNetworks(): Promise<void> {
  await Promise.all(opened.splice(0).map(async ({ embedder }) => await (await embedder).release()));
}

/** An image's pixels or bytes to its patches. */
type Embed = (image: Raster | Uint8Array) => Promise<PatchSet>;

/** A network that stays open, and what it was opened with. */
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

/** The network of a preset, open. */
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

/** What an image is called in errors: its address, else its number. */
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
