// Environment variables, for code that also runs where some of them may not be read.

import process from "node:process";

/** An environment variable; nothing where it is not set, empty, or may not be read. */
export function variable(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined;
  }
}
