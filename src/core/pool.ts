// Tasks on this thread, or on workers over shared memory. Workers start from a blob: URL, which needs no
// permission, no file and no network; where they or shared memory are missing, this thread does all.

import { AnomalyClusterError } from "../errors.ts";
import { type CoreExports, coreExports, coreModule, newCore } from "./instance.ts";
import { type Task, type TaskRunner, taskRunner, type Work, type WorkCounts } from "./patch_tasks.ts";

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
  /** Most threads. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onPairs?: (done: number, total: number) => void;
  /** Hears, at the end, what was computed. */
  readonly onCounts?: (counts: WorkCounts) => void;
}

/** Threads that pay by default: the machine's, where shared memory and workers are there. */
export function availableThreads(): number {
  if (typeof SharedArrayBuffer === "undefined" || !workerStarter()) return 1;
  return Math.max(1, Math.min(16, globalThis.navigator?.hardwareConcurrency ?? 1));
}

/** Memory that workers can read and write, where there is such memory. Throws `too-large` when there is not enough. */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  try {
    return typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  } catch (cause) {
    const message = `this needs ${(bytes / 2 ** 30).toFixed(1)} GiB at once, more than there is: use fewer images`;
    throw new AnomalyClusterError("too-large", message, { cause });
  }
}

/** The same numbers on shared memory. */
export function onSharedMemory(data: Float32Array): Float32Array {
  if (typeof SharedArrayBuffer === "undefined" || data.buffer instanceof SharedArrayBuffer) return data;
  const shared = new Float32Array(sharedBuffer(data.byteLength));
  shared.set(data);
  return shared;
}

/** Below it, about 50 ms on one core, starting workers costs more than it saves. */
const WORTH_WORKERS = 2e9;

/** Milliseconds between pauses for timers and messages. */
const GIVE_WAY_EVERY = 30;

/** Runs a plan on this thread, without giving way. Throws `too-large` when memory does not suffice. */
export function runHere<Result>(plan: Plan<Result>, options: RunOptions = {}): Result {
  const runner = newRunner(plan.workForThread(false), coreExports());
  const total = totalPairs(plan.tasks);
  let done = 0;
  for (const task of plan.tasks) {
    options.signal?.throwIfAborted();
    runStep(() => runner.run(task));
    options.onPairs?.(done += task.pairs, total);
  }
  options.onCounts?.(runner.counts());
  return plan.result();
}

/** Runs a plan on up to `threads` workers; with one thread, here, giving way between tasks. Throws as {@linkcode runHere}. */
export async function runSpread<Result>(plan: Plan<Result>, options: RunOptions = {}): Promise<Result> {
  const wanted = options.threads ?? (plan.products < WORTH_WORKERS ? 1 : availableThreads());
  const threads = Math.min(wanted, plan.tasks.length);
  const start = workerStarter();
  if (threads > 1 && start && typeof SharedArrayBuffer !== "undefined") {
    await onWorkers(plan, threads, start, options);
    return plan.result();
  }
  const total = totalPairs(plan.tasks);
  let done = 0;
  const report = (pairs: number) => options.onPairs?.(done += pairs, total);
  const counts = await runPausing(plan.workForThread(false), plan.tasks, report, options.signal);
  options.onCounts?.(counts);
  return plan.result();
}

