// Finds the folder for caches, which each operating system has in another place.

import { join } from "node:path";
import process from "node:process";
import { variable } from "./variable.ts";

/** The folder for a program's cache; an empty text if none is known because HOME is not set. */
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
