// `cluster FOLDER --apply FILE` as a real process: images go into the folders of their groups, and nowhere else.

import assert from "node:assert/strict";
import { join } from "node:path";
import { groupFolders } from "../../src/report/group_folders.ts";
import { runTask, withFolder } from "../support/program.ts";

const apply = (...args: string[]) => runTask("cluster", ...args);

/** A folder of small files named as images, and groups of them. */
function withImages(use: (scratch: string, images: string, groups: string) => Promise<void>): Promise<void> {
  return withFolder(async (scratch) => {
    const images = join(scratch, "in");
    Deno.mkdirSync(join(images, "sub"), { recursive: true });
    for (const path of ["a.jpg", "b.png", "sub/a.jpg"]) Deno.writeTextFileSync(join(images, path), `bytes of ${path}`);
    Deno.writeTextFileSync(join(scratch, "secret.jpg"), "not to be read");
    const groups = join(scratch, "groups-edited.json");
    writeGroups(groups, [["a.jpg", 1], ["sub/a.jpg", 1], ["b.png", 2]], { 1: "../Cuts: deep" });
    await use(scratch, images, groups);
  });
}

function writeGroups(file: string, images: [path: string, group: number][], names: Record<number, string>): void {
  const numbers = [...new Set(images.map(([, group]) => group))];
  Deno.writeTextFileSync(
    file,
    JSON.stringify({
      format: "anomaly-cluster-groups/1",
      groups: numbers.map((group) => ({ group, ...(names[group] && { name: names[group] }) })),
      images: images.map(([path, group]) => ({ path, group })),
    }),
  );
}

/** Every file below a folder. */
function filesBelow(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(join(folder, below))].flatMap((entry) => {
    const path = below ? `${below}/${entry.name}` : entry.name;
    return entry.isDirectory ? filesBelow(folder, path) : [path];
  }).sort();
}

Deno.test("images are copied into folders named after their groups, and never over others", async () => {
  await withImages(async (scratch, images, groups) => {
    const { code, stdout, stderr } = await apply(images, "--apply", groups);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /3 images copied into 2 folders: .*in-sorted/);
    const out = join(scratch, "in-sorted");
    assert.deepEqual(filesBelow(out), ["_Cuts_ deep/a.jpg", "_Cuts_ deep/sub/a.jpg", "group-2/b.png"]);
    assert.equal(Deno.readTextFileSync(join(out, "_Cuts_ deep/sub/a.jpg")), "bytes of sub/a.jpg");

    Deno.removeSync(join(out, "group-2/b.png"));
    Deno.writeTextFileSync(join(out, "_Cuts_ deep/a.jpg"), "mine");
    const again = await apply(images, "--apply", groups);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /already holds 2 of these files, _Cuts_ deep.a\.jpg first: nothing was copied/);
    assert.equal(Deno.readTextFileSync(join(out, "_Cuts_ deep/a.jpg")), "mine");
    assert.deepEqual(filesBelow(out), ["_Cuts_ deep/a.jpg", "_Cuts_ deep/sub/a.jpg"]);
    assert.equal((await apply(images, "--apply", groups, "--out", join(scratch, "other"))).code, 0);
  });
});

Deno.test("nothing is read outside the images' folder, nor written outside the output", async () => {
  await withImages(async (scratch, images, groups) => {
    const out = join(scratch, "out");
    writeGroups(groups, [["a.jpg", 1], ["../secret.jpg", 1], [join(scratch, "secret.jpg"), 2], ["a.jpg", 2]], {});
    const { code, stderr } = await apply(images, "--apply", groups, "--out", out);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /3 images are not in .*, \.\.\/secret\.jpg first/);
    assert.deepEqual(filesBelow(out), ["group-1/a.jpg"]);

    const elsewhere = join(scratch, "elsewhere");
    Deno.mkdirSync(elsewhere);
    Deno.mkdirSync(join(scratch, "linked"));
    writeGroups(groups, [["sub/a.jpg", 1], ["a.jpg", 1]], {});
    Deno.symlinkSync(elsewhere, join(scratch, "linked", "group-1"));
    const linked = await apply(images, "--apply", groups, "--out", join(scratch, "linked"));
    assert.equal(linked.code, 1);
    assert.match(linked.stderr, /leads out of .*linked: remove that link/);
    assert.deepEqual([...Deno.readDirSync(elsewhere)], []);
  });
});

Deno.test("what cannot be applied is refused in one sentence", async () => {
  await withImages(async (scratch, images, groups) => {
    const broken = join(scratch, "broken.json");
    Deno.writeTextFileSync(broken, '{"format": "anomaly-cluster-groups/1", "groups": [], "images": [{"path": 1}]}');
    const none = join(scratch, "none.json");
    writeGroups(none, [["z.jpg", 1]], {});
    const cases: [args: string[], code: number, message: RegExp][] = [
      [["--apply", groups], 2, /missing required argument 'FOLDER'/],
      [[images, "--apply", join(scratch, "no.json")], 2, /no\.json cannot be read: name a groups\.json/],
      [[images, "--apply", broken], 2, /broken\.json holds no groups/],
      [[images, "--apply", join(images, "a.jpg")], 2, /a\.jpg holds no groups/],
      [[images, "--apply", none], 2, /holds none of the images/],
      [[images, "--apply", groups, "--k", "3"], 2, /--apply makes no use of --k: leave one out/],
      [[images, "--apply", groups, "--out", join(images, "sorted")], 2, /lies in the input folder/],
    ];
    for (const [args, code, message] of cases) {
      const result = await apply(...args);
      assert.equal(result.code, code, `${args.join(" ")}: ${result.stderr}`);
      assert.match(result.stderr, message);
    }
  });
});

Deno.test("names of groups become names of folders that every file system takes", () => {
  const names = [
    "..",
    "a/b\\c",
    "CON",
    "aux.txt",
    " .hidden. ",
    "Cut",
    "cut",
    "",
    "\u202Egpj",
    "x".repeat(300),
    "Löcher 孔",
  ];
  const groups = names.map((name, at) => ({ group: at + 1, size: 1, medoid: "", name }));
  assert.deepEqual([...groupFolders(groups).values()], [
    "group-1",
    "a_b_c",
    "_CON",
    "_aux.txt",
    "hidden",
    "Cut",
    "cut (2)",
    "group-8",
    "_gpj",
    "x".repeat(60),
    "Löcher 孔",
  ]);
});
