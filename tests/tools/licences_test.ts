// The licences of the packages and of the demo photos.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isPermissive } from "../../tools/licences.ts";
import { output, ROOT } from "../runtimes/support/installed.ts";

Deno.test("every package is under a permissive licence, and docs/licences.md says so", async () => {
  assert.match(await output(Deno.execPath(), ["run", "-A", "tools/licences.ts", "--check"]), /all under permissive/);
});

Deno.test("the photos of demo/ have their licence and their authors beside them, and docs/licences.md leads there", () => {
  const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
  assert.match(read("demo/LICENSE"), /^\s*Apache License\s+Version 2\.0, January 2004\n/);
  assert.match(read("demo/README.md"), /Feng.*Gao.*Luo.*X-SDD/s);
  assert.match(read("docs/licences.md"), /\]\(\.\.\/demo\/README\.md\)/);
});

Deno.test("of several licences one to choose suffices, all that bind together count", () => {
  for (const fine of ["MIT", "(MIT OR GPL-3.0-only)", "MIT AND BSD-3-Clause"]) assert(isPermissive(fine), fine);
  for (const bad of ["GPL-3.0-only", "LGPL-2.1", "none", "MIT AND AGPL-3.0-only", "SEE LICENSE IN FILE"]) {
    assert(!isPermissive(bad), bad);
  }
});
