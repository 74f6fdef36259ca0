// A worker that decodes image files for the network and the report. Each message is an image and has one answer.

import { resize } from "../../image/resize.ts";
import { decodeUsable } from "../../image/usable.ts";
import { thumbnail } from "../../report/thumbnail.ts";
import type { PreparedImage, PrepareRequest } from "./prepared_image.ts";
import { failedAnswer, type WorkerAnswer } from "./worker_pool.ts";
import { onMessage } from "./worker_port.ts";

onMessage(async (request: PrepareRequest & { readonly index: number }, post) => {
  const answer = await prepared(request);
  const photo = "photo" in answer ? answer.photo?.data : undefined;
  // Large photos are transferred, not copied, if they do not share their memory with other data.
  const isOwn = photo && photo.byteLength === photo.buffer.byteLength && photo.buffer instanceof ArrayBuffer;
  post(answer, isOwn && "pixels" in answer && answer.pixels.data !== photo ? [photo.buffer] : []);
});

async function prepared(
  { index, bytes, size, decoder, white, keepsPhoto }: PrepareRequest & { readonly index: number },
): Promise<WorkerAnswer<PreparedImage>> {
  try {
    // If all pixels are wanted, the photo must not be shrunk while it is decoded.
    const least = keepsPhoto ? Infinity : size;
    const image = await decodeUsable(bytes, least, { decoder, ...(white && { white }) });
    const { width, height, note, largest } = image;
    const pixels = resize(image, size, size);
    const photo = keepsPhoto && { photo: { data: image.data, width, height } };
    return { index, pixels, thumbnail: await thumbnail(image, pixels), note, largest, ...photo };
  } catch (error) {
    return failedAnswer(index, error, "bad-image");
  }
}
