// Where programs keep what they can make again, as each operating system has it.

import { join } from "node:path";

/** The folder of a program for its cache; an empty text when none is known, as HOME is not set. */
export function usersCacheFolder(program: string): string {
  const [base, ...below] = {
    windows: ["LOCALAPPDATA", ""],
    darwin: ["HOME", "Library", "Caches"],
  }[Deno.build.os as string] ?? ["HOME", ".cache"];
  const given = Deno.env.get("XDG_CACHE_HOME");
  if (given) return join(given, program);
  const root = Deno.env.get(base);
  return root ? join(root, ...below, program) : "";
}
