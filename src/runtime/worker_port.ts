// The worker's side of a WorkerPool, for web workers and for Node's worker threads.

interface Port {
  postMessage(message: unknown, taken: readonly Transferable[]): void;
  on(event: "message", use: (message: unknown) => void): void;
}

interface Surroundings {
  postMessage?: Port["postMessage"];
  onmessage?: (event: { readonly data: unknown }) => void;
  process?: { getBuiltinModule(name: string): { readonly parentPort: Port } };
}

/**
 * Calls `answer` with each message and a function that posts to the pool. Data in `taken` are transferred, not copied.
 */
export function onMessage<Message>(
  answer: (message: Message, post: (message: unknown, taken?: readonly Transferable[]) => void) => void,
): void {
  const around = globalThis as unknown as Surroundings;
  if (around.postMessage) {
    const post = around.postMessage;
    around.onmessage = ({ data }) => answer(data as Message, (message, taken = []) => post(message, taken));
    return;
  }
  const { parentPort } = around.process!.getBuiltinModule("node:worker_threads");
  const post = (message: unknown, taken: readonly Transferable[] = []) => parentPort.postMessage(message, taken);
  parentPort.on("message", (message) => answer(message as Message, post));
}
