// Generates the JSON Schema of config files from the options.

import type { Command } from "commander";
import { configurable, schemaOf } from "./config.ts";

/** Content of docs/config.schema.json. */
export function configSchema(command: Command): string {
  const properties = Array.from(configurable(command), ([name, option]) => {
    const fallback = option.defaultValueDescription ?? option.defaultValue;
    return [name, {
      description: option.description,
      ...schemaOf(option),
      ...(fallback !== undefined && { default: fallback }),
    }];
  });
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Options of anomaly-cluster",
    description: "For --config FILE. Paths start from the folder of the file; the command line wins over it.",
    type: "object",
    properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
