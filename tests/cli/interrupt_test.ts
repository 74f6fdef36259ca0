// Runs that are killed, interrupted or simultaneous, as real processes: nothing is lost, and no file is half written.

import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { finish, PROGRAM, resultsIn, start, withImages } from "../support/program.ts";
import { BUN, DENO, NEWER_NODE, testPrograms } from "../runtimes/support/programs.ts";

const COUNT = 15;
const NAMES = ["groups.csv", "groups.json", "model.bin", "model.json", "report.html"];

function commandIn(folder: string, command: readonly string[] = PROGRAM): string[] {
  return [...command, "cluster", join(folder, "in"), "--preset", "paper", "--cache", join(folder, "cache")];
}

/** Images in the cache so far. */
function kept(folder: string): number {
  const file = join(folder, "cache", "anomaly-cluster-embeddings.sqlite");
  try {
    using database = new DatabaseSync(file, { readOnly: true });
    return Number(database.prepare("SELECT count(*) AS entries FROM entry").get()!.entries);
  } catch {
    return 0; // Not there yet.
  }
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function waitForEntries(folder: string, entries: number): Promise<void> {
  for (let waited = 0; kept(folder) < entries; waited += 5) {
    assert(waited < 60_000, `${entries} entries never came`);
    await sleep(5);
  }
}

testPrograms("killed again and again while it embeds: each image is embedded once, and the result is the same", [
  NEWER_NODE,
], async ({ command, run }) => {
  await withImages(COUNT, async (folder) => {
    const out = join(folder, "in-clusters");
    await run("cluster", join(folder, "in"), "--preset", "paper", "--out", join(folder, "uninterrupted"));
    for (const entries of [1, 6, 11]) {
      const child = start(commandIn(folder, command));
      await waitForEntries(folder, entries);
      child.kill("SIGKILL");
      await finish(child);
      assert(kept(folder) >= entries);
    }
    assert.deepEqual(Array.from(Deno.readDirSync(out)), []);
    const before = kept(folder);
    const { code, stderr } = await finish(start(commandIn(folder, command)));
    assert.equal(code, 0, stderr);
    assert.match(stderr, new RegExp(`^cache: ${before} of ${COUNT} images`, "m"));
    assert.doesNotMatch(stderr, /warning/);
    assert.deepEqual(resultsIn(out), resultsIn(join(folder, "uninterrupted")));
  });
});

Deno.test("killed at any moment: no file is half written, and no file but the results is left", async () => {
  await withImages(COUNT, async (folder) => {
    const out = join(folder, "in-clusters");
    const started = performance.now();
    await finish(start(commandIn(folder)));
    const expected = resultsIn(out);
    const warm = performance.now();
    await finish(start(commandIn(folder)));
    const length = performance.now() - warm;
    assert(length < warm - started);
    for (let share = 0.3; share < 1; share += 0.1) {
      if (readNames(out).length) Deno.removeSync(out, { recursive: true });
      const child = start(commandIn(folder));
      await sleep(length * share);
      try {
        child.kill("SIGKILL");
      } catch {
        // It was quicker.
      }
      await finish(child);
      const written = [...readNames(out)];
      for (const name of written) assert(NAMES.includes(name) || name.endsWith(".partial"), name);
      for (const [at, name] of NAMES.slice(0, 2).entries()) {
        if (written.includes(name)) assert.equal(Deno.readTextFileSync(join(out, name)), expected[at]);
      }
      if (written.includes("report.html")) {
        assert.match(Deno.readTextFileSync(join(out, "report.html")), /<\/html>\s*$/);
      }
    }
    const partial = join(out, "groups.csv.1.partial");
    Deno.mkdirSync(out, { recursive: true });
    Deno.writeTextFileSync(partial, "half");
    Deno.utimeSync(partial, 1, 1);
    await finish(start(commandIn(folder)));
    assert(!readNames(out).includes("groups.csv.1.partial"), "what a killed run left is removed");
    assert.deepEqual(resultsIn(out), expected);
  });
});

function readNames(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
}

testPrograms("Ctrl-C: one sentence that says how to go on, exit code 130; also through deno task", [
  NEWER_NODE,
  BUN,
], async (program) => {
  await withImages(COUNT, async (folder) => {
    const direct = commandIn(folder, program.command);
    const task = [Deno.execPath(), "task", "--quiet", ...commandIn(folder).slice(PROGRAM.length)];
    for (const command of program === DENO ? [direct, task] : [direct]) {
      const entries = kept(folder) + 2;
      const child = start(command);
      await waitForEntries(folder, entries);
      child.kill("SIGINT");
      const { code, stdout, stderr } = await finish(child);
      assert.equal(code, 130, stderr);
      assert.equal(stdout, "");
      const [, number] = stderr.match(/^stopped: (\d+) embedded images are kept in .*cache: the same command goes on/)!;
      assert(Number(number) >= entries && Number(number) <= kept(folder), `${number} of ${kept(folder)}`);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    }
    const before = kept(folder);
    const { stderr } = await finish(start(direct));
    assert.match(stderr, new RegExp(`^cache: ${before} of ${COUNT} images`, "m"));
  });
});

testPrograms("two runs at once into one cache and one folder: both succeed, with the same result", [
  NEWER_NODE,
], async ({ command }) => {
  await withImages(COUNT, async (folder) => {
    const out = join(folder, "in-clusters");
    const both = await Promise.all([1, 2].map(() => finish(start(commandIn(folder, command)))));
    for (const { code, stderr } of both) {
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /warning/);
    }
    const results = resultsIn(out);
    assert.deepEqual(Array.from(Deno.readDirSync(out), ({ name }) => name).sort(), NAMES);
    const { stderr } = await finish(start(commandIn(folder, command)));
    assert.match(stderr, new RegExp(`^cache: ${COUNT} of ${COUNT} images`, "m"));
    assert.deepEqual(resultsIn(out), results);
  });
});
