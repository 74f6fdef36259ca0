// The command `cluster FOLDER --apply FILE`: copies the images of FOLDER into folders named after the groups of FILE.

import { basename, dirname, join, relative, sep } from "node:path";
import { AnomalyClusterError } from "../../errors.ts";
import { countOf } from "../../report/client/text.js";
import { openOutputFolder } from "../../report/output_folder.ts";
import { fromUser } from "../options/arguments.ts";
import { copiesOf, copyAll } from "../images/copy_images.ts";
import { warn } from "../system/progress.ts";
import { readGroups } from "../results/groups_file.ts";

/** Runs the command. Throws an `AnomalyClusterError` for errors that the user can correct. */
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
  const before = await copyAll(copies, output);

  if (missing.length) {
    const [images, verbs] = [countOf(missing.length, "image"), missing.length === 1 ? "is" : "are"];
    warn(`${images} ${verbs} not in ${argument} and left out, ${missing[0]} first`);
  }
  const folders = new Set(copies.map(({ to }) => relative(output, to).split(sep)[0]));
  const there = before ? ` (${before} of them before)` : "";
  console.log(`${countOf(copies.length, "image")} copied into ${countOf(folders.size, "folder")}${there}: ${output}`);
}
