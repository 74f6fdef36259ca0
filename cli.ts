/**
 * The program: `deno task cluster FOLDER`.
 *
 * @module
 */

import { giveUpNetwork } from "./src/cli/permissions.ts";
import { run } from "./src/cli/program.ts";

if (import.meta.main) {
  giveUpNetwork(Deno.args);
  Deno.exit(await run(Deno.args));
}
