// The program of a worker. `deno task build` bundles it, with everything it imports, into generated/worker.ts. A worker
// that starts from text needs no permission, no file and no network. So this file itself is never loaded.

import type { CoreExports } from "../instance.ts";
import { LARGEST_KEPT } from "./core_memory.ts";
import { taskRunner } from "./task_runner.ts";
import type { Answer, Job } from "./work.ts";

/**
 * Sets the function that receives messages. The code that starts the worker (../worker.ts) defines `listen` for its
 * runtime.
 */
declare function listen(use: (job: Job) => void): void;
/** Sends an answer. Defined in the same way. */
declare function post(answer: Answer): void;

let core: CoreExports | undefined;

listen(({ module, work, tasks, next }) => {
  try {
    post({ kind: "begun" });
    core ??= new WebAssembly.Instance(module).exports as unknown as CoreExports;
    const runner = taskRunner(core, work);
    for (let at; (at = Atomics.add(next, 0, 1)) < tasks.length;) {
      runner.run(tasks[at]);
      post({ kind: "done", pairs: tasks[at].pairs });
    }
    post({ kind: "counts", counts: runner.counts() });
    if (core.memory.buffer.byteLength > LARGEST_KEPT) core = undefined;
  } catch (error) {
    core = undefined;
    post({ kind: "failed", error: error as Error });
  }
});
