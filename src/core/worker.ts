// Starts workers, of whatever kind the runtime has: from the text of a program, which needs no permission, no file and
// no network; or from a module.

import { nodeModule } from "../runtime/node_module.ts";

/** A worker. */
export interface Worker {
  post(message: unknown): void;
  end(): void;
}

/** A worker that can take over memory from the sender. */
export interface ModuleWorker extends Worker {
  /** `taken`: memory in the message that is handed over to the worker instead of being copied. */
  post(message: unknown, taken?: readonly Transferable[]): void;
}

/** Receives a worker's messages, and the error that ends it. */
export interface Listener<Message> {
  heard(message: Message): void;
  failed(error: Error): void;
}

/**
 * Starts a worker from the text of a program. Two functions are defined before that text: the program calls `listen`
 * with the function that receives messages, and `post` to answer.
 */
export type StartWorker = <Message>(source: string, listener: Listener<Message>) => Worker;

// Read as soon as this module is loaded, because onnxruntime-web replaces globalThis.Worker by Node's when it opens a
// model.
const WebWorker = globalThis.Worker;

/** Returns the function that starts workers in this runtime; undefined if the runtime has no workers. */
export function workerStarter(): StartWorker | undefined {
  if (WebWorker && typeof Blob !== "undefined" && typeof URL.createObjectURL === "function") {
    return webWorker;
  }
  const threads = nodeThreads();
  return threads && ((source, listener) => {
    const around = `const { parentPort } = require("node:worker_threads");
const listen = (use) => parentPort.on("message", use), post = (message) => parentPort.postMessage(message);
`;
    return nodeWorker(new threads.Worker(around + source, { eval: true }), listener);
  });
}

/** Starts a worker from a module. The module receives messages and answers through `runtime/worker_port.ts`. */
export function startModule<Message>(module: URL, listener: Listener<Message>): ModuleWorker {
  if (WebWorker) return heardOf(new WebWorker(module, { type: "module" }), listener);
  return nodeWorker(new (nodeThreads()!.Worker)(module), listener);
}

/** Starts a web worker from the text of a program, by way of a blob. */
function webWorker<Message>(source: string, listener: Listener<Message>): Worker {
  const around =
    "const listen = (use) => onmessage = ({ data }) => use(data), post = (message) => postMessage(message);\n";
  const url = URL.createObjectURL(new Blob([around + source], { type: "text/javascript" }));
  const { post, end } = heardOf(new WebWorker(url, { type: "module" }), listener);
  return {
    post,
    end: () => {
      end();
      URL.revokeObjectURL(url);
    },
  };
}

/** Wraps a web worker. */
function heardOf<Message>(
  worker: InstanceType<typeof WebWorker>,
  { heard, failed }: Listener<Message>,
): ModuleWorker {
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed(new Error(event.message));
  };
  return { post: (message, taken = []) => worker.postMessage(message, [...taken]), end: () => worker.terminate() };
}

/** Wraps a worker thread of Node. */
function nodeWorker<Message>(worker: NodeWorker, { heard, failed }: Listener<Message>): ModuleWorker {
  worker.on("message", heard as (message: unknown) => void);
  worker.on("error", failed);
  return { post: (message, taken) => worker.postMessage(message, taken), end: () => void worker.terminate() };
}

/** The parts of Node's worker threads that are used here. */
interface NodeWorker {
  on(event: "message", use: (message: unknown) => void): void;
  on(event: "error", use: (error: Error) => void): void;
  postMessage(message: unknown, taken?: readonly Transferable[]): void;
  terminate(): unknown;
}

interface NodeThreads {
  readonly Worker: new (source: string | URL, options?: { eval: boolean }) => NodeWorker;
}

function nodeThreads(): NodeThreads | undefined {
  return nodeModule<NodeThreads>("node:worker_threads");
}
