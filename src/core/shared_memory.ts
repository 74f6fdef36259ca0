// Memory that threads share, if the runtime has such memory.

import { AnomalyClusterError } from "../errors.ts";

/**
 * Returns new memory. Workers can read and write it too, if the runtime has shared memory.
 *
 * @throws {AnomalyClusterError} `too-large` when there is not enough memory.
 */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  try {
    return typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  } catch (cause) {
    const message = `this needs ${(bytes / 2 ** 30).toFixed(1)} GiB at once, more than there is: use fewer images`;
    throw new AnomalyClusterError("too-large", message, { cause });
  }
}

/**
 * Returns the same numbers on shared memory. They are copied, unless they lie there already or there is no such memory.
 */
export function onSharedMemory(data: Float32Array): Float32Array {
  if (typeof SharedArrayBuffer === "undefined" || data.buffer instanceof SharedArrayBuffer) return data;
  const shared = new Float32Array(sharedBuffer(data.byteLength));
  shared.set(data);
  return shared;
}
