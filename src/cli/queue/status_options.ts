// Declares the options of `status`, for the command line and its help.

import type { Command } from "commander";
import { oneOf } from "../options/arguments.ts";
import { queueOptions } from "../options/shared_options.ts";
import { statusCommand } from "./status_command.ts";

/** Adds the command to the program. */
export function addStatus(root: Command): void {
  const status = root.command("status")
    .exitOverride()
    .description("Show the jobs and workers of a queue: how far they are, how fast, how long they will take.")
    .option("--json <FILE>", "- prints JSON and nothing else", oneOf("-"))
    .option("--watch", "show it again and again, until Ctrl+C")
    .option("--end <JOB>", "first remove this job and what was computed for it")
    .action(statusCommand);
  queueOptions(status, "the queue's NATS server, nats://HOST:PORT", true);
}
