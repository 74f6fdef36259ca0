// Declares the options of `worker`, for the command line and its help.

import type { Command } from "commander";
import { queueOptions } from "../options/shared_options.ts";
import { workerCommand } from "./worker_command.ts";

/** Adds the command to the program. */
export function addWorker(root: Command): void {
  const worker = root.command("worker")
    .exitOverride()
    .description("Embed and compare images for jobs that cluster --queue submits, until Ctrl-C.")
    .option(
      "--model <FILE>",
      "where a network is (as of cluster) that is neither included nor found where the job says",
    )
    .option("--shared <DIR>", "also work for jobs whose files lie in this folder, under the same path")
    .option("--name <TEXT>", "how status calls it (default: host and process)")
    .action(workerCommand);
  queueOptions(worker, "work for this NATS server, nats://HOST:PORT", true);
}
