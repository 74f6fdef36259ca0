// Declares the options of `worker`, for the command line and its help.

import type { Command } from "commander";
import { queueOptions } from "../options/shared_options.ts";
import { workerCommand } from "./worker_command.ts";

/** Adds the command to the program. */
export function addWorker(root: Command): void {
  const worker = root.command("worker")
    .exitOverride()
    .description("Do the work of jobs that cluster --queue submits, until Ctrl+C.")
    .option(
      "--model <FILE>",
      "where to find a network that is neither included nor where the job says (as --model of cluster)",
    )
    .option("--shared <DIR>", "also take jobs whose images lie in this folder under the same path (cluster --shared)")
    .option("--name <TEXT>", "name of this worker in status (default: host and process)")
    .action(workerCommand);
  queueOptions(worker, "the queue's NATS server, nats://HOST:PORT", true);
}
