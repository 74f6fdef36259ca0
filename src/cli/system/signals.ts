// Signals that ask the program to end.

import process from "node:process";

/** Calls `stop` at Ctrl-C, and where it is asked to terminate, until disposed of. */
export function onStop(stop: () => void): Disposable {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
