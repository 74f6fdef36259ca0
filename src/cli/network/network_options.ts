// Declares the options of `network`, for the command line and its help.

import type { Command } from "commander";
import { oneOf } from "../options/arguments.ts";
import { cacheOption, engineOption } from "../options/shared_options.ts";
import { networkCommand } from "./network_command.ts";

/** Adds the command to the program. */
export function addNetwork(root: Command): void {
  root.command("network")
    .exitOverride()
    .description(
      "Download a network from the Hugging Face hub into the cache, open it, and tell what it is: docs/models.md.",
    )
    .argument("<NAME>", "hf:OWNER/NAME, or whatever else --model of cluster takes")
    .option("--update", "take the newest version, even if an older one is in the cache")
    .addOption(engineOption())
    .addOption(cacheOption())
    .option("--json <FILE>", "- prints JSON and nothing else", oneOf("-"))
    .action(networkCommand);
}
