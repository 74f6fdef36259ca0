// Decodes and resizes images on workers, some images ahead of the network. Results come in the order of the files.

import { availableCores } from "../../core/cores.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { DecoderName } from "../../image/decode.ts";
import type { CachedImage, ImageCache } from "./image_cache.ts";
import type { PreparedImage, PrepareRequest } from "./prepared_image.ts";
import { readBytes } from "./read_image.ts";
import { WorkerPool } from "../../runtime/worker_pool.ts";

/** How images are prepared. */
export interface PrepareOptions {
  /** Side in pixels to which images are resized. */
  readonly size: number;
  readonly decoder: DecoderName;
  /** The 16-bit value that counts as white: see `DecodeOptions`. */
  readonly white?: number;
  readonly cache?: ImageCache;
  /** Size in pixels of the defects to look for closely. If given, the photos are kept too, for the closer look. */
  readonly detail?: number;
  /** Decoders that stay open after the call. @default new ones, which end with the call */
  readonly decoders?: DecoderPool;
}

/**
 * For each worker, so many images may be ready or in progress. This limits the memory, so for whole photos it is less.
 */
const [AHEAD, PHOTOS_AHEAD] = [3, 1];

/** A file's path; or its bytes, which are transferred to a worker and cannot be used after. */
export type ImageSource = string | Uint8Array<ArrayBuffer>;

/**
 * Yields for each file, in order, its entry in the cache, or else the prepared image, or the error that it failed with.
 */
export async function* prepareImages(
  files: readonly ImageSource[],
  { size, decoder, white, cache, detail, decoders: lasting }: PrepareOptions,
): AsyncGenerator<PreparedImage | CachedImage | AnomalyClusterError> {
  const decoders = lasting ??
    new DecoderPool(Math.min(MOST_DECODERS, files.length), { size, decoder, white, detail });
  const prepare = async (file: ImageSource) => {
    try {
      const bytes = typeof file === "string" ? await readBytes(file) : file;
      const key = await cache?.keyOf(bytes);
      const cached = key && cache?.get(key);
      return cached ?? { ...await decoders.decode(bytes), ...(key && { key }) };
    } catch (error) {
      if (error instanceof AnomalyClusterError) return error;
      throw error;
    }
  };
  const queue: ReturnType<typeof prepare>[] = [];
  let next = 0;
  const ask = () => {
    if (next === files.length) return;
    const image = prepare(files[next++]);
    image.catch(() => {}); // It is awaited in its turn, or never if an earlier one failed.
    queue.push(image);
  };
  try {
    for (let ahead = 0; ahead < decoders.most * (detail === undefined ? AHEAD : PHOTOS_AHEAD); ahead++) ask();
    while (queue.length) {
      yield await queue.shift()!;
      ask();
    }
  } finally {
    if (!lasting) decoders.end();
  }
}

/** More workers than this would not decode faster. */
export const MOST_DECODERS: number = Math.min(availableCores(), 8);

/** Never called. Deno fetches the worker named here together with the program, so that it also starts offline. */
export const fetchedBefore = (): Promise<unknown> => import("./image_worker.ts");

/** Workers that decode and resize. */
export class DecoderPool {
  readonly #pool: WorkerPool<PrepareRequest, PreparedImage>;

  constructor(
    readonly most: number,
    readonly settings: Pick<PrepareOptions, "size" | "decoder" | "white" | "detail">,
  ) {
    this.#pool = new WorkerPool(most, new URL("./image_worker.ts", import.meta.url));
  }

  /**
   * Decodes and resizes a file. Its bytes are transferred to a worker. Rejects with what {@linkcode decodeUsable}
   * throws.
   */
  decode(bytes: Uint8Array<ArrayBuffer>): Promise<PreparedImage> {
    const { size, decoder, white, detail } = this.settings;
    const asked = { bytes, size, decoder, ...(white && { white }), ...(detail !== undefined && { detail }) };
    return this.#pool.ask(asked, [bytes.buffer]);
  }

  end(): void {
    this.#pool.end();
  }
}
