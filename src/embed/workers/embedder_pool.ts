// Runs a network on several workers with one thread each. For many images this is faster than one network on several
// threads, because such threads wait for each other at every layer while other threads decode.

import { availableCores } from "../../core/cores.ts";
import type { Embedder } from "../embedder.ts";
import type { OnnxEmbedderOptions } from "../onnx.ts";
import type { EmbedAnswer, EmbedRequest } from "./embed_messages.ts";
import { WorkerPool } from "../../runtime/worker_pool.ts";

/** Never called. Deno fetches the worker named here together with the program, so that it also starts offline. */
export const fetchedBefore = (): Promise<unknown> => import("./embed_worker.ts");

/** So many cores of this machine embed: as networks of one thread each, or as one of so many threads. */
export const EMBEDDING_CORES: number = Math.min(availableCores(), 4);

/**
 * An embedder with this id that runs on at most `most` workers. They start when there is work for them.
 *
 * @param module the worker, where it was bundled. @default the one beside this module
 */
export function pooledEmbedder(
  id: string,
  options: OnnxEmbedderOptions,
  most: number,
  module: URL = new URL("./embed_worker.ts", import.meta.url),
): Embedder {
  const first: OnnxEmbedderOptions = { ...options, threads: 1 };
  const pool = new WorkerPool<EmbedRequest, EmbedAnswer>(most, module, first);
  return {
    id,
    embed: async (image) => (await pool.ask({ image }, [])).patches,
    release: () => Promise.resolve(pool.end()),
  };
}
