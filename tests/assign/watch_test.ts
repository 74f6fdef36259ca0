// `assign --watch` as a real process: images are assigned as they come, half-copied ones once they are whole.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { AssignmentsFile } from "../../src/report/assignments.ts";
import { finish, PROJECT, start, withFolder } from "../support/program.ts";
import { BUN, NODE, testPrograms } from "../runtimes/support/programs.ts";

/** Tries until `holds` or ten seconds have passed. */
async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`never: ${what}`);
}

testPrograms("--watch assigns what is there and what comes, retries what is half copied, and Ctrl-C ends cleanly", [
  NODE,
  BUN,
], async ({ command, run }) => {
  await withFolder(async (scratch) => {
    const [fitted, photos] = [join(scratch, "fitted"), join(scratch, "new")];
    for (const folder of [fitted, photos, join(photos, "line 2")]) Deno.mkdirSync(folder);
    const fabric = (name: string) => join(PROJECT, "tests/data/fabric", name.replace(/-.*/, ""), `${name}.jpg`);
    for (const name of ["cut-01", "cut-02", "cut-03", "hole-01", "hole-02", "hole-03"]) {
      Deno.copyFileSync(fabric(name), join(fitted, `${name}.jpg`));
    }
    const clustered = await run("cluster", fitted, "--preset", "paper", "--k", "2");
    assert.equal(clustered.code, 0, clustered.stderr);

    Deno.copyFileSync(fabric("cut-01"), join(photos, "first.jpg"));
    const program = start([...command, "assign", join(scratch, "fitted-clusters/model.json"), photos, "--watch"]);
    const output = finish(program);
    try {
      const file = join(scratch, "new-assigned/assignments.json");
      const read = () => {
        try {
          return (JSON.parse(Deno.readTextFileSync(file)) as AssignmentsFile).images;
        } catch {
          return [];
        }
      };
      const paths = () => read().map(({ path }) => path).join(" ");
      await eventually("the image that was there", () => paths() === "first.jpg");

      const whole = Deno.readFileSync(fabric("hole-02"));
      Deno.writeFileSync(join(photos, "slow.jpg"), whole.subarray(0, whole.length / 2));
      Deno.copyFileSync(fabric("cut-02"), join(photos, "line 2", "second.jpg"));
      Deno.writeTextFileSync(join(photos, "notes.txt"), "no image");
      await eventually("an image in a sub-folder", () => paths() === "first.jpg line 2/second.jpg");
      // By now the half has been tried; the rest comes.
      await new Promise((resolve) => setTimeout(resolve, 600));
      Deno.writeFileSync(join(photos, "slow.jpg"), whole.subarray(whole.length / 2), { append: true });
      await eventually("the slow image", () => paths() === "first.jpg line 2/second.jpg slow.jpg");
      Deno.copyFileSync(fabric("hole-03"), join(photos, "first.jpg"));
      await eventually("an image under an old name", () => read()[0].like === "hole-03.jpg");
      const groups = read().map(({ like, distance }) => `${like} ${distance}`);
      assert.deepEqual(groups, ["hole-03.jpg 0", "cut-02.jpg 0", "hole-02.jpg 0"]);
    } finally {
      program.kill("SIGINT");
    }
    const { code, stdout, stderr } = await output;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^slow\.jpg +group [12] +distance 0\.00 /m);
    assert.match(stderr, /^stopped: 3 images assigned, in .*report\.html$/m);
    assert.doesNotMatch(stderr, /warning|error/);
  });
});
