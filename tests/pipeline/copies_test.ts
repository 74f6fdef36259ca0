// Equal images count once. Nearly equal ones are reported.

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  clusterEmbeddings,
  clusterPatches,
  cut,
  decodeImage,
  groupModel,
  joinPatches,
  nearCopies,
  onnxEmbedder,
  type PatchSet,
  PRESETS,
  type Raster,
  readNetwork,
} from "../../mod.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { PROJECT, run, withImages } from "../support/program.ts";
import { withReportFile } from "../support/report_page.ts";

/** Different images, each of 2 × 2 patches of 3 channels. */
function drawn(seeds: readonly number[]): PatchSet {
  const data = Float32Array.from({ length: seeds.length * 12 }, (_, at) => {
    return Math.sin(seeds[Math.floor(at / 12)] * 12.9898 + at % 12 * 78.233) * 43.7 % 1;
  });
  return { data, count: seeds.length, rows: 2, cols: 2, channels: 3 };
}

/** A set, and the same with each image as often as told, shuffled. */
const setWithCopies = fc.tuple(
  fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 4, maxLength: 12 }),
  fc.integer(),
).map(([seeds, salt]) => {
  const times = seeds.map((seed) => 1 + Math.abs(seed * 7 + salt) % 3);
  const repeated = seeds.flatMap((seed, at) => Array<number>(times[at]).fill(seed));
  const order = repeated.map((seed, at) => [seed, Math.sin(at * 3.7 + salt % 100)] as const).sort((a, b) =>
    a[1] - b[1]
  );
  return { seeds, all: order.map(([seed]) => seed) };
});

Deno.test("equal images share a group and change neither scores nor groups of the others", async () => {
  await fc.assert(
    fc.asyncProperty(setWithCopies, fc.integer({ min: 2, max: 4 }), async ({ seeds, all }, k) => {
      const inOrder = [...new Set(all)];
      const [alone, together] = [await clusterPatches(drawn(inOrder), { k }), await clusterPatches(drawn(all), { k })];
      const place = new Map(inOrder.map((seed, at) => [seed, at]));
      const pairsOf = (groups: Int32Array, ids: readonly number[]) =>
        seeds.flatMap((a) => seeds.map((b) => groups[ids.indexOf(a)] === groups[ids.indexOf(b)]));
      assert.deepEqual(pairsOf(together.groups, all), pairsOf(alone.groups, inOrder));
      all.forEach((seed, i) => {
        assert.equal(together.groups[i], together.groups[all.indexOf(seed)]);
        assert.equal(together.scores[i], alone.scores[place.get(seed)!]);
        assert.equal(together.distances[i], alone.distances[place.get(seed)!]);
        assert.equal((together.copies ?? [])[i] ?? i, all.indexOf(seed));
        assert.equal(together.groups[together.medoids[together.groups[i]]], together.groups[i]);
      });
      const sizes = Array.from({ length: k }, (_, group) => together.groups.filter((one) => one === group).length);
      assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a), "the largest group is 0");
    }),
    { numRuns: 60 },
  );
});

