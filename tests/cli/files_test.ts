// Odd folders and files through the real program: strange names, links, pipes, files that change, full disks.

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import fc from "fast-check";
import { DEFAULT_MODEL, readNetwork } from "../../mod.ts";
import { packNetwork } from "../../src/embed/packed.ts";
import { readCsv, withoutGuard } from "../../src/dataset/csv.ts";
import { labelledDataset } from "../../src/dataset/labelled.ts";
import { quoted } from "../../src/report/client/text.js";
import type { GroupsFile } from "../../src/report/result.ts";
import { identity } from "../support/onnx_file.ts";
import { finish, PROGRAM, run, start, withImages } from "../support/program.ts";

const QUICK = ["--preset", "paper", "--size", "64"];
const NAMES = [
  '=HYPERLINK("http:∕∕x","y").jpg',
  "+1.jpg",
  "-1.jpg",
  "@SUM(A1).jpg",
  "'=1.jpg",
  'quote".jpg',
  "comma, comma.jpg",
  "line\nend.jpg",
  "<script>alert(1)</script>.jpg".replace("/", "∕"),
  "\x1b[2J\x07.jpg",
];

/** Renames the images of a folder, as far as there are names. */
function rename(folder: string, names: readonly string[]): void {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  names.forEach((name, at) => Deno.renameSync(join(folder, files[at]), join(folder, name)));
}

function groupsIn(folder: string): GroupsFile {
  return JSON.parse(Deno.readTextFileSync(join(folder, "groups.json")));
}

async function cluster(folder: string, ...args: string[]): Promise<{ file: GroupsFile; stderr: string }> {
  const { code, stdout, stderr } = await run("cluster", folder, ...QUICK, "--json", "-", ...args);
  assert.equal(code, 0, stderr);
  return { file: JSON.parse(stdout), stderr };
}

Deno.test("names of every kind: true in JSON, guarded in CSV, text in the report, harmless on a terminal, found again", async () => {
  await withImages(NAMES.length + 2, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    rename(images, NAMES);
    Deno.writeTextFileSync(join(images, "\x1b[31m\u202ebad.jpg"), "no image");
    const { code, stdout, stderr } = await run("cluster", images, ...QUICK, "--export", "embeddings,folders");
    assert.equal(code, 0, stderr);
    for (const text of [stdout, stderr]) assert.doesNotMatch(text, /(?!\n)\p{Cc}|\u202e/u);
    assert.match(stderr, /^warning: \ufffd\[31m\ufffdbad\.jpg: this is no image/m);

    const { images: listed } = groupsIn(out);
    const paths = listed.map(({ path }) => path);
    assert(NAMES.every((name) => paths.includes(name)));
    for (const name of ["groups.csv", "embeddings.csv"]) {
      const rows = readCsv(Deno.readTextFileSync(join(out, name))).slice(1);
      assert.deepEqual(rows.map(([path]) => withoutGuard(path)), paths);
      assert(rows.every(([path]) => !/^[=+\-@\t\r]/.test(path)), name);
    }
    assert(!Deno.readTextFileSync(join(out, "report.html")).includes("<script>alert"));

    // What reads names finds the files: --apply, assign, and evaluate with the table itself.
    const copied = [...Deno.readDirSync(join(out, "groups"))].flatMap(({ name }) => {
      return [...Deno.readDirSync(join(out, "groups", name))].map(({ name }) => name);
    });
    assert.deepEqual(copied.sort(), paths.toSorted());
    const applied = await run("cluster", images, "--apply", join(out, "groups.json"));
    assert.match(applied.stdout, new RegExp(`^${paths.length} images copied into`), applied.stderr);
    const assigned = await run("assign", join(out, "model.json"), images, "--out", join(folder, "assigned"));
    assert.equal(assigned.code, 0, assigned.stderr);
    assert.doesNotMatch(assigned.stdout, /(?!\n)\p{Cc}/u);
    const table = readCsv(Deno.readTextFileSync(join(folder, "assigned", "assignments.csv"))).slice(1);
    assert.deepEqual(table.map(([path]) => withoutGuard(path)), paths);
    Deno.copyFileSync(join(out, "groups.csv"), join(images, "groups.csv"));
    const labelled = labelledDataset(join(images, "groups.csv")).images;
    assert.deepEqual(labelled.map(({ path }) => path), paths);
    assert(labelled.every(({ file }) => Deno.statSync(file).isFile));
  });
});

