// Generates shell completions from the options: for `anomaly-cluster`, and for its commands as `deno task`.

import type { Command, Option } from "commander";
import { oneOf } from "./arguments.ts";
import { schemaOf } from "./config.ts";

/** Shells for which there are completions. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Name of a shell. */
export type Shell = (typeof SHELLS)[number];

/** An option, as shells complete it. */
interface Completion {
  /** The long name, with its dashes. */
  readonly long: string;
  readonly about: string;
  /** What follows the option: nothing, one of `words`, a path, or any text. */
  readonly takes: "nothing" | "words" | "folder" | "file" | "text";
  readonly words: readonly string[];
}

/** The script that a shell reads when it starts. */
export function completionScript(root: Command, shell: Shell): string {
  const commands = root.commands.filter((command) => command.options.length > 0)
    .map((command) => ({ name: command.name(), options: command.options.map(completionOf) }));
  return { bash, zsh, fish }[shell](commands);
}

type Commands = readonly { readonly name: string; readonly options: readonly Completion[] }[];

function completionOf(option: Option): Completion {
  const { anyOf = [], ...schema } = schemaOf(option);
  const words = [schema, ...anyOf].flatMap((one) => one.enum ?? []).filter((word) => typeof word === "string");
  const path = option.flags.match(/<(DIR|FILE)>/)?.[1];
  const takes = option.isBoolean()
    ? "nothing"
    : words.length
    ? "words"
    : path
    ? path === "DIR" ? "folder" : "file"
    : "text";
  return { long: option.long!, about: option.description, takes, words };
}

function bash(commands: Commands): string {
  const cases = commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, takes, words }) => {
      if (takes === "nothing") return [];
      const found = {
        words: `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`,
        folder: `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current")`,
        file: `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")`,
        text: ":",
      }[takes];
      return [`    "${name} ${long}") ${found}; return ;;`];
    })
  );
  const all = commands.map(({ name, options }) => `    ${name}) options="${longs(options)}" ;;`);
  const names = commands.map(({ name }) => name);
  return `# bash completion of anomaly-cluster and of its deno tasks: source it from ~/.bashrc
_anomaly_cluster_options() {
  local current=\${COMP_WORDS[COMP_CWORD]} options=
  COMPREPLY=()
  case "$1 \${COMP_WORDS[COMP_CWORD - 1]}" in
${cases.join("\n")}
  esac
  case $1 in
${all.join("\n")}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
_anomaly_cluster() {
  if ((COMP_CWORD > 1)); then
    _anomaly_cluster_options "\${COMP_WORDS[1]}"
  else
    COMPREPLY=($(compgen -W "${names.join(" ")}" -- "\${COMP_WORDS[1]}"))
  fi
}
_anomaly_cluster_task() {
  if ((COMP_CWORD > 2)) && [[ \${COMP_WORDS[1]} == task && \${COMP_WORDS[2]} =~ ^(${names.join("|")})$ ]]; then
    _anomaly_cluster_options "\${COMP_WORDS[2]}"
  elif [[ -n $_anomaly_cluster_deno ]]; then
    "$_anomaly_cluster_deno" "$@"
  fi
}
complete -F _anomaly_cluster anomaly-cluster
if [[ $(complete -p deno 2>/dev/null) != *_anomaly_cluster_task* ]]; then
  # What completes deno otherwise goes on doing so.
  _anomaly_cluster_deno=$(complete -p deno 2>/dev/null | sed -n 's/.* -F \\([^ ]*\\) .*/\\1/p')
  complete -o bashdefault -o default -F _anomaly_cluster_task deno
fi
`;
}

function zsh(commands: Commands): string {
  const functions = commands.map(({ name, options }) => {
    const lines = options.map(({ long, about, takes, words }) => {
      const value = {
        nothing: "",
        words: `:value:(${words.join(" ")})`,
        folder: ":folder:_files -/",
        file: ":file:_files",
        text: ":value: ",
      }[takes];
      return `    ${quoted(`${long}[${about.replaceAll(/[[\]\\:]/g, "\\$&")}]${value}`)}`;
    });
    return `_anomaly_cluster_${name}() {\n  _arguments ${
      ["    '1:images:_files'", ...lines].join(" \\\n").trimStart()
    }\n}`;
  });
  const names = commands.map(({ name }) => name);
  return `# zsh completion of anomaly-cluster and of its deno tasks: source it from ~/.zshrc, after compinit
${functions.join("\n")}
_anomaly_cluster() {
  if ((CURRENT == 2)); then
    compadd ${names.join(" ")}
  elif (( $+functions[_anomaly_cluster_$words[2]] )); then
    local name=$words[2]
    shift words
    ((CURRENT--))
    _anomaly_cluster_$name
  fi
}
_anomaly_cluster_task() {
  if ((CURRENT > 3)) && [[ $words[2] == task && $words[3] == (${names.join("|")}) ]]; then
    local name=$words[3]
    shift 2 words
    ((CURRENT -= 2))
    _anomaly_cluster_$name
  elif [[ -n $_anomaly_cluster_deno ]]; then
    $_anomaly_cluster_deno "$@"
  else
    _default
  fi
}
# What completes deno otherwise goes on doing so.
[[ $_comps[deno] == _anomaly_cluster_task ]] || _anomaly_cluster_deno=$_comps[deno]
compdef _anomaly_cluster anomaly-cluster
compdef _anomaly_cluster_task deno
`;
}

function fish(commands: Commands): string {
  const lines = commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, about, takes, words }) => {
      const value = {
        nothing: "",
        words: ` -x -a ${quoted(words.join(" "))}`,
        folder: " -x -a '(__fish_complete_directories)'",
        file: " -r -F",
        text: " -x",
      }[takes];
      const described = `-l ${long.slice(2)}${value} -d ${quoted(about)}`;
      const seen = `__fish_seen_subcommand_from ${name}`;
      return [
        `complete -c anomaly-cluster -n '${seen}' ${described}`,
        `complete -c deno -n '__fish_seen_subcommand_from task; and ${seen}' ${described}`,
      ];
    })
  );
  const names = commands.map(({ name }) => name).join(" ");
  return `# fish completion of anomaly-cluster and of its deno tasks: save it as ~/.config/fish/conf.d/anomaly-cluster.fish
complete -c anomaly-cluster -n 'not __fish_seen_subcommand_from ${names}' -f -a '${names}'
complete -C 'deno ' >/dev/null # Loads what fish brings for deno, which would take the place of ours.
${lines.join("\n")}
`;
}

function longs(options: readonly Completion[]): string {
  return options.map(({ long }) => long).join(" ");
}

/** A text in single quotes, for zsh and fish. Apostrophes in it become typographic ones. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}

/** Adds the command to the program. */
export function addCompletions(root: Command): void {
  root.command("completions")
    .exitOverride()
    .description("Print the completions of a shell, for its start-up file.")
    .argument("<SHELL>", SHELLS.join(", "), oneOf(...SHELLS))
    .action((shell: Shell) => console.log(completionScript(root, shell)));
}
