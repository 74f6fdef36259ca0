import assert from "node:assert/strict";
import { UNREACHABLE } from "../tools/bundle.ts";
import { FROM_NPM, testWith, tried } from "./needs.ts";
import { ROOT } from "../tools/loaded_files.ts";

const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "tools/build.ts", "--check"],
  cwd: ROOT,
}).output();
const [matches, complaints] = [stdout, stderr].map((text) => new TextDecoder().decode(text));
const BUNDLER = tried("Deno's bundler", FROM_NPM, !complaints.includes(UNREACHABLE));

Deno.test("the committed WASM, and the structures in its memory, are what core-as/ compiles to", () => {
  for (const name of ["structures", "core"]) assert(matches.includes(`generated/${name}.ts is what`), complaints);
});

testWith(BUNDLER, "the committed program of threads is what src/core/tasks/ is bundled to", () => {
  assert.equal(code, 0, complaints);
});
