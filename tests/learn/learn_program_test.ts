// `cluster --learn`, and `assign` with what was learned, as real processes on real images.

import assert from "node:assert/strict";
import { join } from "node:path";
import { shareLabels } from "../../mod.ts";
import type { AssignmentsFile } from "../../src/report/assignments.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { finish, type Finished, PROGRAM, start, withImages } from "../support/program.ts";

const KINDS = ["cut", "hole", "knot", "stain", "good"];
const kindOf = (path: string) => path.replace(/^.*\/|-.*$/g, "");

/** The file that a person would export: groups by these numbers, some images confirmed. */
function edited(
  folder: string,
  groups: readonly { group: number; name?: string; note?: string; sound?: boolean }[],
  images: readonly { path: string; group: number; confirmed?: unknown }[],
): string {
  const file = join(folder, "groups-edited.json");
  Deno.writeTextFileSync(file, JSON.stringify({ format: "anomaly-cluster-groups/1", groups, images }));
  return file;
}

/** Runs with the images of `folder/in`, of which those that were embedded before come from its cache. */
function cluster(folder: string, ...args: string[]): Promise<Finished> {
  const command = [...PROGRAM, "cluster", join(folder, "in"), "--preset", "paper", ...args];
  return finish(start(command, { ANOMALY_CLUSTER_CACHE: join(folder, "cache") }));
}

const groupsIn = (folder: string): GroupsFile => {
  return JSON.parse(Deno.readTextFileSync(join(folder, "in-clusters/groups.json")));
};

