// A worker that decodes image files for the network and the report. Each message is an image and has one answer.

import { resize } from "../../image/resize.ts";
import { decodeUsable } from "../../image/usable.ts";
import { decodePhoto } from "../../look/decode_photo.ts";
import { thumbnail } from "../../report/thumbnail.ts";
import type { PreparedImage, PrepareRequest } from "./prepared_image.ts";
import { failedAnswer, type WorkerAnswer } from "../../runtime/worker_pool.ts";
import { onMessage } from "../../runtime/worker_port.ts";

onMessage(async (request: PrepareRequest & { readonly index: number }, post) => {
  const answer = await prepared(request);
  const photo = "photo" in answer ? answer.photo?.data : undefined;
  // Large photos are transferred, not copied, if they do not share their memory with other data.
  const isOwn = photo && photo.byteLength === photo.buffer.byteLength && photo.buffer instanceof ArrayBuffer;
  post(answer, isOwn && "pixels" in answer && answer.pixels.data !== photo ? [photo.buffer] : []);
});

async function prepared(
  { index, bytes, size, decoder, white, detail }: PrepareRequest & { readonly index: number },
): Promise<WorkerAnswer<PreparedImage>> {
  try {
    const options = { decoder, ...(white && { white }) };
    const image = detail === undefined
      ? await decodeUsable(bytes, size, options)
      : await decodePhoto(bytes, detail, size, options);
    const { data, width, height, note, largest, original } = image;
    const pixels = resize(image, size, size);
    const photo = detail !== undefined && { photo: { data, width, height, ...(original && { original }) } };
    return { index, pixels, thumbnail: await thumbnail(image, pixels), note, largest, ...photo };
  } catch (error) {
    return failedAnswer(index, error, "bad-image");
  }
}
