// Packages that are only downloaded for people who ask for them.

import { isDeno, mayLoadNative } from "./deno.ts";
import { AnomalyClusterError } from "../errors.ts";

/**
 * Imports an npm package of native code, given as `name@version`. The name is never a literal at the import, so that
 * nothing is downloaded ahead of time. Throws `unsupported-runtime` with a message that names `what` does not start,
 * and the Deno `task` that would start it.
 */
export async function importNative<T>(specifier: string, what: string, task: string): Promise<T> {
  const [name] = specifier.split("@");
  try {
    if (!mayLoadNative()) throw new Error("no permission to load native code"); // Before any download.
    return await import(isDeno ? `npm:${specifier}` : name);
  } catch (cause) {
    const needed = isDeno ? `${name} and --allow-ffi (${task})` : `${name} (npm install ${specifier})`;
    throw new AnomalyClusterError("unsupported-runtime", `${what} does not start: it needs the npm package ${needed}`, {
      cause,
    });
  }
}