Deno.test("the tree holds each copy: a whole tree, whose cuts are the groups", async () => {
  await fc.assert(
    fc.asyncProperty(setWithCopies, async ({ seeds, all }) => {
      const { tree, matrix } = await clusterPatches(drawn(all), { k: 2 });
      const { count, pairs, heights, sizes } = tree!;
      assert.equal(count, all.length);
      assert.deepEqual(Array.from(pairs).sort((a, b) => a - b), Array.from({ length: 2 * count - 2 }, (_, at) => at));
      heights.forEach((height, t) => {
        assert(height >= (heights[t - 1] ?? 0) && pairs[2 * t + 1] < count + t);
        const size = [pairs[2 * t], pairs[2 * t + 1]].map((part) => part < count ? 1 : sizes[part - count]);
        assert.equal(sizes[t], size[0] + size[1]);
      });
      const distinct = cut(tree!, seeds.length);
      all.forEach((a, i) =>
        all.forEach((b, j) => {
          assert.equal(distinct[i] === distinct[j], a === b);
          assert.equal(matrix.data[i * count + j] === 0, a === b);
        })
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("vectors, models and references count copies once too", async () => {
  const seeds = [3, 8, 21, 34, 55, 60];
  const all = [...seeds, 3, 3, 3, 8];
  const vectors = (ids: readonly number[]) => ({ data: drawn(ids).data, count: ids.length, channels: 12 });
  const [alone, together] = [await clusterEmbeddings(vectors(seeds)), await clusterEmbeddings(vectors(all))];
  assert.equal(together.k, alone.k);
  assert.deepEqual(Array.from(together.copies!), [0, 1, 2, 3, 4, 5, 0, 0, 0, 1]);
  const result = await clusterPatches(drawn(seeds), { k: 2 });
  const more = await clusterPatches(drawn(all), { k: 2 });
  const model = await groupModel(drawn(seeds), result);
  const moreModel = await groupModel(drawn(all), more);
  assert.deepEqual(
    Array.from(moreModel.embeddings.data.subarray(0, 6 * model.embeddings.channels)),
    Array.from(model.embeddings.data),
  );
  assert.deepEqual([...moreModel.radii].sort(), [...model.radii].sort());
});

Deno.test("more groups than there are different images are refused, and equal images are one group", async () => {
  const few = drawn([1, 1, 1, 2, 2, 9]);
  await assert.rejects(clusterPatches(few, { k: 4 }), {
    code: "bad-argument",
    message: "4 groups are not possible: only 3 of 6 images differ from each other",
  });
  assert.equal((await clusterPatches(few, { k: 3 })).k, 3);
  assert.equal((await clusterPatches(drawn([5, 5, 5, 5]))).k, 1);
});

Deno.test("masks that differ make equal images different", async () => {
  const patches = drawn([1, 1, 2, 3]);
  const masks = (rows: readonly number[][]) => ({ data: Float32Array.from(rows.flat()), count: 4, patches: 4 });
  const [one, two] = [[1, 0, 0, 0], [0, 0, 0, 1]];
  const differing = await clusterPatches(patches, {
    k: 2,
    weight: { kind: "mask", masks: masks([one, two, one, one]) },
  });
  assert.equal(differing.copies, undefined);
  const same = await clusterPatches(patches, { k: 2, weight: { kind: "mask", masks: masks([one, one, two, one]) } });
  assert.deepEqual(Array.from(same.copies!), [0, 0, 2, 3]);
});

/** The same photo some pixels further and a little brighter. */
function again({ data, width, height }: Raster, shift: number, brighter: number): Raster {
  const moved = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.min(height - 1, y + shift) * width + Math.min(width - 1, x + shift)) * 4;
      for (let channel = 0; channel < 4; channel++) {
        moved[(y * width + x) * 4 + channel] = Math.min(255, Math.round(data[from + channel] * brighter));
      }
    }
  }
  return { data: moved, width, height };
}

Deno.test("photos of a burst are found, different photos of one kind are not", async () => {
  for (const preset of ["paper", "default"] as const) {
    const { model, embedding } = PRESETS[preset];
    const embedder = await onnxEmbedder({ ...await readNetwork(model), ...embedding });
    const parts: PatchSet[] = [];
    for (const kind of ["cut", "hole", "knot", "stain", "good"]) {
      for (let at = 1; at <= 12; at++) {
        const name = `${kind}-${String(at).padStart(2, "0")}.jpg`;
        const image = await decodeImage(Deno.readFileSync(join(PROJECT, "tests/data/fabric", kind, name)));
        parts.push(await embedder.embed(image));
        if (at === 2) { for (const shift of [1, 2]) parts.push(await embedder.embed(again(image, shift, 1.02))); }
      }
    }
    await embedder.release();
    const found = nearCopies(joinPatches(parts), undefined, embedding.views)!;
    const bursts = [1, 15, 29, 43, 57].flatMap((first) => [first + 1, first + 2].map((copy) => [copy, first]));
    const told = Array.from(found).flatMap((first, image) => first === image ? [] : [[image, first]]);
    assert(told.every(([image, first]) => bursts.some(([a, b]) => a === image && b === first)), told.join(" "));
    assert(told.length >= 4, `${preset}: of 10 copies ${told.length} are found`);
    const others = parts.filter((_, image) => !bursts.some(([copy]) => copy === image));
    assert.equal(nearCopies(joinPatches(others), undefined, embedding.views), undefined);
  }
});

testWith(CHROMIUM, "the program tells of copies, and its report folds them", async () => {
  await withImages(20, async (folder) => {
    for (let copy = 0; copy < 5; copy++) {
      for (const name of ["hole-01", "hole-02"]) {
        copyFileSync(
          join(PROJECT, "tests/data/fabric/hole", `${name}.jpg`),
          join(folder, "in", `${name}-copy-${copy}.jpg`),
        );
      }
    }
    const out = join(folder, "out");
    const { code, stdout, stderr } = await run(
      "cluster",
      join(folder, "in"),
      "--preset",
      "paper",
      "--k",
      "4",
      "--out",
      out,
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ {2}10 images are copies of 2 others: equal images count once and share a group\.$/m);
    const file: GroupsFile = JSON.parse(Deno.readTextFileSync(join(out, "groups.json")));
    const [copy] = file.images.filter(({ path }) => path === "hole-01-copy-3.jpg");
    assert.equal(copy.copyOf, "hole-01-copy-0.jpg");
    await withReportFile(out, async (page) => {
      const shown = () =>
        page.$$eval(".card", (cards) => cards.filter((card) => (card as HTMLElement).offsetParent !== null).length);
      assert.equal(await shown(), 30);
      await page.click("#fold-copies");
      assert.equal(await shown(), 20);
      const badges = await page.$$eval(".folded:not([hidden])", (list) => list.map((badge) => badge.textContent));
      assert.deepEqual(badges, ["+ 5 copies", "+ 5 copies"]);
      // What is folded moves with the image that it lies under.
      await page.$eval(".card:has(.folded:not([hidden])) .frame", (frame) => (frame as HTMLElement).click());
      await page.select("#viewer-group", "new");
      await page.keyboard.press("Escape");
      assert.match(
        (await page.$eval("#status", (status) => status.textContent))!,
        /with 5 copies is now in Group 5\.$/,
      );
      const sizes = await page.$$eval(
        "section.group",
        (list) => list.map((one) => one.querySelectorAll(".card").length),
      );
      assert(sizes.includes(6), sizes.join());
      await page.click("#undo");
      await page.click("#fold-copies");
      assert.equal(await shown(), 30);
    });
  });
});
