// Image files into folders named after their groups, and nowhere else.

import {
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { findImages } from "../dataset/folder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { discard, whyNot } from "../report/output_folder.ts";
import { groupFolders } from "../report/group_folders.ts";
import type { GroupsFile } from "../report/result.ts";

/** A file to copy. */
export interface Copy {
  readonly from: string;
  readonly to: string;
}

/** Only images that the folder itself lists are copied, so that no path in the file leads elsewhere. */
export function copiesOf(
  file: Pick<GroupsFile, "groups" | "images">,
  folder: string,
  output: string,
): { copies: Copy[]; missing: string[] } {
  const found = new Map(findImages(folder).images.map((image) => [image.path, image.file]));
  const folders = groupFolders(file.groups);
  const [copies, missing]: [Copy[], string[]] = [[], []];
  for (const { path, group } of file.images) {
    const from = found.get(path);
    found.delete(path);
    if (from === undefined) missing.push(path);
    else copies.push({ from, to: join(output, folders.get(group)!, ...path.split("/")) });
  }
  return { copies, missing };
}

/** Throws `cannot-write` when any of the files to be made is there. */
export function refuseExisting(copies: readonly Copy[], output: string): void {
  const existing = copies.filter(({ to }) => isThere(to));
  if (existing.length === 0) return;
  throw new AnomalyClusterError(
    "cannot-write",
    `${output} already holds ${existing.length} of these files, ${relative(output, existing[0].to)} first: ` +
      "nothing was copied; name another folder with --out",
  );
}

function isThere(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Copies a file that must not be there yet, by no link out of the output folder; `link` makes a symbolic link to it. */
export async function copyInto(output: string, { from, to }: Copy, link = false): Promise<void> {
  const root = realpathSync(output);
  const real = realFolder(dirname(to));
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw new AnomalyClusterError("cannot-write", `${dirname(to)} leads out of ${output}: remove that link`);
  }
  try {
    mkdirSync(dirname(to), { recursive: true });
    if (link) return symlinkSync(realpathSync(from), to);
    await copyWhole(from, to);
  } catch (cause) {
    const done = link ? "linked" : "copied";
    throw new AnomalyClusterError("cannot-write", `${from} cannot be ${done} to ${to}${whyNot(cause)}`, { cause });
  }
}

/** Copies under another name first, so that no file is ever there by half. */
async function copyWhole(from: string, to: string): Promise<void> {
  const partial = `${to}.${process.pid}.partial`;
  try {
    await pipeline(createReadStream(from), createWriteStream(partial, { flags: "wx" }));
    if (isThere(to)) throw new Error("a file of this name has come");
    renameSync(partial, to);
  } finally {
    discard(partial);
  }
}

/** Where a folder, or the part of its path that is there, really is. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return realFolder(dirname(folder));
  }
}
