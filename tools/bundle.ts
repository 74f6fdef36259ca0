// Deno's bundler, which the first use downloads from npm.

import { AnomalyClusterError } from "../src/errors.ts";
import { ROOT } from "./loaded_files.ts";

/** What is said where Deno's first bundling fails for want of a connection. */
export const UNREACHABLE = "Deno's bundler cannot be downloaded";

/**
 * The minified text of a module with all that it imports. `options`: more of `deno bundle`.
 *
 * @throws {AnomalyClusterError} `cannot-write` where it cannot be bundled; with {@linkcode UNREACHABLE} where the bundler is
 * not there.
 */
export async function bundled(entry: string, ...options: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--frozen", "--platform", "browser", "--minify", ...options, entry],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  const { success, stdout, stderr } = await command.output();
  if (success) return new TextDecoder().decode(stdout);
  const [reason] = new TextDecoder().decode(stderr).split("\n\nStack backtrace");
  if (/Failed loading \S+esbuild/.test(reason)) {
    throw new AnomalyClusterError("cannot-write", `${UNREACHABLE}: try again when the npm registry is within reach`);
  }
  throw new AnomalyClusterError("cannot-write", `${entry} cannot be bundled: ${reason.trim()}`);
}
