/**
 * The program: `deno task cluster FOLDER`.
 *
 * @module
 */

import { run } from "./src/cli/program.ts";

if (import.meta.main) Deno.exit(await run(Deno.args));
