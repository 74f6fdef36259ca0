// Writes docs/options.md. Run `deno task options` after a change of the program's options.

import { optionsPage } from "../src/cli/options/options_page.ts";
import { program } from "../src/cli/program.ts";

await Deno.writeTextFile(new URL("../docs/options.md", import.meta.url), optionsPage(program()));