Deno.test("a field of CSV is no formula, and any text comes back from it", () => {
  const text = fc.string({ unit: fc.constantFrom("'", "=", "+", "-", "@", "\t", "\r", "\n", '"', ",", "a", "ü", " ") });
  fc.assert(fc.property(text, text, (first, second) => {
    const fields = [first, second].map(quoted);
    assert(fields.every((field) => !/^"?[=+\-@\t\r]/.test(field)));
    const rows = readCsv(`${fields.join(",")}\r\n`);
    const expected = first + second ? [[first, second]] : []; // A row of nothing is none.
    assert.deepEqual(rows.map((row) => row.map(withoutGuard)), expected);
  }));
});

Deno.test("links, loops, pipes, sockets, devices and huge files are named and passed over; none is waited for", async () => {
  await withImages(4, async (folder) => {
    const images = join(folder, "in");
    const [outside, inside] = [join(folder, "outside"), (name: string) => join(images, name)];
    Deno.mkdirSync(outside);
    Deno.copyFileSync(inside("cut-01.jpg"), join(outside, "linked.jpg"));
    Deno.symlinkSync(join(outside, "linked.jpg"), inside("link.jpg"));
    Deno.symlinkSync(outside, inside("away"));
    Deno.symlinkSync(images, inside("loop"));
    Deno.symlinkSync(images, inside("loop.jpg"));
    Deno.symlinkSync("nowhere", inside("dangling.jpg"));
    Deno.symlinkSync("itself.jpg", inside("itself.jpg"));
    Deno.symlinkSync("/dev/zero", inside("zero.jpg"));
    assert.equal((await new Deno.Command("mkfifo", { args: [inside("pipe.jpg")] }).output()).code, 0);
    using _socket = Deno.listen({ transport: "unix", path: inside("socket.jpg") });
    Deno.writeFileSync(inside("huge.jpg"), new Uint8Array([0xff, 0xd8, 0xff]));
    Deno.truncateSync(inside("huge.jpg"), 3e9);
    const { file, stderr } = await cluster(images);
    assert.deepEqual(file.images.length, 5);
    assert(file.images.some(({ path }) => path === "link.jpg"));
    for (
      const warning of [
        "away: a link to a folder, which is not followed",
        "loop: a link to a folder, which is not followed",
        "loop.jpg: a link to a folder, which is not followed",
        "dangling.jpg: the link leads nowhere, skipped",
        "itself.jpg: the link leads nowhere, skipped",
        "zero.jpg: this is a device or a pipe, not a file, skipped",
        "pipe.jpg: this is a device or a pipe, not a file, skipped",
        "socket.jpg: this is a device or a pipe, not a file, skipped",
        "huge.jpg: the file of 3.0 GB is too large (2 GB at most), skipped",
      ]
    ) {
      assert(file.warnings.includes(warning), `${warning} is not in\n${file.warnings.join("\n")}`);
      assert(stderr.includes(`warning: ${warning}\n`));
    }
    const named = join(folder, "labels.csv");
    Deno.writeTextFileSync(named, "path,label\nin/pipe.jpg,a\nin/cut-01.jpg,a\nin/hole-01.jpg,b\nin/stain-01.jpg,b\n");
    const measured = await run("evaluate", named, "--presets", "paper", "--protocol", "whole", "--size", "64");
    assert.match(measured.stderr, /^warning: .*pipe\.jpg: this is no file, skipped$/m);
  });
});

/** The program without root's power to read all, where the test has it. */
const ORDINARY = Deno.uid() === 0
  ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all", ...PROGRAM]
  : PROGRAM;

Deno.test("files and folders that may not be read are named and passed over", async () => {
  await withImages(4, async (folder) => {
    const images = join(folder, "in");
    Deno.mkdirSync(join(images, "locked"));
    Deno.copyFileSync(join(images, "cut-01.jpg"), join(images, "locked", "other.jpg"));
    for (const name of ["cut-01.jpg", "locked"]) Deno.chmodSync(join(images, name), 0);
    const { code, stderr } = await finish(start([...ORDINARY, "cluster", images, ...QUICK]));
    Deno.chmodSync(join(images, "locked"), 0o700);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: locked: the folder cannot be read$/m);
    assert.match(stderr, /^warning: cut-01\.jpg: the file cannot be read, skipped$/m);
    Deno.chmodSync(images, 0);
    const refused = await finish(start([...ORDINARY, "cluster", images, ...QUICK]));
    Deno.chmodSync(images, 0o700);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^error: .*in cannot be read as a folder: name a folder of images$/m);
  });
});

Deno.test("files that vanish, are cut short or come while the folder is read", async () => {
  await withImages(25, async (folder) => {
    const images = join(folder, "in");
    const names = [...Deno.readDirSync(images)].map(({ name }) => name).sort();
    const child = start([...PROGRAM, "cluster", images, ...QUICK, "--cache", join(folder, "cache")]);
    // The cache is made after the folder is listed and before the first image is read.
    while (!exists(join(folder, "cache"))) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const name of names.slice(-3)) Deno.removeSync(join(images, name));
    for (const name of names.slice(-5, -3)) Deno.truncateSync(join(images, name), name.length * 20);
    Deno.writeTextFileSync(join(images, "new.jpg"), "");
    const { code, stderr } = await finish(child);
    assert.equal(code, 0, stderr);
    const { images: listed, warnings } = groupsIn(join(folder, "in-clusters"));
    assert.deepEqual(listed.map(({ path }) => path), names.slice(0, -5));
    assert.equal(warnings.filter((warning) => /: the file cannot be read, skipped$/.test(warning)).length, 3);
    assert.equal(warnings.filter((warning) => /: the JPEG image is truncated/.test(warning)).length, 2);
  });
});

