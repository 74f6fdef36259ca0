// What images go through: decoders, the network, the closer look, the cache.

import type { Embedder } from "../../embed/embedder.ts";
import type { TwoLooks } from "../../look/two_looks.ts";
import type { TimeEstimate } from "../cluster/time_estimate.ts";
import type { OpenModel } from "../network/open_model.ts";
import type { Closer } from "./closer.ts";
import type { RunCache } from "./image_cache.ts";
import type { PrepareOptions } from "./image_pool.ts";

/** What embeds images, and how they are made ready for it. */
export interface ImageNetwork extends PrepareOptions {
  readonly embedder: Embedder;
  /** Levels of its patches. */
  readonly levels: number;
  /** The same for many images at once, where that is faster. */
  readonly openMany?: () => Embedder;
  /** Looks at photos closer, where they are large. */
  readonly closer?: Closer;
  /** Hears of each image that went through the network. */
  readonly estimate?: TimeEstimate;
}

/** Levels of each of two looks, where a network's photos are looked at twice. */
export function looksOf({ closer, levels }: ImageNetwork): TwoLooks | undefined {
  return closer && { levels };
}

/** What images go through: with their cache, and closely where there is a look. */
export function networkWith(
  opened: OpenModel,
  closer: Closer | undefined,
  cache: RunCache,
): OpenModel & Pick<ImageNetwork, "closer" | "cache"> {
  if (!closer) return { ...opened, cache: cache.of(opened.maker) };
  return { ...opened, closer, cache: cache.of(`${opened.maker} ${closer.digest}`) };
}

/** Frees what embeds. */
export async function releaseNetwork({ embedder, closer }: Pick<ImageNetwork, "embedder" | "closer">): Promise<void> {
  await embedder.release();
  await closer?.embedder.release();
}
