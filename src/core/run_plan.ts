// Runs plans, on this thread or on several threads that share memory. Without workers or shared memory, this thread
// does everything.

import { AnomalyClusterError, ensure } from "../errors.ts";
import { type CoreExports, coreExports } from "./instance.ts";
import { type TaskRunner, taskRunner } from "./tasks/task_runner.ts";
import { sumOfCounts, type Task, type Work, type WorkCounts } from "./tasks/work.ts";
import {
  availableThreads,
  canSpread,
  type PoolWorker,
  putBack,
  takeCore,
  ThreadPool,
  workerOf,
} from "./thread_pool.ts";

/** Work that is cut into tasks, and how to get its result. */
export interface Plan<Result> {
  readonly tasks: readonly Task[];
  /** How many products of two numbers the plan would take if nothing were excluded. */
  readonly products: number;
  /** Whether the plan only prepares a longer one. Its progress is then not reported. */
  readonly prepares?: boolean;
  /**
   * Returns the work for one more thread. Arrays that several threads would write at the same places are made anew for
   * each thread. With `spread`, the other arrays are on memory that threads share.
   */
  workForThread(spread: boolean): Work;
  /** Joins what the threads found, and returns it. */
  result(): Result;
}

/** Several plans. Each is made from the result of the one before. */
export type Steps<Result> = Generator<Plan<unknown>, Result, unknown>;

/** How a plan is run, and which functions are told about it. */
export interface RunOptions {
  /**
   * The most threads, which end with the plan; or a pool, whose threads stay. @default as many as are worthwhile for
   * the plan
   */
  readonly threads?: number | ThreadPool;
  /** Stops the run between two tasks: it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the number of pairs of images that are done. */
  readonly onPairs?: (done: number, total: number) => void;
  /** Called at the end, with counts of what was computed. */
  readonly onCounts?: (counts: WorkCounts) => void;
}

/**
 * Plans of fewer products take less than about 50 ms on one core. They are done sooner without workers, which take a
 * while to start.
 */
const WORTH_WORKERS = 2e9;

/** Milliseconds after which a thread gives way to timers and messages. */
const GIVE_WAY_EVERY = 30;

/**
 * Runs a plan on this thread, without giving way to timers and messages.
 *
 * @throws {AnomalyClusterError} `too-large` when memory is not enough.
 */
export function runHere<Result>(plan: Plan<Result>, options: RunOptions = {}): Result {
  const runner = newRunner(plan.workForThread(false), coreExports());
  const report = reporterOf(plan, options);
  for (const task of plan.tasks) {
    options.signal?.throwIfAborted();
    runStep(() => runner.run(task));
    report(task.pairs);
  }
  options.onCounts?.(runner.counts());
  return plan.result();
}

/**
 * Runs a plan on several threads, or on this one, which then gives way between tasks. Throws as {@linkcode runHere}
 * does.
 */
export async function runSpread<Result>(plan: Plan<Result>, options: RunOptions = {}): Promise<Result> {
  const { threads = isWorthWorkers(plan) ? availableThreads() : 1 } = options;
  return await withPool(threads, async (pool) => {
    await onPool(plan, pool, options);
    return plan.result();
  });
}

/** Whether workers would make a plan faster. */
function isWorthWorkers(plan: Plan<unknown>): boolean {
  return plan.products >= WORTH_WORKERS;
}

/** Calls `use` with the given pool, or with a new pool of the given size, which is closed afterwards. */
async function withPool<Result>(
  threads: number | ThreadPool,
  use: (pool: ThreadPool) => Promise<Result>,
): Promise<Result> {
  if (threads instanceof ThreadPool) return await use(threads);
  const pool = new ThreadPool(threads);
  try {
    return await use(pool);
  } finally {
    pool.close();
  }
}

async function onPool(plan: Plan<unknown>, pool: ThreadPool, options: RunOptions): Promise<void> {
  ensure(!pool.closed, "the thread pool is closed: make another one");
  const threads = Math.min(pool.size, plan.tasks.length);
  if (threads > 1 && canSpread()) {
    return await onWorkers(plan, pool, threads, options);
  }
  const report = reporterOf(plan, options);
  const counts = await runPausing(pool, plan.workForThread(false), plan.tasks, report, options.signal);
  options.onCounts?.(counts);
}

/** Does tasks on this thread. Now and then it gives way to timers and messages. */
async function runPausing(
  pool: ThreadPool,
  work: Work,
  tasks: Iterable<Task>,
  report: (pairs: number) => void,
  signal?: AbortSignal,
): Promise<WorkCounts> {
  const core = takeCore(pool);
  const runner = newRunner(work, core);
  let gaveWay = performance.now();
  for (const task of tasks) {
    signal?.throwIfAborted();
    runStep(() => runner.run(task));
    report(task.pairs);
    if (performance.now() - gaveWay < GIVE_WAY_EVERY) continue;
    await giveWay();
    gaveWay = performance.now();
  }
  putBack(pool, core);
  return runner.counts();
}

