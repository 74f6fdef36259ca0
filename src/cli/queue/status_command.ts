// The command `status --queue URL`: prints the jobs and workers of a server.

import process from "node:process";
import { tell } from "../system/progress.ts";
import type { QueueStatus } from "./status.ts";
import type { ServerOptions } from "./connect_queue.ts";

/** Options from the command line. */
export interface StatusCommandOptions extends ServerOptions {
  readonly json?: "-";
  readonly watch?: boolean;
  /** Id of a job to remove. */
  readonly end?: string;
}

/** Milliseconds between two reports of `--watch`. */
const LOOK_EVERY = 2000;

/** Prints the state of the server, once or again and again until Ctrl-C. Removes the job of `--end` first. */
export async function statusCommand(options: StatusCommandOptions): Promise<void> {
  const [{ connectQueue }, { endJob, queueStatus, statusText }] = await Promise.all([
    import("./connect_queue.ts"),
    import("./status.ts"),
  ]);
  const server = await connectQueue(options, { tell });
  const print = (status: QueueStatus) => console.log(options.json ? JSON.stringify(status) : statusText(status));
  if (options.end !== undefined) await endJob(server, options.end);
  print(await queueStatus(server));
  while (options.watch) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    if (!options.json && process.stdout.isTTY) console.log("\x1b[H\x1b[2J");
    print(await queueStatus(server));
  }
  await server.close();
}
