// `cluster --export` as a real process: the files for other programs are read back.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { CocoFile } from "../../src/export/coco.ts";
import { fiftyOneFiles, type FiftyOneLabels } from "../../src/export/fiftyone.ts";
import { npyBytes } from "../../src/export/npy.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { PROJECT, run, runTask, withFolder, withImages } from "../support/program.ts";

const FABRIC = join(PROJECT, "tests/data/fabric");
const QUICK = ["--preset", "paper", "--size", "128", "--json", "-"];

/** Reads an .npy file by the description of its format. */
function readNpy(bytes: Uint8Array): { shape: number[]; values: number[] } {
  assert.deepEqual(Array.from(bytes.subarray(0, 8)), [0x93, 78, 85, 77, 80, 89, 1, 0]);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = 10 + view.getUint16(8, true);
  assert.equal(start % 64, 0);
  const header = new TextDecoder().decode(bytes.subarray(10, start));
  const [, width, rows, columns] = header.match(
    /^\{'descr': '<f([48])', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/,
  )!.map(Number);
  assert.equal(bytes.length, start + rows * columns * width);
  const values = Array.from({ length: rows * columns }, (_, at) => {
    return width === 4 ? view.getFloat32(start + at * 4, true) : view.getFloat64(start + at * 8, true);
  });
  return { shape: [rows, columns], values };
}

/** Fails unless each object has these fields, of these types, and no others. */
function assertFields(objects: readonly object[], fields: Record<string, string>): void {
  for (const object of objects) {
    const found = Object.entries(object).map(([name, value]) => [name, Array.isArray(value) ? "list" : typeof value]);
    assert.deepEqual(Object.fromEntries(found), fields);
  }
}

Deno.test("coco, fiftyone, embeddings and links of the fabric set say what groups.json says", async () => {
  await withFolder(async (out) => {
    const formats = "coco,fiftyone,embeddings,links";
    const { code, stdout, stderr } = await runTask("cluster", FABRIC, "--out", out, "--export", formats, ...QUICK);
    assert.equal(code, 0, stderr);
    const groups: GroupsFile = JSON.parse(stdout);
    const read = (name: string) => JSON.parse(Deno.readTextFileSync(join(out, name)));
    checkCoco(read("coco.json"), groups);

    const [labels, data]: [FiftyOneLabels, Record<string, string>] = [
      read("fiftyone/labels.json"),
      read("fiftyone/data.json"),
    ];
    assert.deepEqual(labels.classes, groups.groups.map(({ group }) => `group ${group}`));
    assert.deepEqual(Object.keys(data), Object.keys(labels.labels));
    const said = Object.entries(labels.labels).map(([key, { label }]) => [data[key], label + 1]);
    assert.deepEqual(said, groups.images.map(({ path, group }) => [join(FABRIC, path), group]));
    for (const [key, file] of Object.entries(data)) {
      assert.equal(Deno.realPathSync(join(out, "fiftyone/data", `${key}.jpg`)), Deno.realPathSync(file));
    }

    const { shape, values } = readNpy(Deno.readFileSync(join(out, "embeddings.npy")));
    assert.deepEqual(shape, [60, 112]);
    const rows = Deno.readTextFileSync(join(out, "embeddings.csv")).trimEnd().split("\r\n");
    assert.deepEqual(rows, ["path,group", ...groups.images.map(({ path, group }) => `${path},${group}`)]);
    const distance = (a: number, b: number) => {
      return Math.hypot(...Array.from({ length: 112 }, (_, at) => values[a * 112 + at] - values[b * 112 + at]));
    };
    groups.images.forEach((image, at) => {
      const { medoid } = groups.groups[image.group - 1];
      const to = groups.images.findIndex(({ path }) => path === medoid);
      assert(Math.abs(distance(at, to) - image.distance) < 1e-4 * (1 + image.distance), image.path);
    });

    for (const { path, group } of groups.images) {
      const link = join(out, "groups", `group-${group}`, path);
      assert(Deno.lstatSync(link).isSymlink);
      assert.equal(Deno.realPathSync(link), Deno.realPathSync(join(FABRIC, path)));
    }
    const again = await runTask("cluster", FABRIC, "--out", out, "--export", "folders", ...QUICK);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /groups already holds images: remove it, or name another folder with --out/);
  });
});

