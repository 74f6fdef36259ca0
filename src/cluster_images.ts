// Groups images in one call. The first call that needs a preset's network opens it, and it stays open.

import { type Embedder, joinPatches } from "./embed/embedder.ts";
import { AnomalyClusterError, ensure } from "./errors.ts";
import { decodeImage, type DecodeOptions } from "./image/decode.ts";
import type { PhotoSize, PixelBox } from "./image/pixel_box.ts";
import { resize } from "./image/resize.ts";
import { decodeUsable } from "./image/usable.ts";
import { type CloserLook, fitLook, lookTwice, wantedDetail } from "./look/closer_look.ts";
import { decodePhoto, photoSize } from "./look/decode_photo.ts";
import { type Detail, presetDetail } from "./look/detail.ts";
import { featuresOfLooks } from "./look/two_looks.ts";
import { type ClusterOptions, clusterPatches, type ClusterResult } from "./pipeline.ts";
import { type PresetName, PRESETS, presetSettings } from "./preset.ts";
import type { PatchSet, Raster } from "./types.ts";
import { type ImageInput, isRaster, pixelsOrBytes } from "./image_input.ts";
import { FIRST_LOOK, type NetworkOptions, openNetwork } from "./open_networks.ts";

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
  /**
   * The smallest defect that matters in large photos, in their own pixels. `"auto"`: photos from 0.4 megapixels on are
   * looked at closely where they are least like the others. `"off"`: photos are seen whole. Looking closely takes arrays
   * of images, as some are read first, and the preset's own network.
   * @default "auto"; "off" for the preset "paper", and where a network or an embedder is handed in
   */
  readonly detail?: Detail;
  /** The value that is white in 16-bit files that do not say so, see `DecodeOptions`. @default 65535 */
  readonly white?: number;
  /** Called with the number of images that are embedded. Normal images come first. */
  readonly onImage?: (done: number) => void;
}

/** Groups of images, and where large photos were looked at. */
export interface ImageClusters extends ClusterResult {
  /** The part of each photo that its weights are of, in its own pixels; absent where images were seen whole. */
  readonly windows?: readonly PixelBox[];
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
): Promise<ImageClusters> {
  const { preset = options.embedder ? undefined : "default", embedder, network = {}, normals, white, ...rest } =
    options;
  const look = await closerLook(images, options);
  const embed = embedder ? embedWhole(embedder, { white }) : embedWithPreset(preset!, network, { white }, look);
  let done = 0;
  const embedAll = async (inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>, what: string) => {
    const parts: Embedded[] = [];
    for await (const image of inputs) {
      options.signal?.throwIfAborted();
      parts.push(
        await named(image, `${what} ${parts.length + 1}`, async () => await embed(await pixelsOrBytes(image))),
      );
      options.onImage?.(++done);
    }
    return parts;
  };
  const normalPatches = normals &&
    (isPatchSet(normals) ? normals : joined(await embedAll(normals, "normal image"), 1));
  const seen = await embedAll(images, "image");
  const patches = joined(seen, 2);
  const settings = { ...(preset && presetSettings(preset, normals !== undefined)), ...rest };
  const levels = preset && (PRESETS[preset].embedding.levels?.length ?? 1);
  const result = await clusterPatches(patches, {
    ...settings,
    ...(look && { features: featuresOfLooks(settings.features ?? [{}], { levels: levels! }) }),
    ...(normalPatches && { normals: normalPatches }),
  });
  return { ...result, ...(look && { windows: seen.map(({ window }) => window!) }) };
}

/** An image's patches, and where it was looked at closely. */
interface Embedded {
  readonly patches: PatchSet;
  readonly window?: PixelBox;
}

/** Fits a closer look to some of the images, or of the normal ones. Returns nothing where images are seen whole. */
async function closerLook(
  images: Iterable<ImageInput> | AsyncIterable<ImageInput>,
  { preset = "default", embedder, network = {}, normals, white, detail, signal }: ClusterImagesOptions,
): Promise<CloserLook | undefined> {
  if (detail === "off" || embedder || network.model || normals && !Array.isArray(normals)) {
    const asked = detail !== undefined && detail !== "off";
    ensure(!asked, "detail takes a preset's own network, and normal images as an array");
    return undefined;
  }
  const inputs = normals && (normals as ImageInput[]).length > 1 ? normals : images;
  if (!Array.isArray(inputs)) {
    ensure(detail === undefined, "detail takes images as an array, as some are read first");
    return undefined;
  }
  const all = inputs as readonly ImageInput[];
  const read = async <T>(at: number, use: (image: Raster | Uint8Array) => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    return await named(all[at], `image ${at + 1}`, async () => await use(await pixelsOrBytes(all[at])));
  };
  const wanted = await wantedDetail(all.length, detail ?? presetDetail(preset), async function* (chosen) {
    for (const at of chosen) {
      yield await read<PhotoSize>(at, async (image) => {
        return isRaster(image) ? image : await photoSize(image);
      });
    }
  });
  if (!wanted) return undefined;
  const size = sideOf(network);
  return await fitLook(all.length, wanted.detail, async function* (chosen) {
    for (const at of chosen) {
      yield await read(at, async (image) => {
        return isRaster(image) ? image : await decodePhoto(image, wanted.detail, size, { white });
      });
    }
  }, await openNetwork(FIRST_LOOK, engineOf(network)));
}

/** Turns an image's pixels or bytes into its patches. */
type Embed = (image: Raster | Uint8Array) => Promise<Embedded>;

function embedWhole(embedder: Embedder, decoding: DecodeOptions): Embed {
  return async (image) => {
    return { patches: await embedder.embed(isRaster(image) ? image : await decodeImage(image, decoding)) };
  };
}

function embedWithPreset(
  preset: PresetName,
  network: NetworkOptions,
  decoding: DecodeOptions,
  look?: CloserLook,
): Embed {
  const size = sideOf(network);
  return async (image) => {
    const second = await openNetwork(preset, network);
    if (!look) {
      return { patches: await second.embed(isRaster(image) ? image : await decodeUsable(image, size, decoding)) };
    }
    const first = await openNetwork(FIRST_LOOK, engineOf(network));
    const photo = isRaster(image) ? image : await decodePhoto(image, look.detail, size, decoding);
    return await lookTwice(photo, resize(photo, size, size), look, { first, second });
  };
}

/** Returns the side in pixels to which images are resized. */
function sideOf({ size, manifest }: NetworkOptions): number {
  return size ?? manifest?.input.side ?? 224;
}

/** Returns the options that first looks share with the preset's network. */
function engineOf({ engine, threads, wasmBinary, wasmModule }: NetworkOptions): NetworkOptions {
  return { engine, threads, wasmBinary, wasmModule };
}

/** Does something with an image. Errors name it by its address, or by its number if it has none. */
async function named<T>(image: ImageInput, number: string, work: () => Promise<T>): Promise<T> {
  const name = typeof image === "string" || image instanceof URL ? String(image) : number;
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof AnomalyClusterError && cause.code === "bad-image")) throw cause;
    throw new AnomalyClusterError("bad-image", `${name}: ${cause.message}`, { cause });
  }
}

function joined(parts: readonly Embedded[], least: number): PatchSet {
  if (parts.length >= least) return joinPatches(parts.map(({ patches }) => patches));
  const what = least === 1 ? "at least 1 normal image, where normals are given" : "at least 2 images";
  throw new AnomalyClusterError("too-few-images", `clustering needs ${what}, got ${parts.length}`);
}

function isPatchSet(normals: object): normals is PatchSet {
  return "channels" in normals;
}
