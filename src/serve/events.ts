// Reports the progress of work by server-sent events.

/** Sends one event. */
export type Send = (event: string, data: unknown) => void;

/**
 * A stream of the events that `work` sends. It ends when the work does. `onCancel` is called when the reader has left.
 */
export function eventStream(work: (send: Send) => Promise<void>, onCancel: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let open = true;
  return new ReadableStream({
    async start(controller) {
      const send: Send = (event, data) => {
        if (open) controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      };
      await Promise.resolve(); // The stream must be returned before it is filled.
      work(send).finally(() => {
        if (open) controller.close();
        open = false;
      });
    },
    cancel() {
      open = false;
      onCancel();
    },
  });
}
