// Who works now.

import { oneByOne } from "../one_by_one.ts";
import { abortable } from "./abortable.ts";

/** Runs pieces of work one after the other. */
export type TakeTurn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** A model's session holds the state of one piece of work, and a processor does one at a time: they take turns. */
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
