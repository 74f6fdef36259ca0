// The program as a real process, for tests.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** What a process said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `deno task NAME` with these arguments; no stack trace may reach its user. */
export async function runTask(name: string, ...args: string[]): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name, ...args],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(!/^\s+at .*:\d+:\d+/m.test(text(stderr)), `a stack trace reached the user:\n${text(stderr)}`);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A scratch folder for one test. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
