// A worker that embeds images. The first message names the network; then each message is an image and has one answer.

import type { Embedder } from "../embedder.ts";
import { onnxEmbedder, type OnnxEmbedderOptions } from "../onnx.ts";
import type { EmbedAnswer, EmbedRequest } from "./embed_messages.ts";
import { failedAnswer, type WorkerAnswer } from "../../runtime/worker_pool.ts";
import { onMessage } from "../../runtime/worker_port.ts";

let opened: Promise<Embedder>;

onMessage(async (data: OnnxEmbedderOptions | EmbedRequest & { readonly index: number }, post) => {
  if ("model" in data) {
    opened = onnxEmbedder(data);
    opened.catch(() => {}); // Each image that needs the network fails with the same error.
    return;
  }
  const answer = await embedded(data);
  post(answer, "patches" in answer ? [answer.patches.data.buffer] : []);
});

async function embedded(
  { index, image }: EmbedRequest & { readonly index: number },
): Promise<WorkerAnswer<EmbedAnswer>> {
  try {
    return { index, patches: await (await opened).embed(image) };
  } catch (error) {
    return failedAnswer(index, error, "bad-model");
  }
}
