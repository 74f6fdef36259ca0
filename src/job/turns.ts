// Lets the jobs of several requests take turns.

import { oneByOne } from "../one_by_one.ts";
import { abortable } from "./abortable.ts";

/** Runs a piece of work when all earlier ones have ended. */
export type TakeTurn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/**
 * Returns a queue in which pieces of work take turns. A network's session holds the state of only one, and one thread
 * would do several no faster.
 */
export function turns(): TakeTurn {
  const inTurn = oneByOne();
  return (signal, work) => {
    const turn = inTurn(() => {
      signal.throwIfAborted();
      return work();
    });
    return abortable(turn, signal);
  };
}
