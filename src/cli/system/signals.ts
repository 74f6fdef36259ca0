// Handles signals that ask the program to end.

import process from "node:process";

/** Calls `stop` at SIGINT (Ctrl-C) and SIGTERM, until the result is disposed of. */
export function onStop(stop: () => void): Disposable {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
