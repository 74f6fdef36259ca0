// The worker's side of a WorkerPool, in whatever kind of worker the runtime has.

interface Port {
  postMessage(message: unknown, taken: readonly Transferable[]): void;
  on(event: "message", use: (message: unknown) => void): void;
}

interface Surroundings {
  postMessage?: Port["postMessage"];
  onmessage?: (event: { readonly data: unknown }) => void;
  process?: { getBuiltinModule(name: string): { readonly parentPort: Port } };
}

/** Hands each message to `answer`, with what posts to the pool and gives memory away with it. */
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
