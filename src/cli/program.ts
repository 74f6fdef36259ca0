import { Command, CommanderError, Option } from "commander";
import { NATIVE_PACKAGE } from "../embed/onnx.ts";
import { AnomalyClusterError } from "../errors.ts";
import { printable } from "../report/printable.ts";
import { applyCommand } from "./apply_command.ts";
import {
  byteCount,
  detail,
  groupCount,
  imageSize,
  listOf,
  oneOf,
  positive,
  referenceCount,
  scoreSource,
  temperatures,
  wholeNumber,
} from "./arguments.ts";
import { completionScript, type Shell, SHELLS } from "./completions.ts";
import { applyConfig } from "./config.ts";
import { assignCommand } from "./assign_command.ts";
import { clusterCommand } from "./cluster_command.ts";
import type { ClusterCommandOptions } from "./cluster_settings.ts";
import { type ExportName, EXPORTS } from "./export_groups.ts";
import { evaluateCommand } from "./evaluate_command.ts";
import { VERSION } from "./manifest.ts";
import { networkCommand } from "./network_command.ts";
import { serveCommand } from "./serve_command.ts";
import { statusCommand } from "./status_command.ts";
import { workerCommand } from "./worker_command.ts";
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
  TRAINED,
  WEIGHTS,
} from "./methods.ts";

/** Runs the program with these arguments; resolves to the exit code: 0, 1 for a failure, 2 for wrong usage. */
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

/** `--apply` stands alone or with `--out`. */
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

function engineOption(): Option {
  const what =
    `what runs the network: wasm, native (by Deno the task cluster:native; else npm install ${NATIVE_PACKAGE}), ` +
    "or auto: native where that is there and, by Deno, --allow-ffi is given";
  return new Option("--engine <NAME>", what).argParser(oneOf("auto", "wasm", "native")).default("auto");
}

function detailOption(): Option {
  const what =
    "size in pixels of the smallest defect that matters in large photos, which are then looked at closer where " +
    "they are least like the others; auto: as small as can be found in about the time of a small image ten times over, and " +
    "from 0.4 megapixels on; off: photos are seen whole (default: auto, with --preset paper off)";
  return new Option("--detail <PIXELS>", what).argParser(detail);
}

function cacheOption(): Option {
  return new Option("--cache <DIR>", "where embedded images are kept, or off (default: the user's folder for caches)")
    .env("ANOMALY_CLUSTER_CACHE");
}

function cacheLimitOption(): Option {
  return new Option("--cache-limit <SIZE>", "most that the cache takes, as 500MB; what was used longest ago makes room")
    .argParser(byteCount).default(4e9, "4GB");
}

function epochsOption(): Option {
  return new Option("--epochs <N>", "passes over the images, of a clusterer that is trained (default: the method's)")
    .argParser(wholeNumber(1));
}

function patienceOption(): Option {
  return new Option(
    "--patience <N>",
    "a training ends after so many epochs without a lower loss; 0 never before its end",
  )
    .argParser(wholeNumber(0)).default(40);
}

/** Options of every command that speaks to a queue's server; `what` it does there. */
function queueOptions(command: Command, what: string, isNeeded: boolean): Command {
  const url = new Option("--queue <URL>", `${what}: docs/queue.md`).makeOptionMandatory(isNeeded);
  return command.addOption(url)
    .option("--queue-creds <FILE>", "credentials for the queue's server")
    .option("--queue-tls-ca <FILE>", "certificates, PEM, of who vouches for the queue's server; connects by TLS");
}

/** The program's commands and options. */
export function program(): Command {
  const root = new Command("anomaly-cluster")
    .description("Groups images of one product or texture by kind of defect.")
    .version(VERSION)
    .configureOutput({ getOutHasColors: () => false, getErrHasColors: () => false }) // Asking would read variables.
    .exitOverride()
    .showHelpAfterError("(--help lists the options)");
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
  const worker = root.command("worker")
    .exitOverride()
    .description("Embed and compare images for jobs that cluster --queue submits, until Ctrl-C.")
    .option(
      "--model <FILE>",
      "where a network is (as of cluster) that is neither included nor found where the job says",
    )
    .option("--shared <DIR>", "also work for jobs whose files lie in this folder, under the same path")
    .option("--name <TEXT>", "how status calls it (default: host and process)")
    .action(workerCommand);
  queueOptions(worker, "work for this NATS server, nats://HOST:PORT", true);
  const status = root.command("status")
    .exitOverride()
    .description("Tell the jobs and workers of a queue: how far, how fast, how long yet.")
    .option("--json <FILE>", "- prints JSON on standard output, and nothing else", oneOf("-"))
    .option("--watch", "again and again, until Ctrl-C")
    .option("--end <JOB>", "remove this job, and what was computed for it, before")
    .action(statusCommand);
  queueOptions(status, "of this NATS server, nats://HOST:PORT", true);
  root.command("network")
    .exitOverride()
    .description(
      "Download a network of the Hugging Face hub into the cache, open it, and tell what it is: docs/models.md.",
    )
    .argument("<NAME>", "hf:OWNER/NAME, or what else --model of cluster takes")
    .option("--update", "take the newest commit, though an older one is in the cache")
    .addOption(engineOption())
    .addOption(cacheOption())
    .option("--json <FILE>", "- prints JSON on standard output, and nothing else", oneOf("-"))
    .action(networkCommand);
  root.command("completions")
    .exitOverride()
    .description("Print the completions of a shell, for its start-up file.")
    .argument("<SHELL>", SHELLS.join(", "), oneOf(...SHELLS))
    .action((shell: Shell) => console.log(completionScript(root, shell)));
  root.command("serve")
    .exitOverride()
    .description("Serve grouping over HTTP, with a page to upload images on: docs/serve.md.")
    .option("--port <N>", "port to listen on; 0 takes a free one", wholeNumber(0), 8080)
    .option("--host <ADDRESS>", "address to listen on; 0.0.0.0 for every network of this machine", "127.0.0.1")
    .option("--preset <NAME>", "preset of requests that choose none", oneOf(...namesOf(PRESET_LINES)), "default")
    .option("--model <FILE>", "another network (as of cluster) in place of the presets' own")
    .option("--max-megabytes <N>", "largest upload, and what a zip may unpack to", wholeNumber(1), 200)
    .option("--max-images <N>", "most images of a request", wholeNumber(1), 500)
    .option("--max-megapixels <N>", "largest image; larger ones are left out", wholeNumber(1), 50)
    .option("--max-seconds <N>", "longest time of a request, from its turn on", wholeNumber(1), 300)
    .option("--max-concurrent <N>", "requests that upload or work at a time", wholeNumber(1), 2)
    .option(
      "--max-queue <N>",
      "requests that wait for their turn; further ones are told to come later",
      wholeNumber(0),
      8,
    )
    .option("--grace <SECONDS>", "how long a signal lets requests in work go on", wholeNumber(0), 10)
    .option("--names", "log the names of images too")
    .action(serveCommand);
  return root;
}
