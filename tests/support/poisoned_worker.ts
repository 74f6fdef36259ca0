// Runs the program, but kills its process when it is about to decode an image whose bytes end with a mark. A fault in
// native code ends a process in the same way.

import { run } from "../../src/cli/program.ts";

const MARK = "stops workers";
const send = Worker.prototype.postMessage;

Worker.prototype.postMessage = function (this: Worker, message: unknown, transfer?: unknown) {
  const bytes = (message as { bytes?: Uint8Array }).bytes;
  if (bytes && new TextDecoder().decode(bytes.subarray(-MARK.length)) === MARK) Deno.kill(Deno.pid, "SIGKILL");
  return send.call(this, message, transfer as StructuredSerializeOptions);
};

Deno.exit(await run(Deno.args));
