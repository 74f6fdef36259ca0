// All that is needed to embed image files: decoder settings, the network, the closer look, the cache.

import type { Embedder } from "../../embed/embedder.ts";
import type { TwoLooks } from "../../look/two_looks.ts";
import type { TimeEstimate } from "../cluster/time_estimate.ts";
import type { OpenModel } from "../network/open_model.ts";
import type { Closer } from "./closer.ts";
import type { RunCache } from "./image_cache.ts";
import type { PrepareOptions } from "./image_pool.ts";

/** A network, and how images are prepared for it. */
export interface ImageNetwork extends PrepareOptions {
  readonly embedder: Embedder;
  /** Number of levels of its patches. */
  readonly levels: number;
  /** Opens an embedder that is faster for many images; absent if there is none. */
  readonly openMany?: () => Embedder;
  /** The closer look at photos; absent if they are seen whole. */
  readonly closer?: Closer;
  /** Counts each image that went through the network. */
  readonly estimate?: TimeEstimate;
}

/** The number of levels of each look, if photos are looked at twice. */
export function looksOf({ closer, levels }: ImageNetwork): TwoLooks | undefined {
  return closer && { levels };
}

/** An opened network together with the cache of its images, and with the closer look if there is one. */
export function networkWith(
  opened: OpenModel,
  closer: Closer | undefined,
  cache: RunCache,
): OpenModel & Pick<ImageNetwork, "closer" | "cache"> {
  if (!closer) return { ...opened, cache: cache.of(opened.maker) };
  const network = { ...opened, closer, cache: cache.of(`${opened.maker} ${closer.digest}`) };
  // Large photos take long to decode: more native networks gain a twentieth, for 0.2 to 0.3 GB.
  return opened.engine === "native" ? { ...network, openMany: undefined } : network;
}

/** Frees the network, and that of the closer look. */
export async function releaseNetwork({ embedder, closer }: Pick<ImageNetwork, "embedder" | "closer">): Promise<void> {
  await embedder.release();
  await closer?.embedder.release();
}
