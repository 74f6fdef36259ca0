// Where programs keep what they can make again, as each operating system has it.

import { join } from "node:path";
import process from "node:process";
import { variable } from "./variable.ts";

/** The folder of a program for its cache; an empty text when none is known, as HOME is not set. */
export function usersCacheFolder(program: string): string {
  const [base, ...below] = {
    win32: ["LOCALAPPDATA", ""],
    darwin: ["HOME", "Library", "Caches"],
  }[process.platform as string] ?? ["HOME", ".cache"];
  const given = variable("XDG_CACHE_HOME");
  if (given) return join(given, program);
  const root = variable(base);
  return root ? join(root, ...below, program) : "";
}