function checkCoco(coco: CocoFile, groups: GroupsFile): void {
  assert.deepEqual(Object.keys(coco), ["info", "licenses", "images", "categories", "annotations"]);
  assertFields(coco.images, { id: "number", file_name: "string", width: "number", height: "number" });
  assertFields(coco.categories, { id: "number", name: "string", supercategory: "string" });
  assertFields(coco.annotations, {
    id: "number",
    image_id: "number",
    category_id: "number",
    bbox: "list",
    area: "number",
    iscrowd: "number",
    segmentation: "list",
    attributes: "object",
  });
  assert.deepEqual(coco.images.map(({ file_name }) => file_name), groups.images.map(({ path }) => path));
  for (const list of [coco.images, coco.categories, coco.annotations]) {
    assert.equal(new Set(list.map(({ id }) => id)).size, list.length);
  }
  const sizes = new Map(coco.images.map((image) => [image.id, image]));
  assert.equal(coco.annotations.length, 60);
  coco.annotations.forEach(({ image_id, category_id, bbox, segmentation, area, attributes }, at) => {
    const [left, top, width, height] = bbox;
    const [right, bottom] = [left + width, top + height];
    assert.deepEqual(segmentation, [[left, top, right, top, right, bottom, left, bottom]]);
    const image = sizes.get(image_id)!;
    assert.deepEqual([image.width, image.height], [256, 256]);
    assert(left >= 0 && top >= 0 && width > 0 && height > 0 && left + width <= 256 && top + height <= 256);
    assert.equal(area, width * height);
    const { defect } = groups.images[at];
    assert.deepEqual(bbox, [defect!.left, defect!.top, defect!.width, defect!.height], "whole pixels of the photo");
    assert.equal(category_id, groups.images[at].group);
    assert.equal(attributes.score, groups.images[at].score);
    assert(attributes.weight_in_box > 0 && attributes.weight_in_box <= 1.0001);
  });
  // A hole is small, and the weights point at it; a good board has nothing to point at.
  const share = (kind: string) => {
    const chosen = coco.annotations.filter((_, at) => groups.images[at].path.startsWith(kind));
    const excess = chosen.map(({ area, attributes }) => attributes.weight_in_box / (area / 256 ** 2));
    return excess.reduce((sum, value) => sum + value, 0) / excess.length;
  };
  assert(share("hole") > 5, `weights of holes are ${share("hole")} times as dense in the box`);
}

Deno.test("folders holds the images by group; vectors that are not there, and unknown formats, are refused", async () => {
  await withFolder(async (scratch) => {
    const photos = join(scratch, "in");
    Deno.mkdirSync(photos);
    for (const name of ["cut-01", "cut-02", "hole-01"]) {
      Deno.copyFileSync(join(FABRIC, name.slice(0, -3), `${name}.jpg`), join(photos, `${name}.jpg`));
    }
    const { code, stdout, stderr } = await runTask("cluster", photos, "--k", "2", "--export", "folders", ...QUICK);
    assert.equal(code, 0, stderr);
    for (const { path, group } of (JSON.parse(stdout) as GroupsFile).images) {
      const copy = join(scratch, "in-clusters/groups", `group-${group}`, path);
      assert(Deno.lstatSync(copy).isFile);
      assert.deepEqual(Deno.readFileSync(copy), Deno.readFileSync(join(photos, path)));
    }
    const cases: [args: string[], message: RegExp][] = [
      [["--export", "coko"], /Did you mean coco\?/],
      [["--export", "embeddings", "--distance", "min-min"], /--export embeddings needs one vector an image/],
      [["--export", "folders,links", "--out", join(scratch, "x")], /folders and links exclude each other/],
    ];
    for (const [args, message] of cases) {
      const result = await runTask("cluster", photos, ...args);
      assert.equal(result.code, 2, result.stderr);
      assert.match(result.stderr, message);
    }
  });
});

