// The version of the program, and those of the packages that it depends on.

import manifest from "../../../deno.json" with { type: "json" };

/** The program's version. */
export const VERSION: string = manifest.version;

/** Packages by name, each as `npm:name@version`. */
export const PACKAGES: Readonly<Record<string, string>> = manifest.imports;
