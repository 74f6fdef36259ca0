// `cluster FOLDER --apply FILE`: copies the images of FOLDER into folders named after the groups of FILE.

import { basename, dirname, join, relative, sep } from "node:path";
import { findImages } from "../dataset/folder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { groupFolders } from "../report/group_folders.ts";
import { openOutputFolder } from "../report/output_folder.ts";
import type { GroupsFile } from "../report/result.ts";
import { fromUser } from "./arguments.ts";

/** A file to copy. */
interface Copy {
  readonly from: string;
  readonly to: string;
}

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

/** Only images that the folder itself lists are copied, so that no path in the file leads elsewhere. */
function copiesOf(file: GroupsFile, folder: string, output: string): { copies: Copy[]; missing: string[] } {
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

function refuseExisting(copies: readonly Copy[], output: string): void {
  const existing = copies.filter(({ to }) => {
    try {
      Deno.lstatSync(to);
      return true;
    } catch {
      return false;
    }
  });
  if (existing.length === 0) return;
  throw new AnomalyClusterError(
    "cannot-write",
    `${output} already holds ${existing.length} of these files, ${relative(output, existing[0].to)} first: ` +
      "nothing was copied; name another folder with --out",
  );
}

/** Copies a file that must not be there yet, by no link out of the output folder. */
async function copyInto(output: string, { from, to }: Copy): Promise<void> {
  const root = Deno.realPathSync(output);
  const real = realFolder(dirname(to));
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw new AnomalyClusterError("cannot-write", `${dirname(to)} leads out of ${output}: remove that link`);
  }
  try {
    Deno.mkdirSync(dirname(to), { recursive: true });
    using source = await Deno.open(from);
    using target = await Deno.open(to, { write: true, createNew: true });
    await source.readable.pipeTo(target.writable);
  } catch (cause) {
    throw new AnomalyClusterError("cannot-write", `${from} cannot be copied to ${to}`, { cause });
  }
}

/** Where a folder, or the part of its path that is there, really is. */
function realFolder(folder: string): string {
  try {
    return Deno.realPathSync(folder);
  } catch {
    return realFolder(dirname(folder));
  }
}
