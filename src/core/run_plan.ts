// Plans of tasks, done on this thread or by several over shared memory; where workers or such memory are missing, this
// thread does all.

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

/** Work in tasks, and what they amount to. */
export interface Plan<Result> {
  readonly tasks: readonly Task[];
  /** Products of two numbers that it takes without any filter. */
  readonly products: number;
  /** Whether it only prepares a longer one. */
  readonly prepares?: boolean;
  /**
   * The work for one more thread, with room of its own for what threads cannot write together. `spread`: it is on memory
   * that threads share.
   */
  workForThread(spread: boolean): Work;
  /** Joins what the threads found. */
  result(): Result;
}

/** Plans one after the other, each given the result of the one before. */
export type Steps<Result> = Generator<Plan<unknown>, Result, unknown>;

/** Hooks and limits of running a plan. */
export interface RunOptions {
  /** Most threads, which are ended when the plan is; or those of a pool. */
  readonly threads?: number | ThreadPool;
  readonly signal?: AbortSignal;
  readonly onPairs?: (done: number, total: number) => void;
  /** Hears, at the end, what was computed. */
  readonly onCounts?: (counts: WorkCounts) => void;
}

/** Below it, about 50 ms on one core, starting workers costs more than it saves. */
const WORTH_WORKERS = 2e9;

/** Milliseconds between pauses for timers and messages. */
const GIVE_WAY_EVERY = 30;

/** Runs a plan on this thread, without giving way. Throws `too-large` when memory does not suffice. */
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

/** Runs a plan on several threads; with one, here, giving way between tasks. Throws as {@linkcode runHere}. */
export async function runSpread<Result>(plan: Plan<Result>, options: RunOptions = {}): Promise<Result> {
  const { threads = isWorthWorkers(plan) ? availableThreads() : 1 } = options;
  return await withPool(threads, async (pool) => {
    await onPool(plan, pool, options);
    return plan.result();
  });
}

function isWorthWorkers(plan: Plan<unknown>): boolean {
  return plan.products >= WORTH_WORKERS;
}

/** Uses a pool that was given, or one of so many threads, which are ended when the use is. */
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

/** Does tasks on this thread, giving way to timers and messages now and then. */
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

/** Lets timers and messages have their turn: by a message of its own, which is back sooner than any timer. */
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

/** The tasks that are left on a counter shared with other threads. */
function* taken(tasks: readonly Task[], next: Int32Array): Generator<Task> {
  for (let at; (at = Atomics.add(next, 0, 1)) < tasks.length;) yield tasks[at];
}

/** What is heard of a plan: of one that only prepares, nothing. */
function hooksFor(plan: Plan<unknown>, { signal, ...hooks }: RunOptions): RunOptions {
  return plan.prepares ? { signal } : { signal, ...hooks };
}

/** Runs steps on this thread. */
export function runStepsHere<Result>(steps: Steps<Result>, options: RunOptions = {}): Result {
  let step = steps.next();
  while (!step.done) step = steps.next(runHere(step.value, hooksFor(step.value, options)));
  return step.value;
}

/** Runs steps as {@linkcode runSpread} runs a plan. */
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

/** Tells how many pairs are done, each time that some more are. */
function reporterOf({ tasks }: Plan<unknown>, { onPairs }: RunOptions): (pairs: number) => void {
  const total = tasks.reduce((sum, { pairs }) => sum + pairs, 0);
  let done = 0;
  return (pairs) => onPairs?.(done += pairs, total);
}

function newRunner(work: Work, core: CoreExports): TaskRunner {
  return runStep(() => taskRunner(core, work));
}

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
 * Shares the tasks between threads, each of which takes the next one from a counter in shared memory. This thread is
 * one of them, and begins while the workers start; except in a page, which it would freeze.
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
  ended.catch(() => {}); // It may fail before it is waited for.
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
  /** One that never began, as where a page's policy forbids it, took no task: the others do without it. */
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
    workers.forEach(give); // Preparing the work takes a while: the workers start meanwhile.
    if (here) await work();
    await ended;
    if (Atomics.load(next, 0) < tasks.length) await work(); // Not one worker began.
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  onCounts?.(sumOfCounts(counts));
}
