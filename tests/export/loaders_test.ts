// Loads exports with the programs they are for, each in a Python environment of its own in .runtimes/python/, which the
// first run makes. The large programs are tested only if ALL_LOADERS is set.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { GroupsFile } from "../../src/report/result.ts";
import { Need, testWith } from "../support/needs.ts";
import { PROJECT, run, withImages } from "../support/program.ts";

/** A program, what pip installs of it, and whether that takes half a gigabyte or more. */
interface Loader {
  readonly name: string;
  readonly packages: readonly string[];
  readonly isLarge: boolean;
}

const LOADERS = {
  pycocotools: { name: "pycocotools", packages: ["pycocotools==2.0.11", "pandas==3.0.0"], isLarge: false },
  labelStudio: { name: "label_studio", packages: ["label-studio-sdk==2.1.2"], isLarge: true },
  // CVAT reads COCO by it.
  datumaro: { name: "datumaro", packages: ["datumaro==1.13.12"], isLarge: true },
  fiftyone: { name: "fiftyone", packages: ["fiftyone==1.22.1"], isLarge: true },
} as const satisfies Record<string, Loader>;

function runs(command: string, ...args: string[]): boolean {
  try {
    const { success, stderr } = new Deno.Command(command, { args, stdout: "null", stderr: "piped" }).outputSync();
    if (!success) console.warn(new TextDecoder().decode(stderr).trim().split("\n").at(-1));
    return success;
  } catch {
    return false;
  }
}

/** The Python that has a program; undefined where it cannot be had. */
function pythonWith({ name, packages }: Loader): string | undefined {
  const folder = join(PROJECT, ".runtimes/python", name);
  const [python, done] = [join(folder, "bin/python"), join(folder, packages.join(" "))];
  if (existsSync(done)) return python;
  const isMade = runs("python3", "-m", "venv", "--clear", folder) &&
    runs(python, "-m", "pip", "install", "--quiet", ...packages);
  if (isMade) Deno.writeTextFileSync(done, "");
  return isMade ? python : undefined;
}

const needs = new Map<Loader, Need<string>>();

function needOf(loader: Loader): Need<string> {
  const how = "Debian's packages python3 and python3-venv, and the registry of pip within reach";
  const need = needs.get(loader) ??
    new Need(`Python with ${loader.packages.join(", ")}`, how, () => pythonWith(loader));
  needs.set(loader, need);
  return need;
}

/** A test by a program, which `load` has read a file or folder. */
function testLoader(
  name: string,
  loader: Loader,
  use: (load: <T>(path: string, kind?: string) => T[]) => Promise<void>,
): void {
  if (loader.isLarge && process.env.ALL_LOADERS === undefined) {
    return console.log(`not run, as ALL_LOADERS is not set: ${name}`);
  }
  const need = needOf(loader);
  const load = <T>(path: string, kind = loader.name): T[] => {
    const args = ["tests/export/loaders.py", kind, path];
    const { success, stdout, stderr } = new Deno.Command(need.get(), { args, cwd: PROJECT }).outputSync();
    assert(success, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)!);
  };
  testWith(need, name, () => use(load));
}

/** Groups of ten images, one of them with letters beyond ASCII, exported. */
function withExports(
  formats: string,
  use: (out: string, groups: GroupsFile, stdout: string) => void,
): Promise<void> {
  return withImages(10, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    Deno.renameSync(join(images, "cut-01.jpg"), join(images, "Säge, 01.jpg"));
    const args = ["--preset", "paper", "--size", "64", "--export", formats];
    const { code, stdout, stderr } = await run("cluster", images, ...args);
    assert.equal(code, 0, stderr);
    use(out, JSON.parse(Deno.readTextFileSync(join(out, "groups.json"))), stdout);
  });
}

const named = ({ images }: GroupsFile) => images.map(({ path, group }) => ({ file: path, label: `group ${group}` }));

testLoader("pycocotools loads coco.json: boxes, areas and masks agree", LOADERS.pycocotools, (load) => {
  return withExports("coco", (out, groups) => {
    interface Shown {
      readonly file: string;
      readonly label: string;
      readonly area: number;
      readonly pixels: number;
      readonly box: number[];
      readonly bbox: number[];
    }
    const shown = load<Shown>(join(out, "coco.json"));
    assert.deepEqual(shown.map(({ file, label }) => ({ file, label })), named(groups));
    for (const { area, pixels, box, bbox: [left, top, width, height] } of shown) {
      assert.deepEqual(box, [left, top, left + width, top + height].map(Math.round));
      assert(Math.abs(area - width * height) < 1e-6 && Math.abs(area - pixels) <= width + height, `${area} ${pixels}`);
    }
  });
});

testLoader("pandas reads groups.csv and embeddings.csv, byte order mark and all", LOADERS.pycocotools, (load) => {
  return withExports("embeddings", (out, groups) => {
    const expected = groups.images.map(({ path, group }) => ({ path, group }));
    assert(Deno.readTextFileSync(join(out, "groups.csv")).startsWith("\ufeff"));
    for (const name of ["groups.csv", "embeddings.csv"]) {
      const rows = load<{ path: string; group: number }>(join(out, name), "pandas");
      assert.deepEqual(rows.map(({ path, group }) => ({ path, group })), expected);
    }
  });
});

testLoader("Label Studio's converter makes a box of the group's name of each image", LOADERS.labelStudio, (load) => {
  return withExports("coco", (out, groups) => {
    const expected = named(groups).map(({ file, label }) => ({
      file: `/photos/${encodeURIComponent(file)}`,
      labels: [label],
    }));
    assert.deepEqual(load(join(out, "coco.json")), expected);
  });
});

testLoader("Datumaro, by which CVAT reads COCO, loads coco.json", LOADERS.datumaro, (load) => {
  return withExports("coco", (out, groups) => {
    interface Item {
      readonly file: string;
      readonly labels: string[];
      readonly areas: number[];
    }
    const items = load<Item>(join(out, "coco.json"));
    const found = new Map(items.map(({ file, labels }) => [file, [...new Set(labels)]]));
    assert.deepEqual(
      named(groups).map(({ file }) => found.get(file.replace(/\.jpg$/, ""))),
      named(groups).map(({ label }) => [label]),
    );
    assert(items.every(({ areas }) => areas.every((area) => area > 0)));
  });
});

testLoader("FiftyOne loads fiftyone/ by the call that the run prints, without more", LOADERS.fiftyone, (load) => {
  return withExports("fiftyone", (out, groups, stdout) => {
    const type = "fiftyone.types.FiftyOneImageClassificationDataset";
    const call = `fiftyone: fiftyone.Dataset.from_dir(dataset_dir="${join(out, "fiftyone")}", dataset_type=${type})`;
    assert(stdout.includes(call), stdout);
    const images = Deno.realPathSync(join(out, "../in"));
    const expected = named(groups).map(({ file, label }) => ({ file: join(images, file), label }));
    const byFile = (a: { file: string }, b: { file: string }) => a.file < b.file ? -1 : 1;
    assert.deepEqual(load<{ file: string }>(join(out, "fiftyone")).sort(byFile), expected.sort(byFile));
  });
});
