// For `--config FILE`: reads options from a JSON file. Options of the command line take precedence over them.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { AnomalyClusterError } from "../../errors.ts";
import { isHubAddress } from "../network/hub/reference.ts";
import { fromUser, type JsonSchema, nearest, type Parser } from "./arguments.ts";

/**
 * Options that a config file may not hold: `config` itself; `apply`, which groups nothing; and `queue`, which decides
 * whether the program keeps its permission for the network.
 */
const NOT_IN_FILES = ["config", "apply", "queue"];

/** The options of a command that a config file may hold, by their long names without dashes. */
export function configurable(command: Command): Map<string, Option> {
  const named = command.options.map((option) => [option.long!.replace(/^--/, ""), option] as const);
  return new Map(named.filter(([name]) => !NOT_IN_FILES.includes(name)));
}

/** Which values an option may have in a config file. */
export function schemaOf(option: Option): JsonSchema {
  if (option.isBoolean()) return { type: "boolean" };
  return (option.parseArg as Partial<Parser<unknown>> | undefined)?.schema ?? { type: "string" };
}

/**
 * Sets options from the file of `--config`, unless the command line or the environment sets them.
 *
 * @throws {AnomalyClusterError} `bad-argument` if the file cannot be read, or holds an unknown option or an invalid
 * value.
 */
export function applyConfig(command: Command): void {
  const name: string | undefined = command.opts().config;
  if (name === undefined) return;
  const refuse = (reason: string, cause?: unknown) => {
    return new AnomalyClusterError("bad-argument", `--config ${name}${reason}`, { cause });
  };
  const options = configurable(command);
  for (const [key, value] of Object.entries(readObject(fromUser(name), refuse))) {
    if (key === "$schema") continue;
    const option = options.get(key);
    if (!option) {
      const names = [...options.keys()];
      throw refuse(`: "${key}" is no option: did you mean "${nearest(key, names)}"? It can be: ${names.join(", ")}`);
    }
    let parsed: unknown;
    try {
      parsed = valueOf(option, value, dirname(fromUser(name)));
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw refuse(`: "${key}" is ${JSON.stringify(value)}. ${error.message}`);
    }
    const attribute = option.attributeName();
    const isGiven = ["cli", "env"].includes(command.getOptionValueSource(attribute) ?? "");
    if (!isGiven) command.setOptionValueWithSource(attribute, parsed, "config");
  }
}

function readObject(file: string, refuse: (reason: string, cause?: unknown) => Error): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw refuse(" cannot be read: name a JSON file", cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(` is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(` holds no options: write one object, as {"k": 6, "preset": "best"}`);
  }
  return value as Record<string, unknown>;
}

/** The value, parsed as the command line would parse it. Paths start from the file's folder. */
function valueOf(option: Option, value: unknown, folder: string): unknown {
  if (option.isBoolean()) {
    if (typeof value === "boolean") return value;
    throw new InvalidArgumentError("It must be true or false.");
  }
  const { schema, parse } = { schema: schemaOf(option), parse: option.parseArg as Parser<unknown> | undefined };
  const kinds = [schema, ...(schema.anyOf ?? [])];
  const takesArray = kinds.some(({ type }) => type === "array");
  const isText = typeof value === "string" || parse && typeof value === "number";
  const isList = takesArray && Array.isArray(value) && value.every((one) => /^(string|number)$/.test(typeof one));
  if (!isText && !isList) {
    if (!parse) throw new InvalidArgumentError("It must be a text.");
    parse(typeof value === "object" ? JSON.stringify(value) : ` ${value}`); // Throws an error that says what is allowed.
    throw new InvalidArgumentError(`It must be a text${takesArray ? ", a number or a list of them" : " or a number"}.`);
  }
  const text = String(value);
  if (parse) return parse(text);
  const isPath = /<(DIR|FILE)>/.test(option.flags) && text !== "off" && !isHubAddress(text);
  return isPath ? resolve(folder, text) : text;
}
