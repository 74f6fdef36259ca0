import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

Deno.test("the committed WASM is what core-as/ compiles to", async () => {
  const script = fileURLToPath(new URL("../tools/build.ts", import.meta.url));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, "--check"] }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});
