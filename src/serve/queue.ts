// Limits how many requests work at the same time and how many wait.

import { abortable } from "../job/abortable.ts";
import { withResolvers } from "../runtime/portable.ts";

/** `places` requests may work at the same time, and `bound` more may wait in a queue. */
export class PlaceQueue {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly places: number, readonly bound: number) {}

  /** How many have a place. */
  get taken(): number {
    return this.#taken;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether another request would have to be turned away. */
  get full(): boolean {
    return this.#taken >= this.places && this.#waiting.length >= this.bound;
  }

  /**
   * Waits for a place. Resolves to a function that gives the place back: call it once. Fails with the signal's reason
   * if the signal aborts first.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#taken < this.places) this.#taken++;
    else {
      const { promise, resolve } = withResolvers<void>();
      this.#waiting.push(resolve);
      try {
        await abortable(promise, signal);
      } catch (reason) {
        const at = this.#waiting.indexOf(resolve);
        if (at >= 0) this.#waiting.splice(at, 1);
        else this.#leave(); // The place became free just as the signal aborted: pass it on.
        throw reason;
      }
    }
    return () => this.#leave();
  }

  /** Hands the place directly to the next in the queue, so that no newcomer can take it first. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }
}
