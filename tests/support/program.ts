// Runs the program as a real process, without a cache or with one of the test's own.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command that `deno task cluster` runs, without the task in between, so that signals reach the program. */
export const PROGRAM = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "cli.ts",
];

/** Starts a command and collects its output. */
export function start(command: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
  return new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: PROJECT,
    env: { NO_COLOR: "1", ANOMALY_CLUSTER_CACHE: "off", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits for the end of a process. Fails if a stack trace reached the user. */
export async function finish(child: Deno.ChildProcess): Promise<Finished> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(!/^\s+at .*:\d+:\d+/m.test(text(stderr)), `a stack trace reached the user:\n${text(stderr)}`);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs the program to its end. */
export function run(...args: string[]): Promise<Finished> {
  return finish(start([...PROGRAM, ...args]));
}

/** Runs `deno task NAME` to its end. */
export function runTask(name: string, ...args: string[]): Promise<Finished> {
  return finish(start([Deno.execPath(), "task", "--quiet", name, ...args]));
}

/** Calls `use` with a scratch folder. */
export async function withFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Calls `use` with a scratch folder that has `count` images of the fabric set in `in/`. */
export function withImages(count: number, use: (folder: string) => void | Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    Deno.mkdirSync(join(folder, "in"));
    const kinds = ["cut", "hole", "knot", "stain", "good"];
    for (let at = 0; at < count; at++) {
      const kind = kinds[at % kinds.length];
      const name = `${kind}-${String(Math.floor(at / kinds.length) + 1).padStart(2, "0")}.jpg`;
      Deno.copyFileSync(join(PROJECT, "tests/data/fabric", kind, name), join(folder, "in", name));
    }
    await use(folder);
  });
}

/** Returns the two files that hold all of a result. */
export function resultsIn(folder: string): string[] {
  return ["groups.csv", "groups.json"].map((name) => Deno.readTextFileSync(join(folder, name)));
}
