// Runs a network on several workers with one thread each. For many images this is faster than one network on several
// threads, because such threads wait for each other at every layer while other threads decode.

import type { Embedder } from "../../embed/embedder.ts";
import type { OnnxEmbedderOptions } from "../../embed/onnx.ts";
import type { EmbedAnswer, EmbedRequest } from "./embed_messages.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Never called. Deno fetches the worker named here together with the program, so that it also starts offline. */
export const fetchedBefore = (): Promise<unknown> => import("./embed_worker.ts");

/** An embedder with this id that runs on at most `most` workers. They start when there is work for them. */
export function pooledEmbedder(id: string, options: OnnxEmbedderOptions, most: number): Embedder {
  const first: OnnxEmbedderOptions = { ...options, threads: 1 };
  const module = new URL("./embed_worker.ts", import.meta.url);
  const pool = new WorkerPool<EmbedRequest, EmbedAnswer>(most, module, first);
  return {
    id,
    embed: async (image) => (await pool.ask({ image }, [])).patches,
    release: () => Promise.resolve(pool.end()),
  };
}
