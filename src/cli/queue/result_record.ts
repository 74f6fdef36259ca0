// Packs the results of a task for the store, and unpacks them.

import { arrayReader, arrayWriter } from "../../fitted/array_record.ts";
import type { EmbeddedImages } from "../../fitted/embedded_images.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { ImageOutcome, TaskResult } from "./job_record.ts";
import { type Packet, packet } from "./packet.ts";

/** Packs the results of a task's images. `embedded` holds the images without an error. */
export function packResult(images: readonly ImageOutcome[], embedded?: EmbeddedImages): Uint8Array<ArrayBuffer> {
  if (!embedded) return packet({ kind: "done", images } satisfies TaskResult);
  const { count, channels, patches, vectors, weights, scores, sums } = embedded;
  const writer = arrayWriter();
  writer.add("vectors", [count, channels], vectors);
  writer.add("weights", [count, patches], weights);
  writer.add("scores", [count], scores);
  writer.add("sums", [count, 3], sums);
  const numbers = { channels, patches, arrays: writer.entries };
  return packet({ kind: "done", images, numbers } satisfies TaskResult, writer.bytes());
}

/** The arrays of a result, with one row for each image without an error; `undefined` if all images have errors. */
export function unpackResult(
  { json, bytes }: Packet<Extract<TaskResult, { kind: "done" }>>,
): EmbeddedImages | undefined {
  if (!json.numbers) return undefined;
  const { channels, patches, arrays } = json.numbers;
  const array = arrayReader(arrays, bytes);
  const vectors = array("vectors", 2);
  const count = vectors.shape[0];
  if (count !== json.images.filter(({ error }) => error === undefined).length) {
    throw new AnomalyClusterError("queue-failed", "a result of the queue does not fit its task");
  }
  return {
    count,
    channels,
    patches,
    vectors: Float32Array.from(vectors.data),
    weights: Float32Array.from(array("weights", 2).data),
    scores: Float64Array.from(array("scores", 1).data),
    sums: Float64Array.from(array("sums", 2).data),
  };
}