Deno.test("cluster --learn: confirmed images are labels, the rest follows, an unnamed kind is found, and it goes on", async () => {
  await withImages(50, async (folder) => {
    // Four kinds, numbered unlike any run would; of stain nothing is confirmed, and all are in a wrong group.
    const groups = [
      { group: 7, name: "no fault", sound: true },
      { group: 2, name: "Löcher", note: "needle 3" },
      { group: 4, name: "cuts" },
      { group: 5 },
    ];
    const groupOf: Record<string, number> = { good: 7, hole: 2, cut: 4, knot: 5 };
    const images = [...Deno.readDirSync(join(folder, "in"))].map(({ name }) => name).sort().map((path) => {
      const group = groupOf[kindOf(path)];
      return { path, group: group ?? 4, ...(group && /-0[247]\.jpg$/.test(path) && { confirmed: true }) };
    });
    const taught = edited(folder, groups, [...images, { path: "gone.jpg", group: 2, confirmed: true }]);
    const { code, stdout, stderr } = await cluster(folder, "--learn", taught);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /50 images in 5 groups \(k learned from 12 labels\)/);
    assert.match(stdout, /group 1 "Löcher": 10 images/);
    assert.match(stdout, /learned: of 12 labels left out \d+ would have been told rightly/);
    assert.match(stdout, /\d+ of 50 images are in another group than in .*; 1 that the file names is gone/);
    assert.match(stderr, /1 confirmed image of .* cannot be used, as it is gone, gone\.jpg first/);

    const file = groupsIn(folder);
    assert.deepEqual(file.groups.map(({ name, note, sound }) => [name, note, sound]), [
      ["Löcher", "needle 3", undefined],
      ["cuts", undefined, undefined],
      [undefined, undefined, undefined],
      ["no fault", undefined, true],
      [undefined, undefined, undefined],
    ]);
    const order = ["hole", "cut", "knot", "good", "stain"];
    const right = file.images.filter(({ path, group }) => order[group - 1] === kindOf(path));
    assert(right.length >= 47, `${right.length} of 50 are right`);
    for (const { path, group, confirmed, confidence } of file.images) {
      const isLabel = images.some((one) => one.path === path && one.confirmed);
      assert.equal(confirmed, isLabel || undefined);
      if (isLabel) assert.deepEqual([confidence, order[group - 1]], [1, kindOf(path)]);
      else assert.equal(confidence === undefined, group === 5, path);
    }
    assert.deepEqual([file.settings.labels, file.settings.kinds, file.settings.k], [12, 4, 5]);
    assert.match(String(file.settings.check), /^of 12 labels left out/);
    const report = Deno.readTextFileSync(join(folder, "in-clusters/report.html"));
    assert.match(report, /"confirmed":true/);
    assert.match(report, /The groups were learned from 12 labels of 4 kinds/);
    assert.match(report, /"name":"Löcher"/);

    // From its own groups.json it goes on as it is, new images join, and a second label of one image is told.
    Deno.copyFileSync("tests/data/fabric/hole/hole-11.jpg", join(folder, "in/hole-11.jpg"));
    Deno.copyFileSync("tests/data/fabric/cut/cut-02.jpg", join(folder, "in/new-name.jpg"));
    const own = join(folder, "in-clusters/groups.json");
    const again = await cluster(folder, "--learn", own, "--json", "-");
    assert.equal(again.code, 0, again.stderr);
    const next: GroupsFile = JSON.parse(again.stdout);
    assert.deepEqual(next.groups.slice(0, 4).map(({ name }) => name), file.groups.slice(0, 4).map(({ name }) => name));
    const groupNow = (path: string) => next.images.find((one) => one.path === path)!;
    assert.deepEqual([groupNow("hole-11.jpg").group, groupNow("hole-11.jpg").confirmed], [1, undefined]);
    const copy = groupNow("new-name.jpg");
    assert.deepEqual([copy.copyOf, copy.group, copy.confidence], ["cut-02.jpg", 2, 1]);
    const told = await cluster(folder, "--learn", own);
    assert.match(told.stdout, /\n0 of 52 images are in another group than in [^;]*\n/);
    const lines = JSON.parse(Deno.readTextFileSync(own));
    lines.images.find(({ path }: { path: string }) => path === "new-name.jpg").group = 4;
    lines.images.find(({ path }: { path: string }) => path === "new-name.jpg").confirmed = true;
    Deno.writeTextFileSync(taught, JSON.stringify(lines));
    const torn = await cluster(folder, "--learn", taught);
    assert.match(
      torn.stderr,
      /equal images in two groups: cut-02\.jpg in "cuts", which counts, and new-name\.jpg in "no fault"/,
    );
    assert.equal(groupsIn(folder).images.find(({ path }) => path === "new-name.jpg")!.group, 2);

    // The model tells kinds of new images, and how sure it is.
    Deno.mkdirSync(join(folder, "new"));
    for (const kind of KINDS) {
      for (const number of ["11", "12"]) {
        Deno.copyFileSync(
          `tests/data/fabric/${kind}/${kind}-${number}.jpg`,
          join(folder, "new", `${kind}-${number}.jpg`),
        );
      }
    }
    const model = join(folder, "in-clusters/model.json");
    const assigned = await finish(start([...PROGRAM, "assign", model, join(folder, "new")]));
    assert.equal(assigned.code, 0, assigned.stderr);
    const found: AssignmentsFile = JSON.parse(Deno.readTextFileSync(join(folder, "new-assigned/assignments.json")));
    const known = found.images.filter(({ group }) => group !== null);
    const hits = known.filter(({ path, group }) => order[group! - 1] === kindOf(path));
    assert(hits.length >= 7 && hits.length >= known.length - 1, assigned.stdout);
    for (const { group, confidence } of found.images) {
      if (group === null || group > 4) assert.equal(confidence, undefined);
      else assert(confidence! > 0.25 && confidence! < 1);
    }
    assert.match(assigned.stdout, /Löcher \d\d %/);
    const csv = Deno.readTextFileSync(join(folder, "new-assigned/assignments.csv")).split("\r\n");
    assert.match(csv[0], /,margin,confidence,confirmed$/);
    assert.match(csv.find((line) => line.startsWith("hole-12"))!, /,0\.\d+,no$/);
    assert.match(Deno.readTextFileSync(join(folder, "new-assigned/report.html")), /<dt>Confidence<\/dt>/);
  });
});

Deno.test("cluster --learn: what cannot be learned from is refused before the work, in one sentence", async () => {
  await withImages(6, async (folder) => {
    const groups = [{ group: 1, name: "a" }, { group: 2, name: "b" }];
    const refused = async (
      reason: RegExp,
      images: readonly { path: string; group: number; confirmed?: unknown }[],
      ...args: string[]
    ) => {
      const { code, stderr } = await cluster(folder, "--learn", edited(folder, groups, images), ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, reason);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
    };
    const [a, b] = ["cut-01.jpg", "hole-01.jpg"];
    await refused(/--learn .* holds no confirmed image: confirm images of at least 2 groups in the report/, [{
      path: a,
      group: 1,
    }]);
    await refused(/confirmed images of one group alone, which tells no kinds apart/, [{
      path: a,
      group: 1,
      confirmed: true,
    }]);
    await refused(/of which none is there/, [{ path: "x.jpg", group: 1, confirmed: true }]);
    await refused(/"confirmed" of cut-01\.jpg neither true nor false/, [{ path: a, group: 1, confirmed: "yes" }]);
    await refused(/holds no groups/, [{ path: a, group: 9, confirmed: true }]);
    const both = [{ path: a, group: 1, confirmed: true }, { path: b, group: 2, confirmed: true }];
    await refused(/--learn takes the groups from confirmed images and makes no use of --k/, both, "--k", "3");
    await refused(/makes no use of --cluster kmeans/, both, "--cluster", "kmeans");
    await refused(
      /--learn compares all images with each other: leave it or --references out/,
      both,
      "--references",
      "4",
    );
    const missing = await cluster(folder, "--learn", join(folder, "none.json"));
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /--learn .*none\.json cannot be read: name a groups\.json, or a groups-edited\.json/);
  });
});

