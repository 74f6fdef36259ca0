// Declares the options of `status`, for the command line and its help.

import type { Command } from "commander";
import { oneOf } from "../options/arguments.ts";
import { queueOptions } from "../options/shared_options.ts";
import { statusCommand } from "./status_command.ts";

/** Adds the command to the program. */
export function addStatus(root: Command): void {
  const status = root.command("status")
    .exitOverride()
    .description("Tell the jobs and workers of a queue: how far, how fast, how long yet.")
    .option("--json <FILE>", "- prints JSON on standard output, and nothing else", oneOf("-"))
    .option("--watch", "again and again, until Ctrl-C")
    .option("--end <JOB>", "remove this job, and what was computed for it, before")
    .action(statusCommand);
  queueOptions(status, "of this NATS server, nats://HOST:PORT", true);
}
