// Threads for the tasks of plans: workers, each with an instance of the core, and this thread's own.

import { AnomalyClusterError, ensure } from "../errors.ts";
import { availableCores } from "./cores.ts";
import { workerProgram } from "./generated/worker.ts";
import { type CoreExports, coreModule, newCore } from "./instance.ts";
import { LARGEST_KEPT } from "./tasks/core_memory.ts";
import type { Answer, Job } from "./tasks/work.ts";
import { type Worker, workerStarter } from "./worker.ts";

/** Whether shared memory and workers are there. */
export function canSpread(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && workerStarter() !== undefined;
}

/** Threads that pay by default: the machine's, where work can be spread. */
export function availableThreads(): number {
  if (!canSpread()) return 1;
  return Math.max(1, Math.min(16, availableCores()));
}

/** A worker that does its jobs one after the other. */
export class PoolWorker {
  readonly #worker: Worker;
  /** Of the jobs that it has not finished, the first first: its answers are to that one. */
  readonly #hearing: ((answer: Answer) => void)[] = [];

  /** Starts it. `lost` is called when it dies, or never began. */
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

  /** Ends it; jobs that it has not finished have failed. */
  end(error: Error): void {
    this.#worker.end();
    for (const hear of this.#hearing.splice(0)) hear({ kind: "failed", error });
  }
}

// What only runs of plans may do with a pool; the class hands it out.

/** A pool's worker by number from 0 on, or a new one. Throws where workers are refused. */
export let workerOf: (pool: ThreadPool, at: number) => PoolWorker;
/** A core for this thread alone: other calls may come while it gives way. */
export let takeCore: (pool: ThreadPool) => CoreExports;
/** Hands it back, unless its work failed. */
export let putBack: (pool: ThreadPool, core: CoreExports) => void;

/**
 * Threads that stay between calls, with their memory: for programs that compare images again and again. Where calls
 * are told a number of threads, or nothing, each starts its own and ends them, which takes some hundredths of a second.
 * A pool whose workers have started keeps a process running until it is closed.
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
  /** Most threads that work at once, the caller's among them, except in a page. */
  readonly size: number;
  #workers: PoolWorker[] = [];
  #core?: CoreExports;
  #closed = false;

  /**
   * No worker starts before it is needed.
   *
   * @param size Whole number from 1 on. @default the machine's cores
   * @throws {AnomalyClusterError} `bad-argument` for another size.
   */
  constructor(size: number = availableThreads()) {
    ensure(Number.isInteger(size) && size >= 1, `${size} threads are not possible: give a whole number from 1 on`);
    this.size = size;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the workers. A call that is still using them fails; later ones throw `bad-argument`. */
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
