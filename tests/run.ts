// Runs the tests, those of some files where such are named, and tells at the very end which were skipped for want of
// what. With SKIPPED_TESTS=fail in the environment a skip is a failure.

import { existsSync } from "node:fs";
import process from "node:process";
import { type Skip, SKIPPED_FILE } from "./support/needs.ts";

const ALL = ["tests/", "mod.ts", "src/", "README.md", "docs/"];

/** Arguments of `deno test` that name files or folders; the value of --filter may look like one. */
function named(args: readonly string[]): string[] {
  return args.filter((arg, at) => !arg.startsWith("-") && args[at - 1] !== "--filter" && existsSync(arg));
}

/** What --filter lets through, as Deno understands it. */
function filterOf(args: readonly string[]): (name: string) => boolean {
  const at = args.findLastIndex((arg) => /^--filter(=|$)/.test(arg));
  const wanted = at < 0 ? "" : args[at] === "--filter" ? args[at + 1] ?? "" : args[at].slice("--filter=".length);
  const pattern = wanted.match(/^\/(.*)\/$/s);
  return pattern ? (name) => new RegExp(pattern[1]).test(name) : (name) => name.includes(wanted);
}

/** Items by a key, in the order in which they come. */
function grouped<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  return [...Map.groupBy(items, key)];
}

/** The lines that tell of skips. */
function summary(skips: readonly Skip[], isFailure: boolean): string {
  const count = skips.length === 1 ? "1 TEST WAS" : `${skips.length} TESTS WERE`;
  const lines = [`${count} SKIPPED, NOT PROVED HERE${isFailure ? ", AND NONE MAY BE:" : ":"}`];
  for (const [what, those] of grouped(skips, (skip) => skip.what)) {
    const files = grouped(those, (skip) => skip.file).map(([file, { length }]) => `${file} (${length})`);
    lines.push(`  ${those.length} for want of ${what}: ${files.join(", ")}`, `    to have them run: ${those[0].how}`);
  }
  return lines.join("\n");
}

/** Runs `deno test` and gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const file = await Deno.makeTempFile();
  // A Ctrl+C reaches the tests too: their end is waited for.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
  try {
    const paths = named(args).length ? [] : ALL;
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--doc", ...paths, ...args],
      // A line for each file that Deno downloads on the first run would be longer than what the tests say.
      env: { [SKIPPED_FILE]: file, DENO_LOG: Deno.env.get("DENO_LOG") ?? "warn" },
    }).spawn().status;
    const passes = filterOf(args);
    const lines = (await Deno.readTextFile(file)).split("\n").filter(Boolean);
    const skips = lines.map((line): Skip => JSON.parse(line)).filter(({ test }) => passes(test));
    if (!skips.length) return code;
    const isFailure = Deno.env.get("SKIPPED_TESTS") === "fail";
    console.log(summary(skips, isFailure));
    return code || Number(isFailure);
  } finally {
    await Deno.remove(file);
  }
}

process.exitCode = await main(Deno.args);
