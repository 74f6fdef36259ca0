// Packages that only who asks for them downloads.

import { isDeno, mayLoadNative } from "./deno.ts";
import { AnomalyClusterError } from "../errors.ts";

/**
 * Imports an npm package of native code, given as `name@version`: never a literal where it is imported, so that nothing
 * is downloaded ahead. Throws `unsupported-runtime`, `what` being what does not start and `task` how it would in Deno.
 */
export async function importNative<T>(specifier: string, what: string, task: string): Promise<T> {
  const [name] = specifier.split("@");
  try {
    if (!mayLoadNative()) throw new Error("no permission to load native code"); // Before anything is downloaded in vain.
    return await import(isDeno ? `npm:${specifier}` : name);
  } catch (cause) {
    const needed = isDeno ? `${name} and --allow-ffi (${task})` : `${name} (npm install ${specifier})`;
    throw new AnomalyClusterError("unsupported-runtime", `${what} does not start: it needs the npm package ${needed}`, {
      cause,
    });
  }
}
