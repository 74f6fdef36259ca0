// A worker that turns image files into what the network and the report need: one message in, one out.

import { resize } from "../image/resize.ts";
import { decodeUsable } from "../image/usable.ts";
import { thumbnail } from "../report/thumbnail.ts";
import type { PreparedImage, PrepareRequest } from "./image_pool.ts";
import { failedAnswer, type WorkerAnswer } from "./worker_pool.ts";
import { onMessage } from "./worker_port.ts";

onMessage(async (request: PrepareRequest & { readonly index: number }, post) => post(await prepared(request)));

async function prepared(
  { index, bytes, size, decoder, white }: PrepareRequest & { readonly index: number },
): Promise<WorkerAnswer<PreparedImage>> {
  try {
    const image = await decodeUsable(bytes, size, { decoder, ...(white && { white }) });
    const pixels = resize(image, size, size);
    return { index, pixels, thumbnail: await thumbnail(image, pixels), note: image.note, largest: image.largest };
  } catch (error) {
    return failedAnswer(index, error, "bad-image");
  }
}