Deno.test("names as long as file systems take: copied and linked by group, and by --apply", async () => {
  const long = ["a", "b", "c", "d"].map((letter) => `${letter}${"x".repeat(251 - 1)}.jpg`.slice(-255));
  long[1] = `b${"ä".repeat(125)}.jpg`;
  assert(long.every((name) => new TextEncoder().encode(name).length === 255 || name.length > 240));
  await withImages(4, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    [...Deno.readDirSync(images)].forEach(({ name }, at) =>
      Deno.renameSync(join(images, name), join(images, long[at]))
    );
    for (const format of ["folders", "links"]) {
      const { code, stderr } = await run(
        "cluster",
        images,
        "--k",
        "2",
        ...QUICK,
        "--export",
        `${format},fiftyone,coco`,
      );
      assert.equal(code, 0, stderr);
      const groups: GroupsFile = JSON.parse(Deno.readTextFileSync(join(out, "groups.json")));
      for (const { path, group } of groups.images) {
        const copy = join(out, "groups", `group-${group}`, path);
        assert.deepEqual(Deno.readFileSync(copy), Deno.readFileSync(join(images, path)));
      }
      Deno.removeSync(join(out, "groups"), { recursive: true });
    }
    const applied = await run("cluster", images, "--apply", join(out, "groups.json"));
    assert.match(applied.stdout, /^4 images copied into 2 folders: /, applied.stderr);
    const again = await run("cluster", images, "--apply", join(out, "groups.json"));
    assert.match(again.stdout, /^4 images copied into 2 folders \(4 of them before\): /, again.stderr);
  });
});

Deno.test("an export that fails costs nothing else, and the next run into the folder is not refused", async () => {
  await withImages(4, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    Deno.mkdirSync(join(out, "coco.json"), { recursive: true });
    Deno.mkdirSync(join(out, "groups.1.partial", "group-1"), { recursive: true });
    Deno.utimeSync(join(out, "groups.1.partial"), new Date(0), new Date(0));
    const args = ["cluster", images, "--k", "2", ...QUICK];
    const failed = await run(...args, "--export", "coco,embeddings");
    assert.equal(failed.code, 1);
    assert.match(
      failed.stderr,
      /^error: --export coco: \S+coco\.json cannot be written: a folder lies where a file is needed; report, tables and model are written$/m,
    );
    assert.equal((JSON.parse(failed.stdout) as GroupsFile).images.length, 4);
    const written = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assert.deepEqual(written, [
      ...["coco.json", "embeddings.csv", "embeddings.npy", "groups.csv", "groups.json"],
      ...["model.bin", "model.json", "report.html"],
    ]);
    Deno.removeSync(join(out, "coco.json"));
    assert.equal((await run(...args, "--export", "coco,folders")).code, 0);
  });
});

Deno.test("npy: any shape, float32 and float64, comes back", () => {
  const shape = fc.record({ count: fc.integer({ min: 1, max: 40 }), channels: fc.integer({ min: 1, max: 40 }) });
  fc.assert(fc.property(shape, fc.boolean(), ({ count, channels }, single) => {
    const numbers = Array.from({ length: count * channels }, (_, at) => Math.sin(at) * 10 ** (at % 7 - 3));
    const data = single ? Float32Array.from(numbers) : Float64Array.from(numbers);
    const { shape, values } = readNpy(npyBytes({ data, count, channels }));
    assert.deepEqual(shape, [count, channels]);
    assert.deepEqual(values, Array.from(data));
  }));
});

Deno.test("FiftyOne's keys have no dots and differ", () => {
  const image = (path: string) => ({ path, group: 1, score: 1, distance: 0 });
  const file: GroupsFile = {
    format: "anomaly-cluster-groups/1",
    settings: {},
    model: "",
    groups: [{ group: 1, size: 4, medoid: "a.jpg", name: "Löcher" }],
    images: ["a.jpg", "a.png", "a_jpg", "v1.2/a.b.jpg"].map(image),
    warnings: [],
  };
  const { labels, data } = fiftyOneFiles(file, (path) => `/photos/${path}`);
  assert.deepEqual(labels.classes, ["Löcher"]);
  assert.deepEqual(data, {
    "a_jpg": "/photos/a.jpg",
    "a_png": "/photos/a.png",
    "a_jpg-2": "/photos/a_jpg",
    "v1_2/a_b_jpg": "/photos/v1.2/a.b.jpg",
  });
});
