// Lets the graphics card run networks where there is one, and the processor where there is none or where it fails.

import { openedLate } from "../embed/opened_late.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { CheckedModel } from "../embed/onnx.ts";
import { graphicsAdapter } from "../runtime/graphics.ts";

/** The engines of the studio: on the graphics card and on the processor. */
export type StudioEngine = "webgpu" | "wasm";

const FAILED = "the graphics card failed: the image in hand was embedded again by the processor, and all after it; " +
  "reload the page to try the card again";

let engine: StudioEngine | undefined;
let untold: string | undefined;

/** Chooses the engine, once. It only changes when the graphics card fails. */
export async function chooseEngine(): Promise<void> {
  engine ??= await hasCard() ? "webgpu" : "wasm";
}

/** The engine that runs networks now. */
export function studioEngine(): StudioEngine {
  return engine ?? "wasm";
}

/** Why the processor took over, once for each time that it did. */
export function cardFailure(): string | undefined {
  const sentence = untold;
  untold = undefined;
  return sentence;
}

/**
 * Whether there is a graphics card that can be used. An adapter that the processor stands in for does not count: it is
 * far slower than the engine for processors. The page's address may ask for it, or for the processor.
 */
async function hasCard(): Promise<boolean> {
  const asked = new URL(globalThis.location.href).searchParams.get("engine");
  // The engine waits for the card by this part of WebAssembly.
  if (asked === "wasm" || !("Suspending" in WebAssembly)) return false;
  const adapter = await graphicsAdapter();
  return adapter !== undefined && (asked === "webgpu" || !adapter.info?.isFallbackAdapter);
}

/**
 * An embedder on the graphics card, which the processor takes over from. An image that the card fails at goes to the
 * processor. If that fails too, the network is to blame, and the card is kept.
 */
export function onCardOrProcessor({ id, open }: CheckedModel): Embedder {
  const card = openedLate({ id, open: () => open("webgpu") });
  const processor = openedLate({ id, open: () => open("wasm") });
  return {
    id,
    async embed(image) {
      await chooseEngine();
      if (engine === "wasm") return await processor.embed(image);
      try {
        return await card.embed(image);
      } catch {
        const patches = await processor.embed(image);
        engine = "wasm";
        untold = FAILED;
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
