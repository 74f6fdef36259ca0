// Labelled layouts, the protocol, and the evaluation as a real process on the fabric set.

import assert from "node:assert/strict";
import { join } from "node:path";
import { euclideanDistances } from "../../mod.ts";
import { labelledDataset } from "../../src/dataset/labelled.ts";
import { barPlot, linePlot } from "../../src/evaluate/plot.ts";
import { subsetsOf } from "../../src/cluster/subsets.ts";
import { scoresOver, wardGrouping } from "../../src/evaluate/protocol.ts";
import { withFolder } from "../support/program.ts";
import { NODE, testPrograms } from "../runtimes/support/programs.ts";

/** A scratch folder with these (empty) files. */
function withFiles(files: Record<string, string>, use: (folder: string) => void | Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(join(folder, path, ".."), { recursive: true });
      Deno.writeTextFileSync(join(folder, path), text);
    }
    await use(folder);
  });
}

const empty = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, ""]));

Deno.test("class folders: the sub-folder is the label", () =>
  withFiles(empty("a/1.jpg", "b/2.png", "b/deep/3.jpg", "loose.jpg"), (folder) => {
    const { images, normals, layout } = labelledDataset(folder);
    assert.equal(layout, "class folders");
    assert.deepEqual(images.map(({ path, label }) => [path, label]), [["a/1.jpg", "a"], ["b/2.png", "b"], [
      "b/deep/3.jpg",
      "b",
    ]]);
    assert.deepEqual(normals, []);
  }));

Deno.test("MVTec AD: test types are labels, train/good are normals, ground_truth holds the masks", () =>
  withFiles(
    empty(
      "train/good/000.png",
      "train/good/001.png",
      "test/good/000.png",
      "test/hole/000.png",
      "ground_truth/hole/000_mask.png",
    ),
    (folder) => {
      const { images, normals, layout } = labelledDataset(folder);
      assert.equal(layout, "MVTec AD");
      assert.deepEqual(images.map(({ path, label }) => [path, label]), [["test/good/000.png", "good"], [
        "test/hole/000.png",
        "hole",
      ]]);
      assert.equal(images[0].mask, undefined);
      assert.match(images[1].mask!, /ground_truth\/hole\/000_mask\.png$/);
      assert.deepEqual(normals.map(({ path }) => path), ["train/good/000.png", "train/good/001.png"]);
    },
  ));

Deno.test("magnetic tiles: every fifth free image is a class, the others are normals, masks lie beside the images", () => {
  const free = Array.from({ length: 11 }, (_, at) => `MT_Free/Imgs/f${String(at).padStart(2, "0")}`);
  const all = [...free, "MT_Crack/Imgs/c1", "MT_Crack/Imgs/c2"].flatMap((stem) => [`${stem}.jpg`, `${stem}.png`]);
  return withFiles(empty(...all), (folder) => {
    const { images, normals, layout } = labelledDataset(folder);
    assert.equal(layout, "magnetic tiles, six classes");
    assert.deepEqual(images.map(({ label }) => label), ["MT_Crack", "MT_Crack", "MT_Free", "MT_Free", "MT_Free"]);
    assert.deepEqual(images.slice(2).map(({ path }) => path.slice(-7)), ["f00.jpg", "f05.jpg", "f10.jpg"]);
    assert.equal(normals.length, 8);
    assert(images.every(({ mask, file }) => mask === file.replace("jpg", "png")));
  });
});

Deno.test("a CSV file of path,label, quoted or not, with or without a heading", () => {
  const text = 'path,label\r\na.jpg,crack\r\n"odd, ""name"".jpg",dent\n\nsub/c.png,crack\n';
  return withFiles({ "labels.csv": text }, (folder) => {
    const { images } = labelledDataset(join(folder, "labels.csv"));
    assert.deepEqual(images.map(({ path, label }) => [path, label]), [["a.jpg", "crack"], ['odd, "name".jpg', "dent"], [
      "sub/c.png",
      "crack",
    ]]);
    assert.equal(images[2].file, join(folder, "sub/c.png"));
  });
});

Deno.test("one class is refused with a sentence that names the layouts", () =>
  withFiles(empty("a/1.jpg", "a/2.jpg"), (folder) => {
    assert.throws(() => labelledDataset(folder), /images of 1 class, a, but evaluation needs at least 2.*MVTec AD/s);
  }));