Deno.test("assign --learn: corrected assignments bring the model on, as JSON and as CSV, with new kinds", async () => {
  await withImages(25, async (folder) => {
    const groups = [{ group: 3, name: "hole" }, { group: 8, name: "cut" }, { group: 9, name: "good", sound: true }];
    const groupOf: Record<string, number> = { hole: 3, cut: 8, good: 9 };
    const images = [...Deno.readDirSync(join(folder, "in"))].map(({ name }) => name).flatMap((path) => {
      const group = groupOf[kindOf(path)];
      return group && /[135]\.jpg$/.test(path) ? [{ path, group, confirmed: true }] : [];
    });
    const first = await cluster(folder, "--learn", edited(folder, groups, images));
    assert.equal(first.code, 0, first.stderr);
    const photos = join(folder, "new");
    Deno.mkdirSync(photos);
    for (const kind of KINDS) {
      for (const number of ["06", "07", "08", "09"]) {
        Deno.copyFileSync(`tests/data/fabric/${kind}/${kind}-${number}.jpg`, join(photos, `${kind}-${number}.jpg`));
      }
    }
    const model = join(folder, "in-clusters/model.json");
    const assign = (from: string, ...args: string[]) =>
      finish(start([...PROGRAM, "assign", from, photos, ...args], { ANOMALY_CLUSTER_CACHE: join(folder, "cache") }));
    const day = await assign(model);
    assert.equal(day.code, 0, day.stderr);
    const out = join(folder, "new-assigned");
    const told: AssignmentsFile = JSON.parse(Deno.readTextFileSync(join(out, "assignments.json")));
    const numbers = new Map(groupsIn(folder).groups.map(({ name, group }) => [name, group]));

    // Names of a file are taken; with other groups what was learned does not hold.
    const renamed = groupsIn(folder);
    const named = { ...renamed, groups: renamed.groups.map((group) => ({ ...group, name: `no. ${group.group}` })) };
    const namesFile = join(folder, "names.json");
    Deno.writeTextFileSync(namesFile, JSON.stringify(named));
    assert.match((await assign(model, "--groups", namesFile)).stdout, /no\. \d \d\d %/);
    const [moved, ...others] = named.images;
    Deno.writeTextFileSync(
      namesFile,
      JSON.stringify({ ...named, images: [{ ...moved, group: moved.group % 3 + 1 }, ...others] }),
    );
    const regrouped = await assign(model, "--groups", namesFile);
    assert.match(regrouped.stderr, /--groups .* has images in other groups than were learned: no confidences are told/);
    assert.doesNotMatch(regrouped.stdout, /no\. \d \d\d %/);

    // Two of stain are a new kind; one of hole is right by its number, one by its name.
    const corrected = told.images.map((image) => {
      if (/stain-0[67]/.test(image.path)) return { ...image, group: null, name: "Flecken, hell", confirmed: true };
      if (/hole-06/.test(image.path)) return { ...image, group: numbers.get("hole"), name: "", confirmed: true };
      if (/hole-07/.test(image.path)) return { ...image, group: null, name: "Hole", confirmed: true };
      return image;
    });
    const file = join(folder, "corrected.json");
    Deno.writeTextFileSync(
      file,
      JSON.stringify({ ...told, images: [...corrected, { ...corrected[0], path: "x.jpg" }] }),
    );
    const before = Deno.readTextFileSync(model);
    const second = await assign(model, "--learn", file);
    assert.equal(second.code, 0, second.stderr);
    assert.equal(Deno.readTextFileSync(model), before);
    assert.match(
      second.stdout,
      /learned from 4 more labels, 13 in all: of 13 labels left out \d+ would have been told/,
    );
    const now: AssignmentsFile = JSON.parse(Deno.readTextFileSync(join(out, "assignments.json")));
    const of = (all: AssignmentsFile, path: string) => all.images.find((image) => image.path === path)!;
    for (const path of ["stain-06.jpg", "hole-06.jpg", "hole-07.jpg"]) {
      const { confirmed, confidence, name } = of(now, path);
      assert.deepEqual([confirmed, confidence, name], [true, 1, path.startsWith("stain") ? "Flecken, hell" : "hole"]);
    }
    const stains = ["stain-08.jpg", "stain-09.jpg"].filter((path) => of(now, path).name === "Flecken, hell");
    assert(stains.length > 0, second.stdout);
    const written = JSON.parse(Deno.readTextFileSync(join(out, "model.json")));
    const names: string[] = written.groups.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.slice(0, 4), ["hole", "cut", "good", "Flecken, hell"]);
    assert.equal(written.groups[2].sound, true);
    assert.deepEqual(written.groups.slice(0, 3).map(({ group }: { group: number }) => group), [1, 2, 3]);
    assert.equal(written.images.length, 25 + 4);
    assert(written.images.includes("new/stain-06.jpg"));

    // The next day by CSV, from the new model: the same labels again count once; it is not written over by chance.
    const table = Deno.readTextFileSync(join(out, "assignments.csv"));
    assert.match(table, /^stain-06\.jpg,\d,"Flecken, hell",.*,1,yes\r$/m);
    const csv = join(folder, "corrected.csv");
    Deno.writeTextFileSync(csv, table.replace(/^(cut-06\.jpg),[^,]*,[^,]*,(.*),no\r$/m, "$1,,cut,$2,yes\r"));
    const own = join(out, "model.json");
    const over = await assign(own, "--learn", csv);
    assert.equal(over.code, 2);
    assert.match(over.stderr, /new-assigned.model\.json would be written over: name another folder with --out/);
    const third = await assign(own, "--learn", csv, "--out", out);
    assert.equal(third.code, 0, third.stderr);
    assert.match(third.stdout, /learned from 5 more labels, 14 in all/);
    const last: AssignmentsFile = JSON.parse(Deno.readTextFileSync(join(out, "assignments.json")));
    assert.deepEqual([of(last, "cut-06.jpg").name, of(last, "cut-06.jpg").confirmed], ["cut", true]);
    assert.equal(JSON.parse(Deno.readTextFileSync(own)).images.length, 30);

    const refused = async (reason: RegExp, change: Record<string, unknown>, ...args: string[]) => {
      const wrong = [{ ...told.images[0], ...change }, ...told.images.slice(1)];
      Deno.writeTextFileSync(file, JSON.stringify({ ...told, images: wrong }));
      const { code, stderr } = await assign(model, "--learn", file, ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, reason);
    };
    await refused(/holds no confirmed image: set "confirmed": true in the JSON, or yes in the column confirmed/, {});
    await refused(/neither true nor false/, { confirmed: "yes" });
    await refused(/in group 1 and calls it "cut", which do not belong together/, {
      confirmed: true,
      group: 1,
      name: "cut",
    });
    await refused(/in group 77, which the model lacks: give the new kind a name/, {
      confirmed: true,
      group: 77,
      name: "",
    });
    await refused(/confirms no image that is there and of a kind/, {
      confirmed: true,
      group: null,
      name: "none of these",
    });
    await refused(/--learn and --watch exclude each other/, { confirmed: true }, "--watch");
    Deno.writeTextFileSync(csv, table.replace(/,no\r$/m, ",perhaps\r"));
    assert.match(
      (await assign(own, "--learn", csv, "--out", out)).stderr,
      /"perhaps" as confirmed of .*: write yes or no/,
    );
    const plain = await cluster(folder, "--out", join(folder, "plain"));
    assert.equal(plain.code, 0, plain.stderr);
    const untaught = await assign(join(folder, "plain/model.json"), "--learn", file);
    assert.equal(untaught.code, 2);
    assert.match(
      untaught.stderr,
      /plain.model\.json has learned nothing that could be gone on with: run cluster --learn/,
    );
  });
});

Deno.test("copies share a label: equal ones always, those of a burst where nobody said else", () => {
  //               0   1   2   3   4   5   6   7
  const labels = [-1, 0, -1, 1, -1, 0, 1, -1];
  const firsts = Int32Array.of(0, 1, 1, 3, 4, 5, 5, 7); // 2 is equal to 1; 6 to 5, with another label.
  const near = Int32Array.of(0, 1, 1, 1, 4, 5, 5, 5); // Bursts: 1, 2, 3 with two labels; 5, 6, 7.
  const { taught, known, contradictions } = shareLabels(labels, firsts, near);
  assert.deepEqual([...taught], [-1, 0, -1, 1, -1, 0, -1, -1]);
  assert.deepEqual([...known], [-1, 0, 0, 1, -1, 0, 0, 0]);
  assert.deepEqual(contradictions, [{ first: 5, other: 6 }]);
  assert.deepEqual([...shareLabels(labels).taught], labels);
  assert.deepEqual([...shareLabels(labels).known], labels);
});
