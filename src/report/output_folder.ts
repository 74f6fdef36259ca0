// Where results are written: never into or over the input, and never half a file.

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import process from "node:process";
import { AnomalyClusterError } from "../errors.ts";

/**
 * Makes the folder and proves that it can be written, before any work is done.
 *
 * @throws {AnomalyClusterError} `bad-argument` when it is the input or inside it, `cannot-write` when it cannot be written.
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
    const probe = join(path, `.write-test-${process.pid}`);
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

/** An hour: no write takes as long, so that whoever began it is gone. */
const LEFT_AFTER_MS = 3600e3;

/** Removes what killed runs left half written. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^\.write-test-\d+$|\.\d+\.partial$/.test(name)) continue;
    const { mtimeMs } = statSync(join(folder, name));
    if (Date.now() - mtimeMs > LEFT_AFTER_MS) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Writes a file under another name first, so that an interruption leaves the old one or the new one, and of two runs
 * into one folder the later wins.
 */
export function writeWhole(folder: string, name: string, content: string | Uint8Array): string {
  const target = join(folder, name);
  const partial = `${target}.${process.pid}.partial`;
  try {
    writeFileSync(partial, content);
    renameSync(partial, target);
  } catch (cause) {
    discard(partial);
    throw new AnomalyClusterError("cannot-write", `${target} cannot be written${whyNot(cause)}`, { cause });
  }
  return target;
}

/** Removes a file, if it can be. */
export function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It never came to be.
  }
}

/** Reasons of systems, by their codes. */
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

/** What to say of the cause after the name of what could not be written; nothing of causes without a name. */
export function whyNot(cause: unknown): string {
  const { code = "", message = "" } = (cause ?? {}) as { code?: string; message?: string };
  if (/no space|disk quota|file too large/i.test(message)) return `: ${REASONS.ENOSPC}`;
  return code in REASONS ? `: ${REASONS[code]}` : "";
}
