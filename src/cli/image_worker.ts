// A worker that turns image files into what the network and the report need: one message in, one out.

/// <reference lib="deno.worker" />

import { AnomalyClusterError } from "../errors.ts";
import { resize } from "../image/resize.ts";
import { decodeUsable } from "../image/usable.ts";
import { thumbnail } from "../report/thumbnail.ts";
import type { PrepareRequest, PrepareResponse } from "./image_pool.ts";

self.onmessage = async ({ data }: MessageEvent<PrepareRequest>) => {
  self.postMessage(await prepared(data));
};

async function prepared({ index, bytes, size, decoder }: PrepareRequest): Promise<PrepareResponse> {
  try {
    const image = await decodeUsable(bytes, size, { decoder });
    const pixels = resize(image, size, size);
    return { index, pixels, thumbnail: await thumbnail(image, pixels), note: image.note };
  } catch (error) {
    const code = error instanceof AnomalyClusterError ? error.code : "bad-image";
    return { index, code, message: error instanceof Error ? error.message : String(error) };
  }
}
