// A worker that dies, as from a fault in native code, when it decodes one image: the one whose bytes end with a mark.

import { run } from "../../src/cli/program.ts";

const MARK = "stops workers";
const send = Worker.prototype.postMessage;

Worker.prototype.postMessage = function (this: Worker, message: unknown, transfer?: unknown) {
  const bytes = (message as { bytes?: Uint8Array }).bytes;
  if (bytes && new TextDecoder().decode(bytes.subarray(-MARK.length)) === MARK) Deno.kill(Deno.pid, "SIGKILL");
  return send.call(this, message, transfer as StructuredSerializeOptions);
};

Deno.exit(await run(Deno.args));