/** Gives way to timers and messages: waits for a message to itself, which arrives sooner than any timer. */
function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof MessageChannel === "undefined") return void setTimeout(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Yields tasks, one by one, from a counter that threads share, until none is left. */
function* taken(tasks: readonly Task[], next: Int32Array): Generator<Task> {
  for (let at; (at = Atomics.add(next, 0, 1)) < tasks.length;) yield tasks[at];
}

/** The options for one of several plans. A plan that only prepares calls no function of the caller's. */
function hooksFor(plan: Plan<unknown>, { signal, ...hooks }: RunOptions): RunOptions {
  return plan.prepares ? { signal } : { signal, ...hooks };
}

/** Runs steps on this thread. */
export function runStepsHere<Result>(steps: Steps<Result>, options: RunOptions = {}): Result {
  let step = steps.next();
  while (!step.done) step = steps.next(runHere(step.value, hooksFor(step.value, options)));
  return step.value;
}

/** Runs steps on several threads, as {@linkcode runSpread} does a plan. */
export async function runStepsSpread<Result>(steps: Steps<Result>, options: RunOptions = {}): Promise<Result> {
  return await withPool(options.threads ?? availableThreads(), async (pool) => {
    let step = steps.next();
    while (!step.done) {
      const threads = options.threads === undefined && !isWorthWorkers(step.value) ? 1 : pool;
      step = steps.next(await runSpread(step.value, { ...hooksFor(step.value, options), threads }));
    }
    return step.value;
  });
}

/** Returns a function to call with how many more pairs are done. */
function reporterOf({ tasks }: Plan<unknown>, { onPairs }: RunOptions): (pairs: number) => void {
  const total = tasks.reduce((sum, { pairs }) => sum + pairs, 0);
  let done = 0;
  return (pairs) => onPairs?.(done += pairs, total);
}

/** Makes a runner. Throws as {@linkcode runStep} does. */
function newRunner(work: Work, core: CoreExports): TaskRunner {
  return runStep(() => taskRunner(core, work));
}

/** Runs a step. Memory that cannot grow throws a `RangeError`, which becomes `too-large`. */
function runStep<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw cause instanceof RangeError ? outOfMemory(cause) : cause;
  }
}

function outOfMemory(cause: unknown): AnomalyClusterError {
  const message = "the images' patch embeddings do not fit into WASM memory: use smaller images (--size) or fewer";
  return new AnomalyClusterError("too-large", message, { cause });
}

/**
 * Runs a plan on several threads. Each thread takes the next task from a counter in shared memory, until none is left.
 * This thread is one of them, and begins while the workers start. In a page this thread only waits, because the page
 * would freeze.
 */
async function onWorkers(
  plan: Plan<unknown>,
  pool: ThreadPool,
  threads: number,
  options: RunOptions,
): Promise<void> {
  const { signal, onCounts } = options;
  signal?.throwIfAborted();
  const { tasks } = plan;
  const next = new Int32Array(new SharedArrayBuffer(4));
  const here = typeof document === "undefined";
  const counts: WorkCounts[] = [];
  const report = reporterOf(plan, options);
  let resolve!: () => void, reject!: (reason: unknown) => void;
  const ended = new Promise<void>((whenDone, whenStopped) => [resolve, reject] = [whenDone, whenStopped]);
  ended.catch(() => {}); // It may be rejected before anything waits for it.
  const stop = (reason: unknown) => {
    Atomics.store(next, 0, tasks.length);
    reject(reason);
  };
  const abort = () => stop(signal!.reason);
  signal?.addEventListener("abort", abort, { once: true });
  let expected = threads;
  const settle = () => counts.length === expected && resolve();
  const finish = (own: WorkCounts) => {
    counts.push(own);
    settle();
  };
  /**
   * Some workers never begin, for example where a page's policy forbids them. They have taken no task, so the others go
   * on.
   */
  const lose = () => {
    expected--;
    settle();
  };
  const give = (worker: PoolWorker) => {
    let begun = false;
    worker.give({ work: plan.workForThread(true), tasks, next }, (answer) => {
      if (answer.kind === "begun") begun = true;
      else if (answer.kind === "done") report(answer.pairs);
      else if (answer.kind === "counts") finish(answer.counts);
      else if (!begun && !pool.closed) lose();
      else stop(answer.error instanceof RangeError ? outOfMemory(answer.error) : answer.error);
    });
  };
  const work = async () => finish(await runPausing(pool, plan.workForThread(true), taken(tasks, next), report));
  try {
    const workers: PoolWorker[] = [];
    for (let at = 0; at < threads - (here ? 1 : 0); at++) {
      try {
        workers.push(workerOf(pool, at));
      } catch {
        lose();
      }
    }
    workers.forEach(give); // Preparing the work takes this thread a while. Meanwhile the workers start.
    if (here) await work();
    await ended;
    if (Atomics.load(next, 0) < tasks.length) await work(); // No worker began.
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  onCounts?.(sumOfCounts(counts));
}
