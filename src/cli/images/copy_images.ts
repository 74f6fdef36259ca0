// Image files into folders named after their groups, and nowhere else.

import {
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, parse, relative, sep } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { findImages } from "../../dataset/folder.ts";
import { LikeNames } from "../../dataset/like_names.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { discard, whyNot } from "../../report/output_folder.ts";
import { groupFolders } from "../../report/group_folders.ts";
import type { GroupsFile } from "../../report/result.ts";

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
  const names = new LikeNames(found.keys());
  const folders = groupFolders(file.groups);
  const [copies, missing]: [Copy[], string[]] = [[], []];
  for (const { path, group } of file.images) {
    const name = names.find(path);
    const from = name === undefined ? undefined : found.get(name);
    if (from === undefined) missing.push(path);
    else copies.push({ from, to: join(output, folders.get(group)!, ...name!.split("/")) });
    found.delete(name!);
  }
  return { copies, missing };
}

/**
 * Copies files; those that are there as they would be copied, as after a run that was cut short, are done.
 *
 * @returns how many were there.
 * @throws {AnomalyClusterError} `cannot-write` when any other file of these names is there.
 */
export async function copyAll(copies: readonly Copy[], output: string): Promise<number> {
  const existing = copies.filter(({ to }) => isThere(to));
  const other = existing.find((copy) => !isCopied(copy));
  if (other) {
    throw new AnomalyClusterError(
      "cannot-write",
      `${output} already holds ${existing.length} of these files, ${relative(output, other.to)} first: ` +
        "nothing was copied; name another folder with --out",
    );
  }
  const done = new Set(existing);
  for (const copy of copies) if (!done.has(copy)) await copyInto(output, copy);
  return done.size;
}

/** Whether the file there has the bytes of the other. */
function isCopied({ from, to }: Copy): boolean {
  const there = lstatSync(to);
  return there.isFile() && there.size === statSync(from).size && readFileSync(from).equals(readFileSync(to));
}

function isThere(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

/**
 * Copies a file, by no link out of the output folder; `link` makes a symbolic link to it. Where the file system takes its
 * name for that of one that is there, it gets a number.
 */
export async function copyInto(output: string, { from, to }: Copy, link = false): Promise<void> {
  const root = realpathSync(output);
  const real = realFolder(dirname(to));
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw new AnomalyClusterError("cannot-write", `${dirname(to)} leads out of ${output}: remove that link`);
  }
  // Not the name with more behind: that may be longer than names can be.
  const partial = join(output, `.${process.pid}.partial`);
  try {
    mkdirSync(dirname(to), { recursive: true });
    if (link) return symlinkSync(realpathSync(from), freeName(to));
    await pipeline(createReadStream(from), createWriteStream(partial, { flags: "wx" }));
    renameSync(partial, freeName(to));
  } catch (cause) {
    const done = link ? "linked" : "copied";
    throw new AnomalyClusterError("cannot-write", `${from} cannot be ${done} to ${to}${whyNot(cause)}`, { cause });
  } finally {
    discard(partial);
  }
}

/** A name that is not there: the file's own, or with a number. */
function freeName(file: string): string {
  const { dir, name, ext } = parse(file);
  let free = file;
  for (let copy = 2; isThere(free); copy++) free = join(dir, `${name} (${copy})${ext}`);
  return free;
}

/** Where a folder, or the part of its path that is there, really is. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return realFolder(dirname(folder));
  }
}
