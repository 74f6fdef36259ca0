// Memory that threads share, where the runtime has such memory.

import { AnomalyClusterError } from "../errors.ts";

/**
 * New memory, which workers can read and write too where the runtime has such memory.
 *
 * @throws {AnomalyClusterError} `too-large` when there is not enough.
 */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  try {
    return typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  } catch (cause) {
    const message = `this needs ${(bytes / 2 ** 30).toFixed(1)} GiB at once, more than there is: use fewer images`;
    throw new AnomalyClusterError("too-large", message, { cause });
  }
}

/** The same numbers on shared memory: copied, unless they lie there already or there is none. */
export function onSharedMemory(data: Float32Array): Float32Array {
  if (typeof SharedArrayBuffer === "undefined" || data.buffer instanceof SharedArrayBuffer) return data;
  const shared = new Float32Array(sharedBuffer(data.byteLength));
  shared.set(data);
  return shared;
}
