// Waits for a promise, but stops waiting when a signal aborts.

import { withResolvers } from "../runtime/portable.ts";

/** Settles as the promise does, or fails with the signal's reason as soon as the signal aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {}); // It may fail after the wait has ended.
  signal.throwIfAborted();
  const aborted = withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
