// A worker that turns image files into what the network and the report need: one message in, one out.

/// <reference lib="deno.worker" />

import { AnomalyClusterError } from "../errors.ts";
import { resize } from "../image/resize.ts";
import { thumbnail } from "../report/thumbnail.ts";
import type { PrepareRequest, PrepareResponse } from "./image_pool.ts";
import { decodeUsable } from "./read_image.ts";

/** By how much a large image may be shrunk while it is decoded: to no less than this many times the size. */
const REDUCING_GAP = 2;

self.onmessage = async ({ data }: MessageEvent<PrepareRequest>) => {
  self.postMessage(await prepared(data));
};

async function prepared({ index, bytes, size }: PrepareRequest): Promise<PrepareResponse> {
  try {
    const image = await decodeUsable(bytes, { atLeast: REDUCING_GAP * size });
    const pixels = resize(image, size, size);
    return { index, pixels, thumbnail: await thumbnail(image, pixels), note: image.note };
  } catch (error) {
    const code = error instanceof AnomalyClusterError ? error.code : "bad-image";
    return { index, code, message: error instanceof Error ? error.message : String(error) };
  }
}
