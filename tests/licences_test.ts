// Licences of packages.

import assert from "node:assert/strict";
import { isPermissive } from "../tools/licences.ts";
import { output } from "./runtime/installed.ts";

Deno.test("every package is under a permissive licence, and docs/licences.md says so", async () => {
  assert.match(await output(Deno.execPath(), ["run", "-A", "tools/licences.ts", "--check"]), /all under permissive/);
});

Deno.test("of several licences one to choose suffices, all that bind together count", () => {
  for (const fine of ["MIT", "(MIT OR GPL-3.0-only)", "MIT AND BSD-3-Clause"]) assert(isPermissive(fine), fine);
  for (const bad of ["GPL-3.0-only", "LGPL-2.1", "none", "MIT AND AGPL-3.0-only", "SEE LICENSE IN FILE"]) {
    assert(!isPermissive(bad), bad);
  }
});