/** Does tasks on this thread, giving way to timers and messages now and then. */
async function runPausing(
  work: Work,
  tasks: Iterable<Task>,
  report: (pairs: number) => void,
  signal?: AbortSignal,
): Promise<WorkCounts> {
  // Other calls may come in the pauses: this work's memory is its own.
  const runner = newRunner(work, newCore());
  let gaveWay = performance.now();
  for (const task of tasks) {
    signal?.throwIfAborted();
    runStep(() => runner.run(task));
    report(task.pairs);
    if (performance.now() - gaveWay < GIVE_WAY_EVERY) continue;
    await giveWay();
    gaveWay = performance.now();
  }
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
function hooksFor(plan: Plan<unknown>, { threads, signal, ...hooks }: RunOptions): RunOptions {
  return plan.prepares ? { threads, signal } : { threads, signal, ...hooks };
}

/** Runs steps on this thread. */
export function runStepsHere<Result>(steps: Steps<Result>, options: RunOptions = {}): Result {
  let step = steps.next();
  while (!step.done) step = steps.next(runHere(step.value, hooksFor(step.value, options)));
  return step.value;
}

/** Runs steps as {@linkcode runSpread} runs a plan. */
export async function runStepsSpread<Result>(steps: Steps<Result>, options: RunOptions = {}): Promise<Result> {
  let step = steps.next();
  while (!step.done) step = steps.next(await runSpread(step.value, hooksFor(step.value, options)));
  return step.value;
}

function totalPairs(tasks: readonly Task[]): number {
  return tasks.reduce((sum, { pairs }) => sum + pairs, 0);
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

// Taken at the start: onnxruntime-web puts Node's Worker in its place when it opens a model.
const WebWorker = globalThis.Worker;

/** A worker of whatever kind the runtime has. */
interface Thread {
  post(message: unknown): void;
  end(): void;
}

type Listener = (message: WorkerMessage) => void;
type StartThread = (source: string, listener: Listener) => Thread;

type WorkerMessage =
  | { readonly kind: "begun" }
  | { readonly kind: "done"; readonly pairs: number }
  | { readonly kind: "counts"; readonly counts: WorkCounts }
  | { readonly kind: "failed"; readonly name: string; readonly message: string };

/** What a worker does, with `listen` and `post` of its runtime around it: takes tasks until none is left. */
const WORKER = `listen(({ module, work, tasks, next }) => {
  try {
    post({ kind: "begun" });
    const runner = taskRunner(new WebAssembly.Instance(module).exports, work);
    for (let at; (at = Atomics.add(next, 0, 1)) < tasks.length;) {
      runner.run(tasks[at]);
      post({ kind: "done", pairs: tasks[at].pairs });
    }
    post({ kind: "counts", counts: runner.counts() });
  } catch (error) {
    post({ kind: "failed", name: error.name, message: error.message });
  }
});`;

function workerStarter(): StartThread | undefined {
  if (WebWorker && typeof Blob !== "undefined" && typeof URL.createObjectURL === "function") {
    return webWorker;
  }
  const threads = nodeThreads();
  return threads && ((source, listener) => {
    const around = `const { parentPort } = require("node:worker_threads");
const listen = (use) => parentPort.on("message", use), post = (message) => parentPort.postMessage(message);
`;
    const worker = new threads.Worker(around + source, { eval: true });
    worker.on("message", listener);
    worker.on("error", (error) => listener({ kind: "failed", name: error.name, message: error.message }));
    return { post: (message) => worker.postMessage(message), end: () => void worker.terminate() };
  });
}

function webWorker(source: string, listener: Listener): Thread {
  const around =
    "const listen = (use) => onmessage = ({ data }) => use(data), post = (message) => postMessage(message);\n";
  const url = URL.createObjectURL(new Blob([around + source], { type: "text/javascript" }));
  const worker = new WebWorker(url, { type: "module" });
  worker.onmessage = ({ data }) => listener(data);
  worker.onerror = (event) => {
    event.preventDefault();
    listener({ kind: "failed", name: "Error", message: event.message });
  };
  return {
    post: (message) => worker.postMessage(message),
    end: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

interface NodeThreads {
  readonly Worker: new (source: string, options: { eval: boolean }) => {
    on(event: "message", use: Listener): void;
    on(event: "error", use: (error: Error) => void): void;
    postMessage(message: unknown): void;
    terminate(): unknown;
  };
}

function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined;
}

/**
 * Shares the tasks between threads, each of which takes the next one from a counter in shared memory. This thread is
 * one of them, and begins while the workers start; except in a page, which it would freeze.
 */
async function onWorkers(plan: Plan<unknown>, threads: number, start: StartThread, options: RunOptions): Promise<void> {
  const { signal, onPairs, onCounts } = options;
  signal?.throwIfAborted();
  const { tasks } = plan;
  const source = `const taskRunner = ${taskRunner.toString()};\n${WORKER}`;
  const next = new Int32Array(new SharedArrayBuffer(4));
  const here = typeof document === "undefined";
  const total = totalPairs(tasks);
  const counts: WorkCounts[] = [];
  let done = 0;
  const report = (pairs: number) => onPairs?.(done += pairs, total);
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
  const begin = () => {
    let begun = false;
    return start(source, (message) => {
      if (message.kind === "begun") begun = true;
      else if (message.kind === "done") report(message.pairs);
      else if (message.kind === "counts") finish(message.counts);
      else if (!begun) lose();
      else {
        const cause = Object.assign(new Error(message.message), { name: message.name });
        stop(message.name === "RangeError" ? outOfMemory(cause) : cause);
      }
    });
  };
  const work = async () => finish(await runPausing(plan.workForThread(true), taken(tasks, next), report));
  const workers: Thread[] = [];
  try {
    for (let thread = here ? 1 : 0; thread < threads; thread++) {
      try {
        workers.push(begin());
      } catch {
        lose();
      }
    }
    // Preparing the work takes a while: the workers start meanwhile.
    for (const worker of workers) worker.post({ module: coreModule(), work: plan.workForThread(true), tasks, next });
    if (here) await work();
    await ended;
    if (Atomics.load(next, 0) < tasks.length) await work(); // Not one worker began.
  } finally {
    signal?.removeEventListener("abort", abort);
    for (const worker of workers) worker.end();
  }
  onCounts?.(counts.reduce((sum, one) => {
    const keys = Object.keys(sum) as (keyof WorkCounts)[];
    return Object.fromEntries(keys.map((key) => [key, sum[key] + one[key]])) as unknown as WorkCounts;
  }));
}
