// Declares the options of `evaluate`, for the command line and its help.

import type { Command } from "commander";
import { imageSize, listOf, oneOf, wholeNumber } from "../options/arguments.ts";
import { namesOf, PRESET_LINES, TRAINED } from "../options/methods.ts";
import {
  cacheLimitOption,
  cacheOption,
  detailOption,
  engineOption,
  epochsOption,
  patienceOption,
} from "../options/shared_options.ts";
import { evaluateCommand } from "./evaluate_command.ts";

/** Adds the command to the program. */
export function addEvaluate(root: Command): void {
  root.command("evaluate")
    .exitOverride()
    .description("Measure presets and methods on labelled images; write tables (Markdown, CSV, JSON) and plots (SVG).")
    .argument(
      "[FOLDER]",
      "class folders, the layout of MVTec AD, VisA or the magnetic tile set, or a CSV file of path,label: docs/folders.md",
    )
    .option(
      "--collection <SETS...>",
      "several such sets, or a .txt file that names them: one table over all, with the best fixed spread and the regret",
    )
    .option("--out <DIR>", "where to write; a run into the same folder goes on where the one before ended")
    .option("--normals <DIR>", "labelled normal images, besides those of the layout")
    .option("--masks <DIR>", "ground-truth masks, besides those of the layout")
    .option("--presets <NAMES>", "which, with commas between them", listOf(...namesOf(PRESET_LINES)), [
      "paper",
      "default",
    ])
    .option(
      "--models <FILES>",
      "networks to measure besides by the paper's method (as --model of cluster), with commas between them",
      (files) => files.split(","),
    )
    .option(
      "--protocol <KIND>",
      "subsets: random 90 % of the images; whole: all of them",
      oneOf("subsets", "whole"),
      "subsets",
    )
    .option("--seeds <N>", "subsets", wholeNumber(1), 100)
    .option(
      "--cluster <KINDS>",
      "clusterers that are trained to measure besides, with commas between them: iic,gatcluster,scan",
      listOf(...namesOf(TRAINED)),
    )
    .option("--training-seeds <N>", "trainings of each of them", wholeNumber(1), 3)
    .addOption(epochsOption())
    .addOption(patienceOption())
    .option("--teach", "measure how few labels teach the kinds of all images, in place of groups: docs/learning.md")
    .option("--teach-runs <N>", "with other images labelled, for the mean of them", wholeNumber(1), 20)
    .option("--most-normals <N>", "labelled normals used, evenly", wholeNumber(1), 1000)
    .addOption(engineOption())
    .option("--size <PIXELS>", "side to which images are resized, a multiple of 32", imageSize, 224)
    .addOption(detailOption())
    .addOption(cacheOption())
    .addOption(cacheLimitOption())
    .action(evaluateCommand);
}
