// Does the tasks of one piece of work on one instance of the core, on the caller's thread or in a worker.

import type { CoreExports } from "../instance.ts";
import { type CoreMemory, memoryOf } from "./core_memory.ts";
import { pairTasks } from "./pairs.ts";
import { projectionTasks } from "./projection.ts";
import { referenceTasks } from "./references.ts";
import type { RunTask, Task, Work, WorkCounts } from "./work.ts";

/** Does the tasks of one piece of work. */
export interface TaskRunner {
  run(task: Task): void;
  /** What was computed so far. */
  counts(): WorkCounts;
}

/**
 * Makes a runner. It uses all of the core's memory: nothing else may use that instance until the runner is done.
 *
 * @throws {RangeError} when the memory cannot grow; running a task throws it too.
 */
export function taskRunner(core: CoreExports, work: Work): TaskRunner {
  const counted = (): WorkCounts => ({
    pairs,
    measured: core.measuredDistances.value + core.referenceDistances.value,
    refined: core.refinedPairs.value,
    hausdorffTiles: core.hausdorffTiles.value,
    referenceTiles: core.referenceTiles.value,
  });
  let pairs = 0;
  const before = counted();
  const run = runnerOf(memoryOf(core), work);
  return {
    run(task) {
      pairs += run(task);
    },
    counts() {
      const counts = counted();
      for (const key of Object.keys(counts) as (keyof WorkCounts)[]) counts[key] -= before[key];
      return counts;
    },
  };
}

function runnerOf(memory: CoreMemory, work: Work): RunTask {
  switch (work.kind) {
    case "pairs":
      return pairTasks(memory, work);
    case "projection":
      return projectionTasks(memory, work);
    case "references":
      return referenceTasks(memory, work);
  }
}