function exists(file: string): boolean {
  try {
    return Deno.statSync(file) !== null;
  } catch {
    return false;
  }
}

/** The program where no file may grow beyond so many bytes, which ends writing as a full disk does. */
function limited(bytes: number): string[] {
  return ["bash", "-c", `trap "" XFSZ; ulimit -f ${Math.floor(bytes / 1024)}; exec "$@"`, "bash", ...PROGRAM];
}

Deno.test("a full disk: one sentence, and no file that is there by half", async () => {
  await withImages(8, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    const options = ["--k", "3", "--export", "embeddings", ...QUICK];
    assert.equal((await run("cluster", images, ...options)).code, 0);
    const whole = new Map([...Deno.readDirSync(out)].map(({ name }) => [name, Deno.readFileSync(join(out, name))]));
    const ownSize = [...whole.values()].map(({ length }) => length).sort((a, b) => a - b);
    for (const size of [1024, ownSize.at(-2)!, ownSize.at(-1)! - 1024]) {
      Deno.removeSync(out, { recursive: true });
      const { code, stderr } = await finish(start([...limited(size), "cluster", images, ...options]));
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^error: \S+ cannot be written: the disk is full$/m);
      for (const { name } of Deno.readDirSync(out)) {
        assert.deepEqual(Deno.readFileSync(join(out, name)), whole.get(name));
      }
    }
    const groups = join(folder, "groups.json");
    Deno.writeFileSync(groups, whole.get("groups.json")!);
    Deno.writeFileSync(join(images, "stain-01.jpg"), new Uint8Array(50_000));
    const { code, stderr } = await finish(start([...limited(20_000), "cluster", images, "--apply", groups]));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: .*stain-01\.jpg cannot be copied to .*: the disk is full$/m);
    for (const group of Deno.readDirSync(join(folder, "in-sorted"))) {
      for (const { name } of Deno.readDirSync(join(folder, "in-sorted", group.name))) {
        const copy = Deno.readFileSync(join(folder, "in-sorted", group.name, name));
        assert.deepEqual(copy, Deno.readFileSync(join(images, basename(name))), name);
      }
    }
  });
});

Deno.test("results of another version, or of another run, are refused by name", async () => {
  await withImages(6, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    await cluster(images, "--k", "2");
    const changed = (name: string, from: string, to: string) => {
      const text = Deno.readTextFileSync(join(out, name)).replaceAll(from, to);
      Deno.writeTextFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const refusals: [args: string[], code: number, message: RegExp][] = [
      [
        ["cluster", images, "--apply", changed("groups.json", "-groups/1", "-groups/7")],
        2,
        /is of the format anomaly-cluster-groups\/7, and anomaly-cluster-groups\/1 is needed/,
      ],
      [
        ["assign", changed("model.json", "-assign/1", "-assign/7"), images],
        1,
        /is of the format anomaly-cluster-assign\/7: anomaly-cluster-assign\/1 is needed/,
      ],
    ];
    for (const [args, code, message] of refusals) {
      const result = await run(...args);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
    }
    const older = await run(
      "assign",
      join(out, "model.json"),
      images,
      "--groups",
      changed("groups.json", "cut-", "cat-"),
    );
    assert.match(older.stderr, /^error: --groups .* lacks cut-01\.jpg: name one of the same run$/m);
  });
});

Deno.test("ONNX files that are no networks of images, or damaged, are refused in a sentence", async () => {
  await withImages(3, async (folder) => {
    const { model: network } = await readNetwork(DEFAULT_MODEL);
    const packed = packNetwork(network);
    const cases: [content: Uint8Array, message: RegExp][] = [
      [new Uint8Array(), /cannot be opened as an ONNX model/],
      [network.subarray(0, 100_000), /cannot be opened as an ONNX model/],
      [packed.subarray(0, 100_000), /this WebAssembly file holds no whole network: copy it anew/],
      [packed.subarray(0, 8), /this WebAssembly file holds no whole network: copy it anew/],
      [identity(1, 1, 5), /does not take one float32 image of 1 × 3 × 64 × 64/],
      [identity(1, 1, 1, 64, 64), /does not take one float32 image/],
      [identity(1, 1, 3, 96, 96), /does not take one float32 image/],
      [identity(7, 1, 3, 64, 64), /does not take one float32 image/],
    ];
    for (const [content, message] of cases) {
      Deno.writeFileSync(join(folder, "net.onnx"), content);
      const { code, stderr } = await run(
        "cluster",
        join(folder, "in"),
        "--model",
        join(folder, "net.onnx"),
        "--size",
        "64",
      );
      assert.equal(code, 1, stderr);
      const [sentence, ...more] = stderr.split("\n").filter((line) => line.startsWith("error: "));
      assert.match(sentence, message);
      assert.deepEqual(more, []);
    }
  });
});
