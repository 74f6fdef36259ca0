// Threads that do the tasks of plans: workers, each with its own instance of the core, and this thread with another.

import { AnomalyClusterError, ensure } from "../errors.ts";
import { availableCores } from "./cores.ts";
import { workerProgram } from "./generated/worker.ts";
import { type CoreExports, coreModule, newCore } from "./instance.ts";
import { LARGEST_KEPT } from "./tasks/core_memory.ts";
import type { Answer, Job } from "./tasks/work.ts";
import { type Worker, workerStarter } from "./worker.ts";

/** Whether this runtime has shared memory and workers. */
export function canSpread(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && workerStarter() !== undefined;
}

/** How many threads are used by default: one for each core of the machine, at most 16; 1 where there are no workers. */
export function availableThreads(): number {
  if (!canSpread()) return 1;
  return Math.max(1, Math.min(16, availableCores()));
}

/** A worker. It does its jobs one after another. */
export class PoolWorker {
  readonly #worker: Worker;
  /**
   * One function for each unfinished job, to be called with its answers. The worker's answers are about the first of
   * these jobs.
   */
  readonly #hearing: ((answer: Answer) => void)[] = [];

  /** Starts the worker. `lost` is called when the worker dies or cannot begin. */
  constructor(lost: (worker: PoolWorker) => void) {
    this.#worker = workerStarter()!<Answer>(workerProgram, {
      heard: (answer) => {
        this.#hearing[0]?.(answer);
        if (answer.kind === "counts" || answer.kind === "failed") this.#hearing.shift();
      },
      failed: (error) => {
        lost(this);
        this.end(error);
      },
    });
  }

  give(job: Omit<Job, "module">, hear: (answer: Answer) => void): void {
    this.#hearing.push(hear);
    this.#worker.post({ module: coreModule(), ...job });
  }

  /** Ends the worker. Its unfinished jobs fail with `error`. */
  end(error: Error): void {
    this.#worker.end();
    for (const hear of this.#hearing.splice(0)) hear({ kind: "failed", error });
  }
}

// What only run_plan.ts may do with a pool. The class sets these functions, because they use its private fields.

/**
 * Returns worker number `at` of the pool, counted from 0, and starts it if needed. Throws where the runtime refuses
 * workers.
 */
export let workerOf: (pool: ThreadPool, at: number) => PoolWorker;
/** Takes the pool's core for this thread, or makes a new one: while one call gives way, another may need a core too. */
export let takeCore: (pool: ThreadPool) => CoreExports;
/** Puts a core back for the next call. A core whose work failed is not put back. */
export let putBack: (pool: ThreadPool, core: CoreExports) => void;

/**
 * Threads that stay alive between calls, and keep their memory. Use a pool in programs that compare images again and
 * again. Without a pool, each call starts its own threads and ends them, which takes some hundredths of a second. Once
 * its threads have started, a pool keeps the process running until it is closed.
 *
 * @example
 * ```ts
 * import { clusterPatches, ThreadPool } from "@anomalies/cluster";
 * const data = Float32Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 5);
 * const threads = new ThreadPool();
 * const { groups } = await clusterPatches({ data, count: 8, rows: 2, cols: 2, channels: 3 }, { k: 2, threads });
 * threads.close();
 * ```
 */
export class ThreadPool {
  /** The most threads that work at once. The caller's thread is one of them, except in a page. */
  readonly size: number;
  #workers: PoolWorker[] = [];
  #core?: CoreExports;
  #closed = false;

  /**
   * Makes a pool. Its threads start when they are first needed.
   *
   * @param size How many threads, a whole number from 1 on. @default the machine's cores
   * @throws {AnomalyClusterError} `bad-argument` for another size.
   */
  constructor(size: number = availableThreads()) {
    ensure(Number.isInteger(size) && size >= 1, `${size} threads are not possible: give a whole number from 1 on`);
    this.size = size;
  }

  /** Whether the pool was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Ends the threads. A call that is using them fails, and later calls with this pool throw, both with `bad-argument`.
   */
  close(): void {
    this.#closed = true;
    this.#core = undefined;
    const error = new AnomalyClusterError("bad-argument", "the thread pool was closed while a call was using it");
    for (const worker of this.#workers.splice(0)) worker.end(error);
  }

  static {
    workerOf = (pool, at) => {
      const known = pool.#workers.at(at);
      if (known) return known;
      const started = new PoolWorker((lost) => {
        pool.#workers = pool.#workers.filter((worker) => worker !== lost);
      });
      pool.#workers.push(started);
      return started;
    };
    takeCore = (pool) => {
      const core = pool.#core ?? newCore();
      pool.#core = undefined;
      return core;
    };
    putBack = (pool, core) => {
      if (!pool.#closed && core.memory.buffer.byteLength <= LARGEST_KEPT) pool.#core = core;
    };
  }
}
