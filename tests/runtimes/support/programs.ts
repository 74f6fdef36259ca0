// The program as each runtime runs it: Deno from the sources, Node and Bun from the npm package, for tests that say the
// same of all of them.

import { execFileSync } from "node:child_process";
import { FROM_NPM, Need, NPM_PACKAGE, OTHER_RUNTIMES, testWith } from "../../support/needs.ts";
import { finish, type Finished, PROGRAM, runTask, start } from "../../support/program.ts";
import { program } from "./installed.ts";

/** The program, run by one runtime. */
export interface Program {
  /** The runtime and its version. */
  readonly name: string;
  /** What runs it, with nothing in between: signals reach it. */
  readonly command: readonly string[];
  /** Whether the runtime has what the cache is kept with. */
  readonly keeps: boolean;
  /** Runs a command of it to its end. */
  run(command: string, ...args: string[]): Promise<Finished>;
}

export const DENO: Program = {
  name: `Deno ${Deno.version.deno}`,
  command: PROGRAM,
  keeps: true,
  run: runTask,
};

const tool = (name: string) => () => OTHER_RUNTIMES.value && program(OTHER_RUNTIMES.value, name);

/** The Node of this machine. */
export const NODE: Need<Program> = packaged("the program in Node", "Node", () => "node");
/** A Node that has SQLite. */
export const NEWER_NODE: Need<Program> = packaged("the program in a newer Node", "Node", tool("node"));
export const BUN: Need<Program> = packaged("the program in Bun", "Bun", tool("bun"), "--bun");

/** The npm package's program by a runtime; without npm's registry there is none. */
function packaged(
  what: string,
  name: string,
  find: () => string | undefined,
  ...options: readonly string[]
): Need<Program> {
  return new Need(what, FROM_NPM, () => {
    const folder = NPM_PACKAGE.value;
    const runtime = folder && find();
    if (!runtime) return undefined;
    const version = execFileSync(runtime, ["--version"], { encoding: "utf8" }).trim().replace(/^v/, "");
    const command = [runtime, ...options, program(folder, "anomaly-cluster")];
    const [major, minor] = version.split(".").map(Number);
    return {
      name: `${name} ${version}`,
      command,
      keeps: name !== "Node" || major > 22 || major === 22 && minor >= 13,
      run: (...args) => finish(start([...command, ...args])),
    };
  });
}

/** A test of the program in Deno, and in each of the others; one that is not there is skipped. */
export function testPrograms(
  name: string,
  others: readonly Need<Program>[],
  use: (program: Program, test: Deno.TestContext) => Promise<void>,
): void {
  Deno.test(name, (test) => use(DENO, test));
  for (const other of others) {
    testWith(other, `${name} (${other.value?.name ?? other.what})`, (test) => use(other.get(), test));
  }
}
