// A thousand damaged files of every supported kind. `deno task fuzz` runs more.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fuzz } from "../../tools/fuzz/run.ts";
import { withFolder } from "../support/program.ts";

Deno.test("damaged files are read, or refused in a sentence; no hang, no crash, and the next file is read", async () => {
  await withFolder(async (folder) => {
    const failures = join(folder, "failures");
    const { counts, faults, memory } = await fuzz({ runs: 1000, seed: 7, patience: 5000, failures });
    assert.deepEqual(faults, []);
    for (const [name, { read, refused }] of Object.entries(counts)) {
      assert(read > 0, `of ${name} no file was read`);
      assert(refused > 0 || name === "cache", `of ${name} no file was refused`);
    }
    const [early, late] = memory;
    assert(late < early + 300, `resident memory grew from ${early} to ${late} MB`);
  });
});
