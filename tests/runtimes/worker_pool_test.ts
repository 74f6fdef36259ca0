// Workers that die, as real workers do.

import assert from "node:assert/strict";
import { WorkerPool } from "../../src/runtime/worker_pool.ts";

Deno.test("a worker that dies fails its own questions; the next ones are answered by another", async () => {
  const module = new URL("../support/mortal_worker.ts", import.meta.url);
  const pool = new WorkerPool<{ say: string }, { said: string }>(2, module);
  const ask = (say: string) => pool.ask({ say }, []).then(({ said }) => said);
  // The first two go to one worker each, the third to the first.
  const asked = await Promise.allSettled(["die", "one", "two"].map(ask));
  assert.deepEqual(asked.map(({ status }) => status), ["rejected", "fulfilled", "rejected"]);
  assert.match(String((asked[0] as PromiseRejectedResult).reason), /it died/);
  assert.deepEqual(await Promise.all(["three", "four"].map(ask)), ["three", "four"]);
  pool.end();
});

Deno.test("a worker that does not start: each question fails", async () => {
  const pool = new WorkerPool<{ say: string }, { said: string }>(1, new URL("no_worker.ts", import.meta.url));
  for (let times = 0; times < 2; times++) await assert.rejects(pool.ask({ say: "hello" }, []));
  pool.end();
});
