// Writes docs/config.schema.json. Run `deno task schema` after a change of the options of `cluster`.

import { configSchema } from "../src/cli/options/config_schema.ts";
import { program } from "../src/cli/program.ts";

const command = program().commands.find((one) => one.name() === "cluster")!;
await Deno.writeTextFile(new URL("../docs/config.schema.json", import.meta.url), configSchema(command));
