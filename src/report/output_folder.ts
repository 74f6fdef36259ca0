// Writes results safely: never into or over the input, and never half a file.

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { AnomalyClusterError } from "../errors.ts";

/**
 * Makes the output folder and checks, before any work is done, that files can be written to it.
 *
 * @throws {AnomalyClusterError} `bad-argument` when it is the input folder or inside it, `cannot-write` when it cannot
 * be written to.
 */
export function openOutputFolder(folder: string, input: string): string {
  const path = resolve(folder);
  const inside = relative(resolve(input), path);
  if (inside === "" || !(inside.startsWith("..") || isAbsolute(inside))) {
    throw new AnomalyClusterError(
      "bad-argument",
      `--out ${folder} lies in the input folder: name one outside ${input}`,
    );
  }
  try {
    mkdirSync(path, { recursive: true });
    const probe = join(path, partialName(".write-test"));
    writeFileSync(probe, "");
    unlinkSync(probe);
    removeLeftovers(path);
  } catch (cause) {
    const reason = whyNot(cause).replace(/^: (.*)$/, " ($1)");
    const message = `${folder} cannot be written: name another folder with --out${reason}`;
    throw new AnomalyClusterError("cannot-write", message, { cause });
  }
  return path;
}

/** Leftovers older than an hour are removed. No write takes that long, so the run that began it is gone. */
const LEFT_AFTER_MS = 3600e3;

/** Removes half-written files of runs that were killed. Another run may remove or rename its own files meanwhile. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/\.\d+\.partial$/.test(name)) continue;
    const changed = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - changed > LEFT_AFTER_MS) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * The number in the names of this run's half-written files. It is drawn, as the numbers of processes are not unique:
 * in containers that share a folder, each program may be process 1.
 */
const [RUN] = crypto.getRandomValues(new Uint32Array(1));

/** The name of a file or folder until it is complete. */
export function partialName(name: string): string {
  return `${name}.${RUN}.partial`;
}

/**
 * Writes a file under another name first and then renames it. After an interruption either the old file or the new one
 * is there. When two runs write to one folder, the later one wins.
 */
export function writeWhole(folder: string, name: string, content: string | Uint8Array): string {
  const target = join(folder, name);
  const partial = join(folder, partialName(name));
  try {
    writeFileSync(partial, content);
    renameSync(partial, target);
  } catch (cause) {
    discard(partial);
    throw new AnomalyClusterError("cannot-write", `${target} cannot be written${whyNot(cause)}`, { cause });
  }
  return target;
}

/** Removes a file if possible. */
export function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // The file was never created.
  }
}

/** Explanations of system error codes. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  EFBIG: "the disk is full",
  ENAMETOOLONG: "the name is too long for the file system there",
  EINVAL: "the file system there does not take this name",
  EILSEQ: "the file system there does not take this name",
  EACCES: "it may not be written",
  EPERM: "it may not be written",
  EROFS: "the file system there may only be read",
  ENOTDIR: "a file lies where a folder is needed",
  EISDIR: "a folder lies where a file is needed",
  ENOENT: "it is gone",
  EIO: "the disk fails",
};

/** Returns the reason to add after the name of the file that could not be written. Empty for an unknown cause. */
export function whyNot(cause: unknown): string {
  const { code = "", message = "" } = (cause ?? {}) as { code?: string; message?: string };
  if (/no space|disk quota|file too large/i.test(message)) return `: ${REASONS.ENOSPC}`;
  return code in REASONS ? `: ${REASONS[code]}` : "";
}
