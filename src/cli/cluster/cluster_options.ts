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
  cluster photos/ --preset best --k 6               six groups, by the slowest and best preset
  cluster photos/ --normals good/                   what is unlike these sound images is anomalous
  cluster photos/ --labels folders --json -         agreement with the sub-folders' names, as JSON
  cluster photos/ --learn groups-edited.json        all images as those that you confirmed in the report
  cluster photos/ --config line-3.json --seed 7     options from a file, one of them changed
  cluster photos/ --model hf:Xenova/dinov2-small    a network of the Hugging Face hub, downloaded once
  cluster photos/ --cache off                       nothing is kept from one run to the next`;

/** Adds the command to the program. */
export function addCluster(root: Command): void {
  const cluster = root.command("cluster")
    .exitOverride()
    .description("Group the images of FOLDER and its sub-folders; write a report, CSV and JSON.")
    .argument("<FOLDER>", "the images")
    .option("--out <DIR>", "where to write (default: FOLDER-clusters beside FOLDER)")
    .option(
      "--k <N>",
      "number of groups, or auto: the clearest of 2 to 20, by gaps in the tree and how well halves of the images agree",
      groupCount,
      "auto",
    )
    .option(
      "--threshold <HEIGHT>",
      "cut the tree at this height in place of --k: the report's tree shows heights",
      positive,
    )
    .option("--smallest-group <N>", "members of smaller groups are marked as fitting nowhere", wholeNumber(1), 1)
    .option(
      "--preset <NAME>",
      "network, whitening, views and temperature together",
      oneOf(...namesOf(PRESET_LINES)),
      "default",
    )
    .option(
      "--tau <T>",
      "how far weights spread: auto, chosen from the images; or a number, standard deviations of the scores (0.3sd) or perplexity (30%); with commas, their consensus (default: the preset's)",
      temperatures,
    )
    .option("--weight <KIND>", "weights of the patches (default: soft)", oneOf(...namesOf(WEIGHTS)))
    .option(
      "--over <SCORE>",
      "what patches are scored by, a name or a quantile as 5% (default: the preset's, mean for hard and hybrid)",
      scoreSource(...namesOf(SCORES)),
    )
    .option("--content <KIND>", "what is averaged (default: the preset's)", oneOf(...namesOf(CONTENTS)))
    .option("--length <KIND>", "length of the images' embeddings (default: the preset's)", oneOf(...namesOf(LENGTHS)))
    .option(
      "--references <N>",
      "images that all are compared with: auto, all of a few, of more a sample as large as it takes; all; a number at random; or coreset:N (default: the preset's)",
      referenceCount,
    )
    .option("--top <N>", "patches that hard and hybrid weights keep", wholeNumber(1), 10)
    .option("--normals <DIR>", "labelled normal images; weights become labelled-normal unless --weight says else")
    .option(
      "--masks <DIR>",
      "ground-truth masks named as the images, defects not black; weights become mask unless --weight says else",
    )
    .option("--distance <KIND>", "distance between images", oneOf(...namesOf(DISTANCES)), "weighted-average")
    .option("--pool <KIND>", "pools patches in place of the weighted average", oneOf(...namesOf(POOLINGS)))
    .option("--cluster <KIND>", "how images are grouped", oneOf(...namesOf(CLUSTERERS)), "ward")
    .option("--seed <N>", "seed of what draws lots: all clusterers but the linkages", wholeNumber(0), 0)
    .addOption(epochsOption())
    .addOption(patienceOption())
    .option(
      "--model <FILE>",
      "another network: hf:OWNER/NAME of the Hugging Face hub, its address, a folder as of the hub, or an ONNX file: docs/models.md",
    )
    .addOption(engineOption())
    .option(
      "--decoder <NAME>",
      "own, or imagescript for JPEG and PNG (slower; by Deno needs --allow-ffi)",
      oneOf("own", "imagescript"),
      "own",
    )
    .addOption(cacheOption())
    .addOption(cacheLimitOption())
    .option("--memory", "tell the most memory that was in use")
    .option(
      "--views <N>",
      "directions in which each image is seen: 1, 4 or 8 (default: the preset's)",
      oneOf("1", "4", "8"),
    )
    .option("--whiten <YES>", "yes or no: decorrelate the channels (default: the preset's)", oneOf("yes", "no"))
    .option(
      "--size <PIXELS>",
      "side to which images are resized, a multiple of 32 for the included networks (default: the network's, 224)",
      imageSize,
    )
    .addOption(detailOption())
    .option("--labels <SOURCE>", "folders: sub-folder names are true labels, to measure agreement", oneOf("folders"))
    .option(
      "--learn <FILE>",
      "group by the images that a person confirmed in this groups-edited.json: their groups are kinds, others are found",
    )
    .option("--json <FILE>", "- prints groups.json on standard output, and nothing else", oneOf("-"))
    .option("--config <FILE>", "options from a JSON file, by docs/config.schema.json; those given here win over it")
    .option(
      "--export <FORMATS>",
      `for other programs too, with commas between them: ${namesOf<ExportName>(EXPORTS).join(", ")}`,
      listOf(...namesOf<ExportName>(EXPORTS)),
    )
    .option(
      "--queue-batch <N>",
      "most images that a machine of the queue is given at a time",
      wholeNumber(1),
      32,
    )
    .option(
      "--queue-wait <SECONDS>",
      "images of a machine that is silent for so long go to another",
      wholeNumber(1),
      30,
    )
    .addOption(
      new Option("--queue-store <SIZE>", "most bytes of images that wait on the queue's server").argParser(byteCount)
        .default(1e9, "1GB"),
    )
    .option("--shared", "machines of the queue read the images under the same paths, none is sent")
    .option(
      "--apply <FILE>",
      "groups nothing: copies the images into folders named after the groups of this groups.json",
    )
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", methodsHelp())
    .hook("preAction", applyConfig)
    .action(clusterOrApply);
  queueOptions(cluster, "embed and compare on the machines of this NATS server, nats://HOST:PORT", false);
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