Deno.test("subsets hold 90 % of the images, differ by seed, and are the same each time", () => {
  const subsets = subsetsOf(100, 5);
  assert(subsets.every((subset) => subset.length === 90 && new Set(subset).size === 90));
  assert.deepEqual(subsetsOf(100, 5), subsets);
  assert.equal(new Set(subsets.map((subset) => subset.join())).size, 5);
  assert.deepEqual(Array.from(subsetsOf(4, 0)[0]), [0, 1, 2, 3]);
});

Deno.test("well separated classes score 1 with no spread; groups by chance near 0", () => {
  const labels = Array.from({ length: 60 }, (_, i) => `class ${i % 3}`);
  const data = Float64Array.from(labels, (label, i) => Number(label.at(-1)) * 100 + Math.sin(i));
  const distances = euclideanDistances({ data, count: 60, channels: 1 });
  const { nmi, ari, f1 } = scoresOver(subsetsOf(60, 8), labels, wardGrouping(distances, 3));
  for (const { mean, standardError } of [nmi, ari, f1]) assert.deepEqual([mean, standardError], [1, 0]);
  const chance = scoresOver(
    subsetsOf(60, 8),
    labels,
    (subset) => subset.map((_, at) => Math.floor(Math.sin(at) * 1e6) & 1),
  );
  assert(Math.abs(chance.ari.mean) < 0.1 && chance.ari.standardError > 0);
});

Deno.test("a plot is well-formed XML, whatever its texts", () => {
  const svg = linePlot("a < b & c", { x: "x", y: "y" }, [{
    name: "<one>",
    points: [{ x: 1, y: 0.5 }, { x: 2, y: 0.75 }],
  }]);
  assert(svg.includes("a &lt; b &amp; c") && svg.includes("&lt;one&gt;"));
  assert.match(svg, /polyline points="[\d., ]+"/);
});

Deno.test("bars are as high as their means, of one colour for one name", () => {
  const bar = (name: string, mean: number) => ({ name, mean, standardError: 0.01 });
  const svg = barPlot("t", "NMI", [{ name: "a", bars: [bar("none", 0.2), bar("normals", 0.4)] }, {
    name: "b & c",
    bars: [bar("none", 0.1)],
  }]);
  const rects = [...svg.matchAll(/<rect x="[^"]+" y="[^"]+" width="[^"]+" height="([^"]+)" fill="([^"]+)">/g)];
  const [first, second, third] = rects.map(([, height]) => Number(height));
  assert(Math.abs(second / first - 2) < 1e-6 && Math.abs(first / third - 2) < 1e-6);
  assert(rects[0][2] === rects[2][2] && rects[0][2] !== rects[1][2]);
  assert(svg.includes("b &amp; c"));
});

testPrograms("evaluate: tables and plots of the fabric set; a second run keeps what the first one measured", [
  NODE,
], async (program) => {
  const out = await Deno.makeTempDir();
  const run = (...args: string[]) => program.run("evaluate", ...args);
  try {
    const model = "models/efficientnet-lite0-reduction4.onnx.wasm";
    const args = [
      "tests/data/fabric",
      "--presets",
      "default",
      "--models",
      model,
      "--seeds",
      "3",
      "--normals",
      "tests/data/fabric/good",
      "--out",
      out,
    ];
    const first = await run(...args);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /\| default \| none \| \*\*soft weights \(eq\. 5\)\*\* \| (1\.000|\.9\d\d)/);
    assert.match(first.stdout, /\| default \| labelled normals \| \*\*soft weights \(eq\. 6\), 12 normals\*\*/);
    assert.match(first.stdout, /\| efficientnet-lite0-reduction4 \| none \| \*\*soft weights/);
    const second = await run(...args);
    assert.match(second.stderr, /default: kept from the run before/);
    assert.equal(second.stdout, first.stdout);
    const names = Array.from(Deno.readDirSync(out), ({ name }) => name).sort();
    assert.deepEqual(names, [
      "groups.svg",
      "normals.svg",
      "presets.svg",
      "purity.svg",
      "results.csv",
      "results.json",
      "results.md",
      "temperature.svg",
    ]);
    const refused = await run("tests/data/fabric", "--presets", "defualt");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Did you mean default\?/);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});
