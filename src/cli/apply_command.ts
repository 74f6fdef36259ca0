// `cluster FOLDER --apply FILE`: copies the images of FOLDER into folders named after the groups of FILE.

import { basename, dirname, join, relative, sep } from "node:path";
import { AnomalyClusterError } from "../errors.ts";
import { openOutputFolder } from "../report/output_folder.ts";
import type { GroupsFile } from "../report/result.ts";
import { fromUser } from "./arguments.ts";
import { copiesOf, copyInto, refuseExisting } from "./copy_images.ts";

/** Runs the command; throws an `AnomalyClusterError` for what the user can mend. */
export async function applyCommand(
  argument: string,
  options: { readonly apply: string; readonly out?: string },
): Promise<void> {
  const folder = fromUser(argument);
  const file = readGroups(options.apply);
  const output = options.out ? fromUser(options.out) : join(dirname(folder), `${basename(folder)}-sorted`);
  const { copies, missing } = copiesOf(file, folder, output);
  if (copies.length === 0) {
    throw new AnomalyClusterError("bad-argument", `${argument} holds none of the images that ${options.apply} names`);
  }
  openOutputFolder(output, folder);
  refuseExisting(copies, output);
  for (const copy of copies) await copyInto(output, copy);

  if (missing.length) {
    console.error(`warning: ${missing.length} images are not in ${argument} and were left out, ${missing[0]} first`);
  }
  const folders = new Set(copies.map(({ to }) => relative(output, to).split(sep)[0]));
  console.log(`${copies.length} images copied into ${folders.size} folders: ${output}`);
}

function readGroups(name: string): GroupsFile {
  const refuse = (reason: string, cause?: unknown) => {
    return new AnomalyClusterError(
      "bad-argument",
      `--apply ${name} ${reason}: name a groups.json, or a groups-edited.json from a report's Export`,
      { cause },
    );
  };
  let text: string;
  try {
    text = Deno.readTextFileSync(fromUser(name));
  } catch (cause) {
    throw refuse("cannot be read", cause);
  }
  try {
    const file = JSON.parse(text);
    const numbers = new Set(file.groups.map(({ group }: { group: unknown }) => group));
    const isWhole = file.format === "anomaly-cluster-groups/1" &&
      file.groups.every(({ group, name }: Record<string, unknown>) =>
        Number.isInteger(group) && (name === undefined || typeof name === "string")
      ) &&
      file.images.every(({ path, group }: Record<string, unknown>) => typeof path === "string" && numbers.has(group));
    if (isWhole) return file;
  } catch (cause) {
    throw refuse("holds no groups", cause);
  }
  throw refuse("holds no groups");
}
