// Delays the opening of a network until it is needed.

import type { Embedder } from "./embedder.ts";
import type { CheckedModel } from "./onnx.ts";

/**
 * Makes an embedder that opens its network with the first image. Opening takes half a second, which would be wasted if
 * all images are in the cache.
 */
export function openedLate({ id, open }: Pick<CheckedModel, "id" | "open">): Embedder {
  let opened: Promise<Embedder> | undefined;
  return {
    id,
    embed: async (image) => await (await (opened ??= open())).embed(image),
    release: async () => await (await opened)?.release(),
  };
}
