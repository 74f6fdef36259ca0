// A worker that finds the defect in an image file by the weights of its patches, and makes a picture of it.

import { decodeToMeasure } from "../../look/decode_photo.ts";
import { type SeenDefect, seenDefect } from "../../report/seen_defect.ts";
import type { DefectRequest } from "./defect_request.ts";
import { failedAnswer, type WorkerAnswer } from "../../runtime/worker_pool.ts";
import { onMessage } from "../../runtime/worker_port.ts";

onMessage(async (request: DefectRequest & { readonly index: number }, post) => post(await seen(request)));

async function seen(
  { index, bytes, decoder, white, detail, weights, rows, cols, window }: DefectRequest & { readonly index: number },
): Promise<WorkerAnswer<SeenDefect>> {
  try {
    const image = await decodeToMeasure(bytes, detail, { decoder, ...(white && { white }) });
    return { index, ...await seenDefect(image, weights, { rows, cols }, window) };
  } catch (error) {
    return failedAnswer(index, error, "bad-image");
  }
}
