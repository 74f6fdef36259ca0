// Handles Ctrl-C: prints a sentence and ends the program with the exit code that shells expect.

import process from "node:process";
import { tell } from "./progress.ts";

const EXIT_CODE = 130; // 128 and the number of SIGINT.

/** From now until the result is disposed of, Ctrl-C prints `sentence` and ends the program. */
export function onInterrupt(sentence: () => string): Disposable {
  const stop = () => {
    tell(`stopped: ${sentence()}`);
    process.exit(EXIT_CODE);
  };
  process.on("SIGINT", stop);
  return { [Symbol.dispose]: () => void process.off("SIGINT", stop) };
}
