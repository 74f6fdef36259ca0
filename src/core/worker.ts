// Workers of whatever kind the runtime has, from source text: it needs no permission, no file and no network.

/** A worker. */
export interface Worker {
  post(message: unknown): void;
  end(): void;
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
  return threads && ((source, { heard, failed }) => {
    const around = `const { parentPort } = require("node:worker_threads");
const listen = (use) => parentPort.on("message", use), post = (message) => parentPort.postMessage(message);
`;
    const worker = new threads.Worker(around + source, { eval: true });
    worker.on("message", heard as (message: unknown) => void);
    worker.on("error", failed);
    return { post: (message) => worker.postMessage(message), end: () => void worker.terminate() };
  });
}

function webWorker<Message>(source: string, { heard, failed }: Listener<Message>): Worker {
  const around =
    "const listen = (use) => onmessage = ({ data }) => use(data), post = (message) => postMessage(message);\n";
  const url = URL.createObjectURL(new Blob([around + source], { type: "text/javascript" }));
  const worker = new WebWorker(url, { type: "module" });
  worker.onmessage = ({ data }) => heard(data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed(new Error(event.message));
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
    on(event: "message", use: (message: unknown) => void): void;
    on(event: "error", use: (error: Error) => void): void;
    postMessage(message: unknown): void;
    terminate(): unknown;
  };
}

function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined;
}
