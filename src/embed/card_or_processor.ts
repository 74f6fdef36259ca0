// Runs networks on the graphics card until it fails, and on the processor from then on.

import type { Embedder } from "./embedder.ts";
import type { CheckedModel } from "./onnx.ts";
import { openedLate } from "./opened_late.ts";

/** Engines on the graphics card and on the processor. */
export type CardOrProcessor = "webgpu" | "wasm";

/** Where all networks of a run are, and whether that changed. */
export interface Place {
  engine: CardOrProcessor;
  /** Called when the processor takes over. */
  readonly onFailure: () => void;
}

/**
 * An embedder on the graphics card, which the processor takes over from. An image that the card fails at goes to the
 * processor. If that fails too, the network is to blame, and the card is kept.
 *
 * @param chosen gives the place, which is asked for with each image: it is the same for all networks of a run.
 */
export function onCardOrProcessor(
  { id, open }: Pick<CheckedModel, "id" | "open">,
  chosen: () => Promise<Place> | Place,
): Embedder {
  const card = openedLate({ id, open: () => open("webgpu") });
  const processor = openedLate({ id, open: () => open("wasm") });
  return {
    id,
    async embed(image) {
      const place = await chosen();
      if (place.engine === "wasm") return await processor.embed(image);
      try {
        return await card.embed(image);
      } catch {
        const patches = await processor.embed(image);
        if (place.engine === "webgpu") place.onFailure();
        place.engine = "wasm";
        await card.release().catch(() => {}); // What failed may not end in order.
        return patches;
      }
    },
    async release() {
      await card.release().catch(() => {});
      await processor.release();
    },
  };
}
