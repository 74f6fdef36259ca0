// Workers of whatever kind the runtime has: from source text, which needs no permission, no file and no network, or of a
// module.

import { nodeModule } from "../node_module.ts";

/** A worker. */
export interface Worker {
  post(message: unknown): void;
  end(): void;
}

/** A worker that can be given memory for good. */
export interface ModuleWorker extends Worker {
  post(message: unknown, taken?: readonly Transferable[]): void;
}

/** Hears a worker's messages, and what it died of. */
export interface Listener<Message> {
  heard(message: Message): void;
  failed(error: Error): void;
}

/**
 * Starts a worker with `listen` and `post` of its runtime around its source: what takes the function that messages
 * go to, and what answers.
 */
export type StartWorker = <Message>(source: string, listener: Listener<Message>) => Worker;

// Taken at the start: onnxruntime-web puts Node's Worker in its place when it opens a model.
const WebWorker = globalThis.Worker;

/** What starts workers here; nothing where there are none. */
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

/** Starts a worker of a module, which hears and answers as `cli/worker_port.ts` does. */
export function startModule<Message>(module: URL, listener: Listener<Message>): ModuleWorker {
  if (WebWorker) return heardOf(new WebWorker(module, { type: "module" }), listener);
  return nodeWorker(new (nodeThreads()!.Worker)(module), listener);
}

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

function nodeWorker<Message>(worker: NodeWorker, { heard, failed }: Listener<Message>): ModuleWorker {
  worker.on("message", heard as (message: unknown) => void);
  worker.on("error", failed);
  return { post: (message, taken) => worker.postMessage(message, taken), end: () => void worker.terminate() };
}

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
