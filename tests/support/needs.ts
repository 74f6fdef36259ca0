// Finds what tests need that the repository does not contain, and says how to get it. A test that lacks something is
// skipped, and the skip is recorded so that run.ts can report it.

import { accessSync, appendFileSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { consumer, NotInstalled, tools } from "../runtimes/support/installed.ts";

/** A skipped test: one line in the file that {@linkcode SKIPPED_FILE} names. */
export interface Skip {
  readonly file: string;
  readonly test: string;
  /** What the test lacks, and how to get it. */
  readonly what: string;
  readonly how: string;
}

/** The environment variable that names the file in which skips are recorded. */
export const SKIPPED_FILE = "SKIPPED_TESTS_FILE";

/** Something that a machine may lack. */
export class Need<T> {
  #found?: { readonly value: T | undefined };

  /** If the thing is missing, `look` returns undefined or throws {@linkcode NotInstalled}. */
  constructor(readonly what: string, readonly how: string, readonly look: () => T | undefined) {}

  /** What was found. It is looked for only once. */
  get value(): T | undefined {
    this.#found ??= { value: this.#look() };
    return this.#found.value;
  }

  #look(): T | undefined {
    try {
      return this.look();
    } catch (error) {
      if (!(error instanceof NotInstalled)) throw error;
      console.warn(`${this.what}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    }
  }

  /** Returns what was found. For code that runs only if it was. */
  get(): T {
    if (this.value === undefined) throw new Error(`${this.what} is needed: ${this.how}`);
    return this.value;
  }

  /** Whether a test must be skipped because this is missing. Records the skip. */
  isLackedBy(test: string): boolean {
    if (this.value !== undefined) return false;
    const file = Deno.env.get(SKIPPED_FILE);
    const skip: Skip = { file: Deno.mainModule.split("/").pop()!, test, what: this.what, how: this.how };
    if (file) appendFileSync(file, JSON.stringify(skip) + "\n");
    return true;
  }
}

/** Finds a program by its name on the path. If the environment variable is set, only that place counts. */
function found(variable: string, names: readonly string[], elsewhere: readonly string[] = []): string | undefined {
  const given = Deno.env.get(variable);
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter);
  const everywhere = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...elsewhere];
  return (given === undefined ? everywhere : [given]).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Path of the browser. */
export const CHROMIUM = new Need(
  "Chromium",
  "Debian's package chromium, or CHROMIUM=/path/to/chromium",
  () =>
    found("CHROMIUM", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"], [
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ]),
);

/** Path of the NATS server. */
export const NATS = new Need(
  "a NATS server",
  "Debian's package nats-server, or NATS_SERVER=/path/to/nats-server",
  () => found("NATS_SERVER", ["nats-server"]),
);

/** How to get what the tests download themselves. */
export const FROM_NPM = "npm and its registry within reach";

/** A folder in which npm has installed our package, for Node. */
export const NPM_PACKAGE = new Need("the npm package, installed for Node", FROM_NPM, consumer);

/** A folder with Bun, workerd and a bundler. */
export const OTHER_RUNTIMES = new Need("Bun, workerd and esbuild", FROM_NPM, tools);

/** A need that only a trial can find: `isThere` is the trial's result. */
export function tried(what: string, how: string, isThere: boolean): Need<true> {
  return new Need(what, how, () => isThere || undefined);
}

/** Defines a test that is skipped if something that it needs is missing. */
export function testWith(
  needs: Need<unknown> | readonly Need<unknown>[],
  name: string,
  fn: (test: Deno.TestContext) => void | Promise<void>,
): void {
  // Needs are looked for in turn, so that nothing is downloaded for a test that is skipped anyway.
  const ignore = [needs].flat().some((need) => (need as Need<unknown>).isLackedBy(name));
  Deno.test({ name, ignore, fn });
}
