// Waiting that a signal ends.

import { withResolvers } from "../runtime/portable.ts";

/** Settles as the promise, or fails with the signal's reason as soon as it is aborted. */
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
