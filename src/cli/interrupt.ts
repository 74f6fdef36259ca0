// Ctrl-C: one sentence, then the exit code that shells expect.

import { tell } from "./progress.ts";

const EXIT_CODE = 130; // 128 and the number of SIGINT.

/** Until it is disposed of, an interruption says `sentence` and ends the program. */
export function onInterrupt(sentence: () => string): Disposable {
  const stop = () => {
    tell(`stopped: ${sentence()}`);
    Deno.exit(EXIT_CODE);
  };
  Deno.addSignalListener("SIGINT", stop);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", stop) };
}
