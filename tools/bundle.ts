// Bundles modules with Deno's bundler, which Deno downloads from npm on the first use.

import { AnomalyClusterError } from "../src/errors.ts";
import { ROOT } from "./loaded_files.ts";

/** The error message when Deno cannot download its bundler for want of a connection. */
export const UNREACHABLE = "Deno's bundler cannot be downloaded";

/**
 * Returns the minified text of a module and all that it imports. `options` are further options of `deno bundle`.
 *
 * @throws {AnomalyClusterError} `cannot-write` when the module cannot be bundled; with the message
 * {@linkcode UNREACHABLE} when the bundler cannot be downloaded.
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
