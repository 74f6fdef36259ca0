// The closer look at large photos: decides whether it is needed, fits it to some photos, and opens its networks.

import { createHash } from "node:crypto";
import type { ImageFile } from "../../dataset/folder.ts";
import type { Embedder } from "../../embed/embedder.ts";
import { checkedModel } from "../../embed/onnx.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { DecoderName } from "../../image/decode.ts";
import { type CloserLook, fitLook, type PhotoReader, type SizeReader, wantedDetail } from "../../look/closer_look.ts";
import { photoSize } from "../../look/decode_photo.ts";
import type { Detail } from "../../look/detail.ts";
import { firstLookOptions } from "../../look/first_look_network.ts";
import type { OpenModel } from "../network/open_model.ts";
import { EMBEDDING_CORES, pooledEmbedder } from "../../embed/workers/embedder_pool.ts";
import { prepareImages } from "./image_pool.ts";
import { readBytes } from "./read_image.ts";

/** A closer look at photos, and what embeds first looks. */
export interface Closer {
  readonly look: CloserLook;
  /** Embeds first looks, which are images of any size. */
  readonly embedder: Embedder;
  /** Opens an embedder that is faster for many images; absent if there is none. */
  readonly openMany?: () => Embedder;
  /** Identifies the look, because another look would choose other windows. */
  readonly digest: string;
}

/** A sentence that tells the user how small a defect can be seen. */
export function closerNote({ look: { detail } }: Closer): string {
  return `large photos are looked at closer where they are least like the others: defects from about ${detail} pixels on ` +
    "are seen; --detail PIXELS asks for smaller ones, --detail off sees photos whole";
}

/** The engine that first looks are embedded on. */
type LookEngine = Pick<OpenModel, "engine" | "onEngine">;

/** How images are decoded and embedded. */
export interface CloserOptions extends LookEngine {
  readonly decoder: DecoderName;
  readonly size: number;
  readonly white?: number;
}

/**
 * Fits a closer look to some of the photos. `detail` is in the photos' pixels. `undefined` if the photos are small
 * enough to be seen whole, or `detail` is off.
 */
export async function fitCloser(
  files: readonly ImageFile[],
  detail: Detail,
  options: CloserOptions,
): Promise<Closer | undefined> {
  const wanted = await wantedDetail(files.length, detail, sizesOf(files));
  if (!wanted) return undefined;
  const networks = await firstLookNetworks(options);
  const photos = photosOf(files, { ...options, detail: wanted.detail });
  return closerOf(await fitLook(files.length, wanted.detail, photos, networks.embedder), networks);
}

/** Opens the networks for a look that was fitted before. */
export async function openCloser(look: CloserLook, engine: LookEngine): Promise<Closer> {
  return closerOf(look, await firstLookNetworks(engine));
}

function closerOf(look: CloserLook, networks: Pick<Closer, "embedder" | "openMany">): Closer {
  const { data } = look.references;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { look, ...networks, digest: createHash("sha256").update(`${look.detail} `).update(bytes).digest("hex") };
}

/**
 * Reads the sizes of photos, from their headers if possible. Warnings on files that cannot be read come later, with all
 * others.
 */
function sizesOf(files: readonly ImageFile[]): SizeReader {
  return async function* (chosen) {
    for (const at of chosen) {
      try {
        yield await photoSize(await readBytes(files[at].file));
      } catch (error) {
        if (!(error instanceof AnomalyClusterError)) throw error;
      }
    }
  };
}

/** Reads photos as a look needs them, on workers. Warnings on files that cannot be read come later, with all others. */
function photosOf(files: readonly ImageFile[], options: CloserOptions & { readonly detail: number }): PhotoReader {
  return async function* (chosen) {
    const paths = chosen.map((at) => files[at].file);
    for await (const image of prepareImages(paths, options)) {
      if (!(image instanceof AnomalyClusterError) && "photo" in image) yield image.photo!;
    }
  };
}

/** Opens the embedder of first looks, for several photos at a time if possible. */
export async function openFirstLooks(engine: LookEngine): Promise<Embedder> {
  const { embedder, openMany } = await firstLookNetworks(engine);
  return openMany?.() ?? embedder;
}

async function firstLookNetworks({ engine, onEngine }: LookEngine): Promise<Pick<Closer, "embedder" | "openMany">> {
  const options = await firstLookOptions({ engine, threads: EMBEDDING_CORES });
  const checked = await checkedModel(options);
  const pools = engine === "wasm" && EMBEDDING_CORES > 1; // Natively they take more memory than they save time.
  return {
    embedder: onEngine(checked),
    // The other cores embed close looks.
    ...(pools && { openMany: () => pooledEmbedder(checked.id, options, Math.ceil(EMBEDDING_CORES / 2)) }),
  };
}
