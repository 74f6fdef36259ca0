// The cache of embedded images for one run of the program.

import { EmbeddingCache } from "../../embed/cache.ts";
import { cacheKey } from "../../embed/cache_entry.ts";
import { type ModelManifest, sha256 } from "../../embed/manifest.ts";
import type { Engine } from "../../embed/onnx_runtime.ts";
import type { DecoderName } from "../../image/decode.ts";
import { countOf } from "../../report/client/text.js";
import type { PixelBox } from "../../image/pixel_box.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { PatchSet } from "../../types.ts";
import { fromUser } from "../options/arguments.ts";
import { usersCacheFolder } from "../system/cache_folder.ts";
import { PACKAGES } from "../system/manifest.ts";
import { warn } from "../system/progress.ts";

/**
 * Increase it when decoding, resizing or thumbnails give other results than before. Entries with another number are not
 * used.
 */
const PREPARATION_VERSION = 3;

/** Packages on whose versions the results depend too. */
const EMBEDDED_BY = [
  "@cwasm/jpeg-turbo",
  "@jsquash/avif",
  "@jsquash/jpeg",
  "@jsquash/jxl",
  "@jsquash/png",
  "@jsquash/webp",
  "@litertjs/core",
  "onnxruntime-web",
] as const;

/** Options of the cache. */
export interface CacheOptions {
  /** A folder, or `off`. @default the user's folder for caches */
  readonly cache?: string;
  /** Most bytes in the cache. */
  readonly cacheLimit: number;
}

/** An image that was embedded before. */
export interface CachedImage {
  readonly patches: PatchSet;
  readonly thumbnail: Thumbnail;
  /** The part that was looked at closely. */
  readonly window?: PixelBox;
  /** The decoder's note on the image. */
  readonly note?: string;
}

type Extra = Omit<CachedImage, "patches">;

/** The cache for the images of one network. */
export interface ImageCache {
  /** The key of a file, by its content. */
  keyOf(bytes: Uint8Array): Promise<Uint8Array>;
  get(key: Uint8Array): CachedImage | undefined;
  put(key: Uint8Array, image: CachedImage): void;
}

/** A text that names all that an image's entry depends on, except the image's file. */
export async function makerOf(
  id: string,
  model: Uint8Array,
  about: ModelManifest | undefined,
  engine: Engine,
  decoder: DecoderName,
  white?: number,
): Promise<string> {
  const digest = await sha256(model);
  const versions = EMBEDDED_BY.map((name) => PACKAGES[name]);
  return JSON.stringify([
    PREPARATION_VERSION,
    id,
    digest,
    about?.levels,
    engine,
    versions,
    decoder,
    ...(white ? [white] : []),
  ]);
}

/** The cache of one run. When it is disposed of, it is closed and its use is reported. */
export class RunCache {
  readonly #store?: EmbeddingCache<Extra>;
  #asked = 0;

  constructor(options: CacheOptions) {
    const folder = folderOf(options.cache);
    if (folder === undefined) return;
    const tell = (sentence: string) => warn(`cache: ${sentence}`);
    if (folder) this.#store = new EmbeddingCache({ folder, limit: options.cacheLimit, warn: tell });
    else tell("no folder is known for it, as HOME is not set: --cache DIR names one");
  }

  /** The entries for the text that {@linkcode makerOf} returned. */
  of(maker: string): ImageCache | undefined {
    const store = this.#store;
    if (!store?.isOpen) return undefined;
    return {
      keyOf: (bytes) => {
        this.#asked++;
        return cacheKey(bytes, maker);
      },
      get: (key) => {
        const entry = store.get(key);
        return entry && { patches: entry.patches, ...entry.extra };
      },
      put: (key, { patches, thumbnail, window, note }) => {
        store.put(key, {
          patches,
          extra: { thumbnail, ...(window && { window }), ...(note !== undefined && { note }) },
        });
      },
    };
  }

  /** A sentence for a user who interrupts the run, on what stays in the cache. */
  kept(): string {
    if (!this.#store?.isOpen) return "without a cache nothing is kept";
    return `${this.#store.kept} embedded images are kept in ${this.#store.folder}: the same command goes on from there`;
  }

  [Symbol.dispose](): void {
    const store = this.#store;
    if (!store) return;
    const [megabytes, found] = [Math.ceil(store.size / 1e6), store.found];
    const isWorthTelling = store.isOpen && this.#asked > 0;
    store[Symbol.dispose]();
    if (isWorthTelling) {
      console.error(`cache: ${found} of ${countOf(this.#asked, "image")} from ${store.folder} (${megabytes} MB)`);
    }
  }
}

/**
 * The network for a run that needs some images twice: `first` for these images, `again` for all. Without a cache, what was
 * embedded by `first` is kept in memory until `again` comes to it, so that no image is embedded twice.
 */
export function embedOnce<Network extends { readonly cache?: ImageCache }>(
  network: Network,
): { readonly first: Network; readonly again: Network } {
  if (network.cache) return { first: network, again: network };
  const kept = new Map<string, CachedImage>();
  const keyOf = (bytes: Uint8Array) => cacheKey(bytes, "");
  const take = (key: Uint8Array) => {
    const image = kept.get(key.join());
    kept.delete(key.join());
    return image;
  };
  return {
    first: {
      ...network,
      cache: { keyOf, get: () => undefined, put: (key, image) => void kept.set(key.join(), image) },
    },
    again: { ...network, cache: { keyOf, get: take, put: () => {} } },
  };
}

/** The folder of the cache: `undefined` if it is off, empty if no folder is known for it. */
function folderOf(option: string | undefined): string | undefined {
  if (option === "off") return undefined;
  return option === undefined ? usersCacheFolder("anomaly-cluster") : fromUser(option);
}
