// Who works with the core.

import { abortable } from "./abortable.ts";

/** Runs pieces of work one after the other. */
export type TakeTurn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** The WASM core and a model's session hold the state of one piece of work: two may not interleave. */
export function turns(): TakeTurn {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(signal: AbortSignal, work: () => Promise<T>) => {
    const turn = last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    last = turn.catch(() => {});
    return abortable(turn, signal);
  };
}
