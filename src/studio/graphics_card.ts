// Lets the graphics card run networks where there is one, and the processor where there is none or where it fails.

import { type CardOrProcessor, onCardOrProcessor, type Place } from "../embed/card_or_processor.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { CheckedModel } from "../embed/onnx.ts";
import { graphicsAdapter } from "../runtime/graphics.ts";

const FAILED = "the graphics card failed: the image in hand was embedded again by the processor, and all after it; " +
  "reload the page to try the card again";

let choosing: Promise<Place> | undefined;
let place: Place | undefined;
let untold: string | undefined;

/** Chooses the engine, once. It only changes when the graphics card fails. */
export function chooseEngine(): Promise<Place> {
  return choosing ??= hasCard().then((isCard): Place => {
    return place = { engine: isCard ? "webgpu" : "wasm", onFailure: () => untold = FAILED };
  });
}

/** The engine that runs networks now. */
export function studioEngine(): CardOrProcessor {
  return place?.engine ?? "wasm";
}

/** Why the processor took over, once for each time that it did. */
export function cardFailure(): string | undefined {
  const sentence = untold;
  untold = undefined;
  return sentence;
}

/** An embedder of the network on the studio's engine. */
export function onStudioEngine(checked: Pick<CheckedModel, "id" | "open">): Embedder {
  return onCardOrProcessor(checked, chooseEngine);
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
