// Decoding and resizing on workers, ahead of the network that embeds: bounded, and in the files' order.

import { AnomalyClusterError, type ErrorCode } from "../errors.ts";
import type { Thumbnail } from "../report/thumbnail.ts";
import type { Raster } from "../types.ts";

/** Asks for a file, resized to `size` × `size`. */
export interface PrepareRequest {
  readonly index: number;
  readonly file: string;
  readonly size: number;
}

/** An image ready for the network. */
export interface PreparedImage {
  readonly pixels: Raster;
  readonly thumbnail: Thumbnail;
  /** The raster's note. */
  readonly note?: string;
}

/** What a worker answers. */
export type PrepareResponse =
  | PreparedImage & { readonly index: number }
  | { readonly index: number; readonly code: ErrorCode; readonly message: string };

/** Images that may be ready or in work beyond the one asked for, a worker: bounds the memory. */
const AHEAD = 3;

/** Taken at the start: onnxruntime-web puts Node's Worker in its place when it opens a model. */
const WebWorker = globalThis.Worker;

/** Yields for each file, in order, its image or the error that it failed with. */
export async function* prepareImages(
  files: readonly string[],
  size: number,
): AsyncGenerator<PreparedImage | AnomalyClusterError> {
  const workers = Array.from({ length: Math.min(navigator.hardwareConcurrency, 8, files.length) }, () => {
    return new WebWorker(new URL("./image_worker.ts", import.meta.url), { type: "module" });
  });
  const answers = files.map(() => Promise.withResolvers<PreparedImage | AnomalyClusterError>());
  let next = 0;
  const ask = () => {
    if (next === files.length) return;
    workers[next % workers.length].postMessage({ index: next, file: files[next], size } satisfies PrepareRequest);
    next++;
  };
  for (const worker of workers) {
    worker.onmessage = ({ data }: MessageEvent<PrepareResponse>) => {
      answers[data.index].resolve("code" in data ? new AnomalyClusterError(data.code, data.message) : data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of answers) reject(new Error(event.message));
    };
  }
  try {
    for (let ahead = 0; ahead < workers.length * AHEAD; ahead++) ask();
    for (const { promise } of answers) {
      yield await promise;
      ask();
    }
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
