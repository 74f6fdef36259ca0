// Who works and who waits.

import { abortable } from "../job/abortable.ts";
import { withResolvers } from "../runtime/portable.ts";

/** Places for so many at a time, and a bounded queue of those who wait for one. */
export class PlaceQueue {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly places: number, readonly bound: number) {}

  /** Those who have a place. */
  get taken(): number {
    return this.#taken;
  }

  /** Those who wait for one. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether another would be turned away. */
  get full(): boolean {
    return this.#taken >= this.places && this.#waiting.length >= this.bound;
  }

  /** Waits for a place; call what it resolves to, once, to give it back. Fails with the signal's reason. */
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
        else this.#leave(); // The place came as the signal did.
        throw reason;
      }
    }
    return () => this.#leave();
  }

  /** A place goes from hand to hand, so that nobody slips in before those who wait. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }
}
