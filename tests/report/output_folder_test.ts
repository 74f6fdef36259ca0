// The output folder while other runs write to it.

import assert from "node:assert/strict";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openOutputFolder, partialName } from "../../src/report/output_folder.ts";
import { withFolder } from "../support/program.ts";

/** Another run: it makes and removes a half-written file until it is killed. */
const OTHER_RUN = `
  const file = Deno.args[0];
  console.log("started");
  for (;;) {
    Deno.writeTextFileSync(file, "");
    Deno.removeSync(file);
  }
`;

Deno.test("a folder opens while another run's half-written files come and go", async () => {
  await withFolder(async (folder) => {
    const command = ["eval", "--quiet", OTHER_RUN, join(folder, "report.html.1.partial")];
    await using other = new Deno.Command(Deno.execPath(), { args: command, stdout: "piped" }).spawn();
    await other.stdout.getReader().read();
    try {
      for (let times = 0; times < 5000; times++) openOutputFolder(folder, join(folder, "in"));
    } finally {
      other.kill("SIGKILL");
    }
  });
});

Deno.test("what a killed run left is removed after an hour, what a run still writes is not", async () => {
  await withFolder((folder) => {
    const [old, young, own] = ["groups.csv.1.partial", "report.html.1.partial", "notes.partial"];
    for (const name of [old, young, own]) writeFileSync(join(folder, name), "half");
    for (const name of [old, own]) utimesSync(join(folder, name), 1, 1);
    openOutputFolder(folder, join(folder, "in"));
    assert.deepEqual(readdirSync(folder).sort(), [own, young]);
  });
});

Deno.test("each run has names of its own for half-written files, which later runs know", () => {
  assert.match(partialName("groups.csv"), /^groups\.csv\.\d+\.partial$/);
});
