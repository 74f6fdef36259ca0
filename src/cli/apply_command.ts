// `cluster FOLDER --apply FILE`: copies the images of FOLDER into folders named after the groups of FILE.

import { basename, dirname, join, relative, sep } from "node:path";
import { AnomalyClusterError } from "../errors.ts";
import { openOutputFolder } from "../report/output_folder.ts";
import { fromUser } from "./arguments.ts";
import { copiesOf, copyInto, refuseExisting } from "./copy_images.ts";
import { warn } from "./progress.ts";
import { readGroups } from "./groups_file.ts";

/** Runs the command; throws an `AnomalyClusterError` for what the user can mend. */
export async function applyCommand(
  argument: string,
  options: { readonly apply: string; readonly out?: string },
): Promise<void> {
  const folder = fromUser(argument);
  const file = readGroups("--apply", options.apply);
  const output = options.out ? fromUser(options.out) : join(dirname(folder), `${basename(folder)}-sorted`);
  const { copies, missing } = copiesOf(file, folder, output);
  if (copies.length === 0) {
    throw new AnomalyClusterError("bad-argument", `${argument} holds none of the images that ${options.apply} names`);
  }
  openOutputFolder(output, folder);
  refuseExisting(copies, output);
  for (const copy of copies) await copyInto(output, copy);

  if (missing.length) {
    warn(`${missing.length} images are not in ${argument} and were left out, ${missing[0]} first`);
  }
  const folders = new Set(copies.map(({ to }) => relative(output, to).split(sep)[0]));
  console.log(`${copies.length} images copied into ${folders.size} folders: ${output}`);
}
