// Declares the options of `cluster`, for the command line and its help.

import { type Command, Option } from "commander";
import {
  byteCount,
  groupCount,
  imageSize,
  listOf,
  oneOf,
  positive,
  referenceCount,
  scoreSource,
  temperatures,
  wholeNumber,
} from "../options/arguments.ts";
import {
  CLUSTERERS,
  CONTENTS,
  DISTANCES,
  LENGTHS,
  methodsHelp,
  namesOf,
  POOLINGS,
  PRESET_LINES,
  SCORES,
  WEIGHTS,
} from "../options/methods.ts";
import {
  cacheLimitOption,
  cacheOption,
  detailOption,
  engineOption,
  epochsOption,
  patienceOption,
  queueOptions,
} from "../options/shared_options.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { applyConfig } from "../options/config.ts";
import { applyCommand } from "./apply_command.ts";
import { clusterCommand } from "./cluster_command.ts";
import type { ClusterCommandOptions } from "./cluster_settings.ts";
import { type ExportName, EXPORTS } from "./export_groups.ts";

const EXAMPLES = `
Examples:
  cluster photos/                                   the report is photos-clusters/report.html
  cluster photos/ --preset best --k 6               six groups, by the preset that finds most
  cluster photos/ --normals good/                   what is unlike these images without defects is a defect
  cluster photos/ --labels folders --json -         how well groups agree with the sub-folders, as JSON
  cluster photos/ --learn groups-edited.json        the kinds of all images, from those that you confirmed
  cluster photos/ --config line-3.json --seed 7     options from a file, one of them changed
  cluster photos/ --model hf:Xenova/dinov2-small    a network of the Hugging Face hub, downloaded once
  cluster photos/ --cache off                       nothing is kept from one run to the next`;

