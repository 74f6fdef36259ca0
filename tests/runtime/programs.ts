// The program as each runtime runs it: Deno from the sources, Node and Bun from the npm package, for tests that say the
// same of all of them.

import { execFileSync } from "node:child_process";
import { finish, type Finished, PROGRAM, runTask, start } from "../program.ts";
import { consumer, orSkip, program, tools } from "./installed.ts";

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

const folder = orSkip("the program in Node", consumer);
const others = folder && orSkip("the program in a newer Node and in Bun", tools);

/** The Node of this machine. */
export const NODE: Program | undefined = folder ? packaged("Node", ["node"]) : undefined;
/** A Node that has SQLite. */
export const NEWER_NODE: Program | undefined = others ? packaged("Node", [program(others, "node")]) : undefined;
export const BUN: Program | undefined = others ? packaged("Bun", [program(others, "bun"), "--bun"]) : undefined;

function packaged(name: string, runtime: readonly [string, ...string[]]): Program {
  const version = execFileSync(runtime[0], ["--version"], { encoding: "utf8" }).trim().replace(/^v/, "");
  const command = [...runtime, program(folder!, "anomaly-cluster")];
  const [major, minor] = version.split(".").map(Number);
  return {
    name: `${name} ${version}`,
    command,
    keeps: name !== "Node" || major > 22 || major === 22 && minor >= 13,
    run: (...args) => finish(start([...command, ...args])),
  };
}

/** A test of the program in Deno, and in each of the others that is there. */
export function testPrograms(
  name: string,
  others: readonly (Program | undefined)[],
  use: (program: Program) => Promise<void>,
): void {
  for (const one of [DENO, ...others]) {
    if (one) {
      Deno.test(one === DENO ? name : `${name} (${one.name})`, () => use(one));
    }
  }
}
