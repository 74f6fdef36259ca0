// A worker that turns image files into what the network and the report need: one message in, one out.

/// <reference lib="deno.worker" />

import { resize } from "../image/resize.ts";
import { decodeUsable } from "../image/usable.ts";
import { thumbnail } from "../report/thumbnail.ts";
import type { PreparedImage, PrepareRequest } from "./image_pool.ts";
import { failedAnswer, type WorkerAnswer } from "./worker_pool.ts";

self.onmessage = async ({ data }: MessageEvent<PrepareRequest & { readonly index: number }>) => {
  self.postMessage(await prepared(data));
};

async function prepared(
  { index, bytes, size, decoder }: PrepareRequest & { readonly index: number },
): Promise<WorkerAnswer<PreparedImage>> {
  try {
    const image = await decodeUsable(bytes, size, { decoder });
    const pixels = resize(image, size, size);
    return { index, pixels, thumbnail: await thumbnail(image, pixels), note: image.note };
  } catch (error) {
    return failedAnswer(index, error, "bad-image");
  }
}
