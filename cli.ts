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
  // All is said: a connection that breaks off only now, as one that a server refused, is no news.
  process.on("uncaughtException", () => process.exit(code));
  // What was written may be on its way still, where the output is a pipe.
  process.stdout.on("error", () => process.exit(code)).write("", () => process.exit(code));
}

if (import.meta.main) await main();