/** Adds the command to the program. */
export function addCluster(root: Command): void {
  const cluster = root.command("cluster")
    .exitOverride()
    .description("Group the images of FOLDER and its sub-folders; write a report, CSV and JSON.")
    .argument("<FOLDER>", "folder of the images")
    .option("--out <DIR>", "where to write the results (default: FOLDER-clusters beside FOLDER)")
    .option(
      "--k <N>",
      "number of groups; auto takes the clearest number from 2 to 20",
      groupCount,
      "auto",
    )
    .option(
      "--threshold <HEIGHT>",
      "in place of --k: cut the tree of groups at this height, as the report shows it",
      positive,
    )
    .option("--smallest-group <N>", "images in smaller groups are marked as outliers", wholeNumber(1), 1)
    .option(
      "--preset <NAME>",
      "how much time to spend for how good groups, see below: quick, default, best; paper is the published method",
      oneOf(...namesOf(PRESET_LINES)),
      "default",
    )
    .option(
      "--tau <T>",
      "how widely weights spread over an image (temperature): auto chooses it from the images; else a share of the patches (30%, perplexity), standard deviations of the scores (0.3sd) or a number; several with commas are combined (default: the preset's)",
      temperatures,
    )
    .option("--weight <KIND>", "how much each patch of an image counts (default: soft)", oneOf(...namesOf(WEIGHTS)))
    .option(
      "--over <SCORE>",
      "what a patch is scored by: a name from below or a quantile, for example 5% (default: the preset's; mean for hard and hybrid)",
      scoreSource(...namesOf(SCORES)),
    )
    .option(
      "--content <KIND>",
      "what is averaged into an image's vector (default: the preset's)",
      oneOf(...namesOf(CONTENTS)),
    )
    .option(
      "--length <KIND>",
      "what becomes of the vector's length (default: the preset's)",
      oneOf(...namesOf(LENGTHS)),
    )
    .option(
      "--references <N>",
      "which images all images are compared with: all; auto: all if they are few, else a sample as large as needed; a number: so many at random; coreset:N: N that differ most (default: the preset's)",
      referenceCount,
    )
    .option("--top <N>", "how many patches count with --weight hard or hybrid", wholeNumber(1), 10)
    .option(
      "--normals <DIR>",
      "folder of images without defects: what is unlike them counts as a defect; --weight is then labelled-normal by default",
    )
    .option(
      "--masks <DIR>",
      "folder of masks named like the images, black where there is no defect; --weight is then mask by default",
    )
    .option("--distance <KIND>", "how far apart two images are", oneOf(...namesOf(DISTANCES)), "weighted-average")
    .option("--pool <KIND>", "average the patches in this way instead of by --weight", oneOf(...namesOf(POOLINGS)))
    .option("--cluster <KIND>", "how images are put into groups", oneOf(...namesOf(CLUSTERERS)), "ward")
    .option("--seed <N>", "seed of random choices, for the --cluster methods that make any", wholeNumber(0), 0)
    .addOption(epochsOption())
    .addOption(patienceOption())
    .option(
      "--model <FILE>",
      "use another network: hf:OWNER/NAME from the Hugging Face hub, its address, a folder with its files, or an ONNX file: docs/models.md",
    )
    .addOption(engineOption())
    .option(
      "--decoder <NAME>",
      "what reads JPEG and PNG: own, or imagescript (slower; in Deno it needs --allow-ffi)",
      oneOf("own", "imagescript"),
      "own",
    )
    .addOption(cacheOption())
    .addOption(cacheLimitOption())
    .option("--memory", "print the most memory that was in use")
    .option(
      "--views <N>",
      "in how many directions to look at each image: 1, 4 or 8; more take longer (default: the preset's)",
      oneOf("1", "4", "8"),
    )
    .option(
      "--whiten <YES>",
      "yes or no: keep the network's strongest features from drowning out the others (default: the preset's)",
      oneOf("yes", "no"),
    )
    .option(
      "--size <PIXELS>",
      "resize images to so many pixels along each side; a multiple of 32 for the included networks (default: the network's, 224)",
      imageSize,
    )
    .addOption(detailOption())
    .option(
      "--labels <SOURCE>",
      "folders: take sub-folders as the true kinds, and tell how well the groups agree",
      oneOf("folders"),
    )
    .option(
      "--learn <FILE>",
      "learn kinds from the images that you confirmed in this groups-edited.json, and find further kinds",
    )
    .option("--json <FILE>", "- prints groups.json and nothing else", oneOf("-"))
    .option("--config <FILE>", "read options from a JSON file (docs/config.schema.json); those given here win")
    .option(
      "--export <FORMATS>",
      `also write for other programs, separated by commas (docs/exports.md): ${
        namesOf<ExportName>(EXPORTS).join(", ")
      }`,
      listOf(...namesOf<ExportName>(EXPORTS)),
    )
    .option(
      "--queue-batch <N>",
      "most images given to a machine of the queue at a time",
      wholeNumber(1),
      32,
    )
    .option(
      "--queue-wait <SECONDS>",
      "after so long a silence, give a machine's images to another",
      wholeNumber(1),
      30,
    )
    .addOption(
      new Option("--queue-store <SIZE>", "most data of images that wait on the queue's server").argParser(byteCount)
        .default(1e9, "1GB"),
    )
    .option("--shared", "send no images: the queue's machines read them under the same paths")
    .option(
      "--apply <FILE>",
      "do not group: copy the images into folders named after the groups of this groups.json",
    )
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", methodsHelp())
    .hook("preAction", applyConfig)
    .action(clusterOrApply);
  queueOptions(cluster, "let the machines at this NATS server do the work, nats://HOST:PORT", false);
}

/** Runs the command. `--apply` can be combined only with `--out`. */
async function clusterOrApply(
  folder: string,
  options: ClusterCommandOptions & { readonly apply?: string },
  command: Command,
): Promise<void> {
  const { apply, out } = options;
  if (apply === undefined) return await clusterCommand(folder, options);
  const other = command.options.find((option) => {
    const name = option.attributeName();
    return name !== "apply" && name !== "out" && command.getOptionValueSource(name) === "cli";
  });
  if (other) throw new AnomalyClusterError("bad-argument", `--apply makes no use of ${other.long}: leave one out`);
  await applyCommand(folder, { apply, ...(out && { out }) });
}
