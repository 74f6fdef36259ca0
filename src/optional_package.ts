// Packages that only who asks for them downloads.

import { AnomalyClusterError } from "./errors.ts";

/** What Deno tells of its permissions, where it is Deno. */
interface DenoLike {
  readonly permissions?: { querySync(descriptor: { name: "ffi" }): { readonly state: string } };
}

/**
 * Imports an npm package of native code, given as `name@version`: never a literal where it is imported, so that nothing
 * is downloaded ahead. Throws `unsupported-runtime`, `what` being what does not start and `task` how it would.
 */
export async function importNative<T>(specifier: string, what: string, task: string): Promise<T> {
  const [name] = specifier.split("@");
  const deno = (globalThis as { Deno?: DenoLike }).Deno;
  try {
    if (deno?.permissions && deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
      throw new Error("no permission to load native code"); // Before anything is downloaded in vain.
    }
    return await import(deno ? `npm:${specifier}` : name);
  } catch (cause) {
    const reason = `${what} does not start: it needs the npm package ${name} and, in Deno, --allow-ffi (${task})`;
    throw new AnomalyClusterError("unsupported-runtime", reason, { cause });
  }
}
