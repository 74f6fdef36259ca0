import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UNREACHABLE } from "../../tools/bundle.ts";
import { FROM_NPM, testWith, tried } from "../support/needs.ts";
import { ROOT } from "../../tools/loaded_files.ts";

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

Deno.test("the map in core-as/README.md has each file, and an arrow for each import but of those that most have", () => {
  const everywhere = ["structures", "distance"];
  const folder = join(ROOT, "core-as");
  const map = readFileSync(join(folder, "README.md"), "utf8").match(/```mermaid\n([^]*?)```/)![1];
  const named = [...map.matchAll(/^ +(\w+)\["/gm)].map(([, name]) => name).sort();
  const arrows = new Map(
    [...map.matchAll(/^ {2}(\w+) --> (.*)$/gm)].map(([, from, to]) => [from, to.split(" & ").sort()]),
  );
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "index.ts");
  assert.deepEqual(named, files.map((name) => name.slice(0, -3)).sort());
  for (const name of named) {
    const source = readFileSync(join(folder, `${name}.ts`), "utf8");
    const imported = [...source.matchAll(/ from "\.\/(\w+)";/g)].map(([, file]) => file);
    assert.deepEqual(arrows.get(name) ?? [], imported.filter((file) => !everywhere.includes(file)).sort(), name);
  }
});
