/**
 * The program: `deno task cluster FOLDER`, or `npx anomaly-cluster cluster FOLDER` of the npm package.
 *
 * @module
 */

import process from "node:process";
import { giveUpUnasked } from "./src/cli/system/permissions.ts";
import { run } from "./src/cli/program.ts";

/** Runs the program with the process' arguments, and ends the process. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  giveUpUnasked(args);
  const code = await run(args);
  // All output is done. If a connection breaks off only now, such as one that a server refused, that need not be
  // reported.
  process.on("uncaughtException", () => process.exit(code));
  // If the output is a pipe, some of it may still be on its way, so the process waits for it.
  process.stdout.on("error", () => process.exit(code)).write("", () => process.exit(code));
}

if (import.meta.main) await main();
