// A worker that answers, and dies of the question "die".

import { onMessage } from "../../src/runtime/worker_port.ts";

onMessage(({ index, say }: { readonly index: number; readonly say: string }, post) => {
  if (say === "die") throw new Error("it died");
  post({ index, said: say });
});
