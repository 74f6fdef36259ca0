// The program: collects its commands, runs one, and sets the exit code.

import { Command, CommanderError } from "commander";
import { AnomalyClusterError } from "../errors.ts";
import { printable } from "../report/printable.ts";
import { addAssign } from "./assign/assign_options.ts";
import { addCluster } from "./cluster/cluster_options.ts";
import { addEvaluate } from "./evaluate/evaluate_options.ts";
import { addNetwork } from "./network/network_options.ts";
import { addCompletions } from "./options/completions.ts";
import { addStatus } from "./queue/status_options.ts";
import { addWorker } from "./queue/worker_options.ts";
import { addServe } from "./serve/serve_options.ts";
import { VERSION } from "./system/manifest.ts";

/**
 * Runs the program with these arguments. Resolves to the exit code: 0 for success, 1 for a failure, 2 for wrong usage.
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args as string[], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(`error: ${printable(error instanceof Error ? error.message : String(error))}`);
    return error instanceof AnomalyClusterError && error.code === "bad-argument" ? 2 : 1;
  }
}

/** The program's commands and options. */
export function program(): Command {
  const root = new Command("anomaly-cluster")
    .description("Groups images of one product or texture by kind of defect.")
    .version(VERSION)
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false }) // Asking the terminal would read environment variables.
    .exitOverride()
    .showHelpAfterError("(--help lists the options)");
  // The help lists the commands in this order.
  for (const add of [addCluster, addAssign, addEvaluate, addWorker, addStatus, addNetwork, addCompletions, addServe]) {
    add(root);
  }
  return root;
}
