// Declares the options of `assign`, for the command line and its help.

import type { Command } from "commander";
import { oneOf } from "../options/arguments.ts";
import { cacheLimitOption, cacheOption, engineOption } from "../options/shared_options.ts";
import { assignCommand } from "./assign_command.ts";

/** Adds the command to the program. */
export function addAssign(root: Command): void {
  root.command("assign")
    .exitOverride()
    .description(
      "Put new images into the groups of a model.json that cluster wrote; those that fit no group are told apart.",
    )
    .argument("<MODEL>", "model.json, with its model.bin beside it")
    .argument("<FOLDER>", "folder of the new images")
    .option("--out <DIR>", "where to write the results (default: FOLDER-assigned beside FOLDER)")
    .option("--groups <FILE>", "take groups and names from a groups-edited.json that the report of the same run saved")
    .option(
      "--learn <FILE>",
      "first learn from the images that you confirmed in this assignments.json or .csv of FOLDER, and write the model anew",
    )
    .option("--model <FILE>", "where the network of these groups is now, if it was moved (as --model of cluster)")
    .addOption(engineOption())
    .addOption(cacheOption())
    .addOption(cacheLimitOption())
    .option("--watch", "go on: assign images as they come into FOLDER, until Ctrl+C")
    .option(
      "--json <FILE>",
      "- prints assignments.json and nothing else; with --watch a line for each image",
      oneOf("-"),
    )
    .action(assignCommand);
}
