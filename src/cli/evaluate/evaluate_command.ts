// The command `evaluate FOLDER` or `evaluate --collection FOLDER…`: measures presets and methods on labelled images,
// and writes tables and plots.

import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { collectionCsv, collectionTable, countsTable, type MeasuredSet } from "../../evaluate/collection.ts";
import { csv, markdown, plots } from "../../evaluate/tables.ts";
import { AnomalyClusterError, ensure } from "../../errors.ts";
import { openOutputFolder, writeWhole } from "../../report/output_folder.ts";
import { fromUser } from "../options/arguments.ts";
import { evaluateTeaching, type NamedTeaching, writeTeaching } from "./evaluate_teaching.ts";
import { type EvaluatedSet, evaluateSet, type EvaluateSetOptions } from "./evaluate_set.ts";
import { RunCache } from "../images/image_cache.ts";
import { onInterrupt } from "../system/interrupt.ts";

/** Options from the command line. */
export interface EvaluateCommandOptions extends EvaluateSetOptions {
  readonly out?: string;
  readonly collection?: readonly string[];
  /** Measures learning from labels instead of groups. */
  readonly teach?: boolean;
  readonly teachRuns: number;
}

/** Runs the command. Throws an `AnomalyClusterError` for errors that the user can correct. */
export async function evaluateCommand(argument: string | undefined, options: EvaluateCommandOptions): Promise<void> {
  const { collection } = options;
  ensure(
    (argument === undefined) !== (collection === undefined),
    "name one labelled set, or several after --collection",
  );
  if (options.teach) checkTeaching(options);
  using cache = new RunCache(options);
  using _interrupt = onInterrupt(() => cache.kept());
  if (collection) return await evaluateCollection(collection, options, cache);
  const path = fromUser(argument!);
  const output = options.out ? fromUser(options.out) : join(dirname(path), `${nameOf(path)}-evaluation`);
  if (options.teach) {
    const teachings = await evaluateTeaching(argument!, nameOf(path), output, options, cache);
    console.log(writeTeaching(output, teachings));
    console.log(`\nwritten: ${output}`);
    return;
  }
  const { studies } = await evaluateSet(argument!, output, options, cache);
  console.log(writeTables(output, studies, options));
  console.log(`\nwritten: ${output}`);
}

/** Evaluates all sets, each in an output folder of its own, and writes one table on all of them. */
async function evaluateCollection(
  named: readonly string[],
  options: EvaluateCommandOptions,
  cache: RunCache,
): Promise<void> {
  const other = (["normals", "masks"] as const).find((name) => options[name] !== undefined);
  ensure(!other, `--${other} is of one set: leave it out with --collection, whose layouts say what is normal`);
  const sets = named.flatMap(setsIn);
  ensure(sets.length > 0, "--collection names no set");
  const names = distinctNames(sets);
  const output = options.out ? fromUser(options.out) : resolve(process.cwd(), "collection-evaluation");
  const measured: MeasuredSet[] = [];
  const teachings: NamedTeaching[] = [];
  for (const [at, set] of sets.entries()) {
    console.error(`set ${at + 1} of ${sets.length}: ${names[at]}`);
    const folder = join(output, names[at]);
    if (options.teach) {
      const found = await evaluateTeaching(set, names[at], folder, options, cache);
      writeTeaching(folder, found);
      teachings.push(...found);
      continue;
    }
    const { studies, classes, images } = await evaluateSet(set, folder, options, cache);
    writeTables(folder, studies, options);
    measured.push({ name: names[at], classes, images, studies });
  }
  if (options.teach) {
    openOutputFolder(output, fromUser(sets[0]));
    console.log(writeTeaching(output, teachings));
    console.log(`\nwritten: ${output}`);
    return;
  }
  const table = [collectionTable(measured, options), countsTable(measured)].join("\n\n");
  openOutputFolder(output, fromUser(sets[0]));
  writeWhole(output, "collection.md", `${table}\n`);
  writeWhole(output, "collection.csv", collectionCsv(measured));
  console.log(table);
  console.log(`\nwritten: ${output}`);
}

/** Throws if there are options that apply only to measuring groups, not to learning. */
function checkTeaching(options: EvaluateCommandOptions): void {
  const other = (["normals", "masks", "models", "cluster"] as const).find((name) => options[name] !== undefined);
  ensure(!other, `--teach measures learning from labels, and makes no use of --${other}: leave one out`);
}

/** The set itself; or the sets that a text file names, one a line, by paths that begin in the file's folder. */
function setsIn(argument: string): string[] {
  if (!/\.txt$/i.test(argument)) return [argument];
  const file = fromUser(argument);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const reason = `--collection ${argument} cannot be read: name folders, or a text file of folders, a line each`;
    throw new AnomalyClusterError("bad-argument", reason, { cause });
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
  return lines.map((line) => resolve(dirname(file), line));
}

/** Names of the sets' output folders: each set's own name, with a number if two sets have the same. */
function distinctNames(sets: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return sets.map((set) => {
    const name = nameOf(set);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return count > 1 ? `${name}-${count}` : name;
  });
}

function nameOf(path: string): string {
  return basename(resolve(path)).replace(/\.(csv|tsv|txt)$/i, "");
}

/** Writes the tables and plots of one set. Returns the table. */
function writeTables(output: string, studies: EvaluatedSet["studies"], options: EvaluateCommandOptions): string {
  const table = markdown(studies, options);
  writeWhole(output, "results.md", `${table}\n`);
  writeWhole(output, "results.csv", csv(studies));
  for (const [name, plot] of Object.entries(plots(studies))) writeWhole(output, name, plot);
  return table;
}
