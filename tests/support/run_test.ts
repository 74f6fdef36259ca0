// What the test command prints and returns if something is missing, shown on a file with one browser test.

import assert from "node:assert/strict";
import { finish, start } from "./program.ts";

/** Runs the tests of a file that needs Chromium, without Chromium. */
async function withoutChromium(env: Record<string, string>, ...args: string[]) {
  const command = [Deno.execPath(), "run", "--quiet", "--no-check", "-A", "tests/run.ts", ...args];
  const { code, stdout } = await finish(start(command, { CHROMIUM: "/nowhere", ...env }));
  return { code, last: stdout.trimEnd().split("\n").filter(Boolean).slice(-4) };
}

const FILE = "tests/report/report_scale_test.ts";
const WANT = [
  "  1 for want of Chromium: report_scale_test.ts (1)",
  "    to have them run: Debian's package chromium, or CHROMIUM=/path/to/chromium",
];

Deno.test("skipped tests are told of in the last lines, and are a failure only where that is asked for", async () => {
  const lenient = await withoutChromium({ SKIPPED_TESTS: "" }, FILE);
  assert.equal(lenient.code, 0);
  assert.match(lenient.last[0], /^ok \| 0 passed \| 0 failed \| 1 ignored/);
  assert.deepEqual(lenient.last.slice(1), ["1 TEST WAS SKIPPED, NOT PROVED HERE:", ...WANT]);
  const strict = await withoutChromium({ SKIPPED_TESTS: "fail" }, FILE);
  assert.equal(strict.code, 1);
  assert.deepEqual(strict.last.slice(1), ["1 TEST WAS SKIPPED, NOT PROVED HERE, AND NONE MAY BE:", ...WANT]);
});

Deno.test("what a filter leaves out was not skipped", async () => {
  const { code, last } = await withoutChromium({ SKIPPED_TESTS: "fail" }, FILE, "--filter", "of no test's name");
  assert.equal(code, 0);
  assert.match(last.at(-1)!, /^ok \| 0 passed \| 0 failed/);
});
