// A network that opens when it is needed.

import type { Embedder } from "./embedder.ts";
import type { CheckedModel } from "./onnx.ts";

/** Opening takes half a second, for nothing where all images are known. */
export function openedLate({ id, open }: CheckedModel): Embedder {
  let opened: Promise<Embedder> | undefined;
  return {
    id,
    embed: async (image) => await (await (opened ??= open())).embed(image),
    release: async () => await (await opened)?.release(),
  };
}
