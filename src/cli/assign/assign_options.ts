// Declares the options of `assign`, for the command line and its help.

import type { Command } from "commander";
import { oneOf } from "../options/arguments.ts";
import { cacheLimitOption, cacheOption, engineOption } from "../options/shared_options.ts";
import { assignCommand } from "./assign_command.ts";

/** Adds the command to the program. */
export function addAssign(root: Command): void {
  root.command("assign")
    .exitOverride()
    .description("Put the images of FOLDER into the groups of a model.json that cluster wrote, or into none of these.")
    .argument("<MODEL>", "model.json, with its model.bin beside it")
    .argument("<FOLDER>", "new images")
    .option("--out <DIR>", "where to write (default: FOLDER-assigned beside FOLDER)")
    .option("--groups <FILE>", "names and groups as edited in the report: a groups-edited.json of the same run")
    .option(
      "--learn <FILE>",
      "first learn from images that a person confirmed in this assignments.json or .csv of FOLDER; writes the model anew",
    )
    .option("--model <FILE>", "where the network of these groups is now (as of cluster), if it is not where it was")
    .addOption(engineOption())
    .addOption(cacheOption())
    .addOption(cacheLimitOption())
    .option("--watch", "go on: assign images as they come into FOLDER, until Ctrl-C")
    .option(
      "--json <FILE>",
      "- prints assignments.json (with --watch a line for each image) and nothing else",
      oneOf("-"),
    )
    .action(assignCommand);
}
