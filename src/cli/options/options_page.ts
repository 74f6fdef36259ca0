// Generates docs/options.md, which lists every command and its options.

import type { Command } from "commander";

/** The page, as Markdown. */
export function optionsPage(root: Command): string {
  const commands = root.commands.filter((command) =>
    command.options.length > 0 || command.registeredArguments.length > 0
  );
  const list = commands.map((command) => `[${command.name()}](#${command.name()})`).join(", ");
  return [
    "# Commands and options\n",
    "Written by `deno task options` from the program itself; `deno task cluster --help` and those of the other commands say " +
    `the same. Where a default is not named, nothing is chosen. Commands: ${list}.`,
    ...commands.map(section),
    "",
  ].join("\n");
}

function section(command: Command): string {
  const usage = [
    command.name(),
    ...command.registeredArguments.map((one) => one.required ? `<${one.name()}>` : `[${one.name()}]`),
  ];
  const rows = command.options.map((option) => {
    const fallback = option.defaultValueDescription ?? option.defaultValue;
    return `| \`${option.flags}\` | ${cell(option.description)} | ${
      fallback === undefined ? "" : `\`${textOf(fallback)}\``
    } |`;
  });
  const further = afterOptions(command);
  return [
    `\n## ${command.name()}\n`,
    `\`${usage.join(" ").replaceAll("<<", "<").replaceAll(">>", ">")}\`: ${cell(command.description())}\n`,
    "| option | meaning | default |",
    "| --- | --- | --- |",
    ...rows,
    ...(further ? ["", "```text", further, "```"] : []),
  ].join("\n");
}

/** The part of a command's help that follows the options: the meaning of each word, examples. */
function afterOptions(command: Command): string {
  let all = "";
  command.configureOutput({ writeOut: (text) => all += text }).outputHelp();
  return all.slice(all.indexOf(command.helpInformation().trim()) + command.helpInformation().trim().length).trim();
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}
