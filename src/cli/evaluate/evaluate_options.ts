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
      "a folder of class folders, the layout of MVTec AD, VisA or the magnetic tile set, or a CSV file of path,label: docs/folders.md",
    )
    .option(
      "--collection <SETS...>",
      "measure several such sets, or those named in a .txt file, in one table; with the best fixed --tau and how much worse the chosen one is (regret)",
    )
    .option(
      "--out <DIR>",
      "where to write the results; a second run into the same folder goes on where the first one ended",
    )
    .option("--normals <DIR>", "folder of images without defects, besides those of the layout")
    .option("--masks <DIR>", "folder of masks of the defects, besides those of the layout")
    .option("--presets <NAMES>", "presets to measure, separated by commas", listOf(...namesOf(PRESET_LINES)), [
      "paper",
      "default",
    ])
    .option(
      "--models <FILES>",
      "further networks to measure by the paper's method (as --model of cluster), separated by commas",
      (files) => files.split(","),
    )
    .option(
      "--protocol <KIND>",
      "subsets: the mean over random subsets of 90 % of the images; whole: all images once",
      oneOf("subsets", "whole"),
      "subsets",
    )
    .option("--seeds <N>", "how many subsets", wholeNumber(1), 100)
    .option(
      "--cluster <KINDS>",
      "clustering methods that train, to measure too, separated by commas: iic,gatcluster,scan",
      listOf(...namesOf(TRAINED)),
    )
    .option("--training-seeds <N>", "how many trainings of each of these", wholeNumber(1), 3)
    .addOption(epochsOption())
    .addOption(patienceOption())
    .option(
      "--teach",
      "measure how well a few labels teach the kinds of all images, in place of the groups: docs/learning.md",
    )
    .option("--teach-runs <N>", "how many runs to average, each with other images labelled", wholeNumber(1), 20)
    .option("--most-normals <N>", "most images without defects to use, chosen evenly", wholeNumber(1), 1000)
    .addOption(engineOption())
    .option("--size <PIXELS>", "resize images to so many pixels along each side, a multiple of 32", imageSize, 224)
    .addOption(detailOption())
    .addOption(cacheOption())
    .addOption(cacheLimitOption())
    .action(evaluateCommand);
}
