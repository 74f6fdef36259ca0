// A network on several workers, one thread each: for many images these are ahead of one network on several threads,
// which wait for each other at every layer while others decode.

import type { Embedder } from "../../embed/embedder.ts";
import type { OnnxEmbedderOptions } from "../../embed/onnx.ts";
import type { EmbedAnswer, EmbedRequest } from "./embed_messages.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Never called. Deno fetches the worker named here together with the program, so that it also starts offline. */
export const fetchedBefore = (): Promise<unknown> => import("./embed_worker.ts");

/** The embedder of the id that `options` give, on at most `most` workers, which start as there is work. */
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
