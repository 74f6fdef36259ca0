// Reads environment variables, even where the program may not read all of them.

import process from "node:process";

/** An environment variable; `undefined` if it is not set, empty, or may not be read. */
export function variable(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined;
  }
}
