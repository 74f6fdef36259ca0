// Copies image files into folders named after their groups, and makes sure that nothing is written elsewhere.

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
import { pipeline } from "node:stream/promises";
import { findImages } from "../../dataset/folder.ts";
import { LikeNames } from "../../dataset/like_names.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { discard, partialName, whyNot } from "../../report/output_folder.ts";
import { groupFolders } from "../../report/group_folders.ts";
import type { GroupsFile } from "../../report/result.ts";

/** A file to copy. */
export interface Copy {
  readonly from: string;
  readonly to: string;
}

/**
 * The copies to make, and images of the file that the folder lacks. Only images found in the folder are copied, so that
 * no path in the file leads elsewhere.
 */
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
 * Copies files. Files that are already there with the same content are not copied again: an earlier run may have been
 * interrupted.
 *
 * @returns how many were already there.
 * @throws {AnomalyClusterError} `cannot-write` if a file with one of these names but other content is there.
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

/** Whether the file at `to` has the same bytes as `from`. */
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
 * Copies a file, or makes a symbolic link to it if `link` is set. Throws if a link in the output folder leads out of
 * it. If the name is taken, perhaps because the file system ignores case, the copy's name gets a number.
 */
export async function copyInto(output: string, { from, to }: Copy, link = false): Promise<void> {
  const root = realpathSync(output);
  const real = realFolder(dirname(to));
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw new AnomalyClusterError("cannot-write", `${dirname(to)} leads out of ${output}: remove that link`);
  }
  // The file's own name with a suffix might be longer than the file system allows.
  const partial = join(output, partialName(""));
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

/** A name that is not taken: the file's own, or the same with a number. */
function freeName(file: string): string {
  const { dir, name, ext } = parse(file);
  let free = file;
  for (let copy = 2; isThere(free); copy++) free = join(dir, `${name} (${copy})${ext}`);
  return free;
}

/** The real path of a folder, or of its nearest parent that exists. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return realFolder(dirname(folder));
  }
}
