// Who works now.

import { abortable } from "./abortable.ts";

/** Runs pieces of work one after the other. */
export type TakeTurn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** A model's session holds the state of one piece of work, and a processor does one at a time: they take turns. */
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
