// The command `worker --queue URL`: embeds and compares images for jobs that other machines submit.

import { hostname } from "node:os";
import process from "node:process";
import { fromUser } from "../options/arguments.ts";
import { tell } from "../system/progress.ts";
import { onStop } from "../system/signals.ts";
import type { ServerOptions } from "./connect_queue.ts";

/** Options from the command line. */
export interface WorkerCommandOptions extends ServerOptions {
  readonly model?: string;
  readonly shared?: string;
  readonly name?: string;
}

/** Works until a signal to stop. A second signal ends the program at once. */
export async function workerCommand(options: WorkerCommandOptions): Promise<void> {
  const [{ connectQueue }, { work }] = await Promise.all([
    import("./connect_queue.ts"),
    import("./work.ts"),
  ]);
  const stopping = new AbortController();
  using _stop = onStop(() => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    tell("stopping after the task in work; again to stop at once");
  });
  try {
    const server = await connectQueue(options, { tell, signal: stopping.signal, patient: true });
    tell(`waiting for jobs of the server at ${server.place} until Ctrl+C`);
    await work(server, {
      ...(options.model !== undefined && { model: options.model }),
      ...(options.shared !== undefined && { shared: fromUser(options.shared) }),
      name: options.name ?? `${hostname()}:${process.pid}`,
      signal: stopping.signal,
    });
    await server.close();
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}
