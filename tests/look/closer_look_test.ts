// Large photos: where they are looked at closely, and that their groups then follow small defects.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { onnxEmbedder } from "../../mod.ts";
import { drawLarge, LARGE_SETS } from "../../tools/drawn_surfaces.ts";
import { findWindow, fitLook, referencePhotos, wantedDetail } from "../../src/look/closer_look.ts";
import { cutOut, squareAround } from "../../src/look/cut_out.ts";
import { firstLookSize, sufficientShrinkage, visibleDetail, windowSide } from "../../src/look/detail.ts";
import { decodePhoto, shrinkageOf } from "../../src/look/decode_photo.ts";
import { folded, piecesOf } from "../../src/look/fold_strip.ts";
import { firstLookOptions } from "../../src/look/first_look_network.ts";
import { lookAmong, withLook } from "../../src/look/look_record.ts";
import { featuresOfLooks, joinLooks } from "../../src/look/two_looks.ts";
import { asReferences, unlikeness } from "../../src/look/unlike_places.ts";
import { seededRandom } from "../../src/random.ts";
import type { PatchSet, Raster } from "../../src/types.ts";
import { scaledBox } from "../../src/image/pixel_box.ts";
import { seenDefect } from "../../src/report/seen_defect.ts";
import { run, withFolder } from "../support/program.ts";

/** Photos of a megapixel: each damage covers less than a thousandth. */
const SET = { ...LARGE_SETS.photos, width: 1120, height: 896 };
const KINDS = ["pit", "scratch", "spot"];

function grid(rows: number, cols: number, seed: number): PatchSet {
  const random = seededRandom(seed);
  return { data: Float32Array.from({ length: rows * cols * 4 }, () => random()), count: 1, rows, cols, channels: 4 };
}

Deno.test("a square lies in the photo, holds the point, and is centred across where the photo is narrower", () => {
  const size = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.integer({ min: 1, max: 300 }),
      fc.nat(1000),
      fc.nat(1000),
      (width, height, side, a, b) => {
        const [x, y] = [a / 1000 * width, b / 1000 * height];
        const square = squareAround(x, y, side, { width, height });
        assert.equal(square.width, side);
        for (const [start, whole, point] of [[square.left, width, x], [square.top, height, y]]) {
          if (side > whole) assert.ok(Math.abs(start + side / 2 - whole / 2) <= 0.5);
          else assert.ok(start >= 0 && start + side <= whole && point >= start - 0.5 && point <= start + side + 0.5);
        }
        const data = new Uint8Array(width * height * 4).map((_, at) => at % 4 === 3 ? 255 : at * 31 % 256);
        const cut = cutOut({ data, width, height }, square);
        assert.equal(cut.data.length, side * side * 4);
        const [column, row] = [Math.max(0, -square.left), Math.max(0, -square.top)];
        const from = ((square.top + row) * width + square.left + column) * 4;
        assert.deepEqual([...cut.data.subarray((row * side + column) * 4, (row * side + column) * 4 + 4)], [
          ...data.subarray(from, from + 4),
        ]);
      },
    ),
  );
});

Deno.test("what of a square lies beside the photo has the photo's mean colour", () => {
  const data = Uint8Array.of(10, 20, 30, 255, 30, 40, 50, 255);
  const { data: cut } = cutOut({ data, width: 2, height: 1 }, squareAround(1, 0.5, 2, { width: 2, height: 1 }));
  assert.deepEqual([...cut].sort((a, b) => a - b), [
    10,
    20,
    20,
    20,
    30,
    30,
    30,
    30,
    40,
    40,
    40,
    50,
    255,
    255,
    255,
    255,
  ]);
});

Deno.test("a long photo is folded into a shape near a square, and each of its pixels is in it", () => {
  const side = fc.integer({ min: 1, max: 60 });
  fc.assert(fc.property(side, side, (width, height) => {
    const data = new Uint8Array(new Uint32Array(width * height).map((_, at) => at + 1).buffer);
    const shape = folded({ data, width, height });
    const ratio = Math.max(shape.width, shape.height) / Math.min(shape.width, shape.height);
    const before = Math.max(width, height) / Math.min(width, height);
    assert.ok(ratio <= before);
    if (Math.min(width, height) > 20) assert.ok(ratio < 2.3, `${width} × ${height}: ${shape.width} × ${shape.height}`);
    assert.equal(piecesOf({ width, height }) === 1, before <= 2, `${before}`);
    const pixels = new Uint32Array(shape.data.buffer);
    assert.deepEqual(
      [...new Set(pixels)].sort((a, b) => a - b),
      [...pixels.keys()].slice(0, width * height).map((at) => at + 1),
    );
    // Neighbours stay neighbours along the short side.
    const lies = width > height;
    const place = pixels.indexOf(1);
    if (height > 1 && width > 1) {
      assert.equal(pixels[place + (lies ? shape.width : 1)], lies ? width + 1 : 2);
    }
  }));
});

Deno.test("the detail that is seen grows with the photo more slowly than its sides, and small photos are seen whole", async () => {
  const details = [[1024, 768], [2048, 1536], [4000, 3000], [8000, 6000]].map(([width, height]) =>
    visibleDetail({ width, height })
  );
  for (let at = 1; at < details.length; at++) {
    assert.ok(details[at] > details[at - 1] && details[at] < 2 * details[at - 1], String(details));
  }
  assert.equal(details[1], 24);
  const first = firstLookSize({ width: 4096, height: 512 }, 20);
  assert.ok(first.width % 32 === 0 && first.height % 32 === 0);
  assert.ok(Math.abs(first.width / first.height / 8 - 1) < 0.1, "a strip stays a strip");
  const small = async function* () {
    for (const [width, height] of [[400, 600], [300, 300]]) yield { data: new Uint8Array(0), width, height };
  };
  assert.equal(await wantedDetail(2, "auto", small), undefined);
  assert.equal(await wantedDetail(2, "off", small), undefined);
  assert.equal((await wantedDetail(2, 12, small))?.detail, 12);
  const references = referencePhotos(200);
  assert.deepEqual([references.length, new Set(references).size], [16, 16]);
});

Deno.test("how unlike a place is: the mean distance to the nearest patch of photos of any shape", async () => {
  const references = [grid(3, 4, 1), grid(2, 7, 2), grid(5, 5, 3)];
  for (const look of [grid(4, 4, 4), grid(6, 7, 5), grid(1, 3, 6)]) {
    const found = await unlikeness(look, asReferences(references), {});
    assert.equal(found.length, look.rows * look.cols);
    found.forEach((score, place) => {
      const nearest = references.map(({ data }) => {
        let least = Infinity;
        for (let other = 0; other < data.length; other += 4) {
          const squared = [0, 1, 2, 3].reduce((sum, c) => sum + (data[other + c] - look.data[place * 4 + c]) ** 2, 0);
          least = Math.min(least, Math.sqrt(squared));
        }
        return least;
      });
      const mean = nearest.reduce((sum, one) => sum + one, 0) / nearest.length;
      assert.ok(Math.abs(score - mean) < 1e-4 * Math.max(1, mean), `${score} is not ${mean}`);
    });
  }
});

Deno.test("two looks are levels side by side, and features of each", () => {
  const [close, whole] = [{ ...grid(2, 2, 7), levels: [1, 3] }, { ...grid(2, 2, 8), levels: [1, 3] }];
  const both = joinLooks(close, whole);
  assert.deepEqual(both.levels, [1, 3, 1, 3]);
  assert.deepEqual([...both.data.subarray(8, 16)], [...close.data.subarray(4, 8), ...whole.data.subarray(4, 8)]);
  assert.deepEqual(featuresOfLooks([{ whiten: true }, { levels: [0] }], { levels: 2 }), [
    { whiten: true, levels: [0, 1], look: "close" },
    { levels: [0], look: "close" },
    { whiten: true, levels: [2, 3], look: "whole" },
    { levels: [2], look: "whole" },
  ]);
});

Deno.test("the damage in drawn photos is where they are looked at closely, and a stored look finds the same", async () => {
  const embedder = await onnxEmbedder(await firstLookOptions({}));
  const drawn = Array.from({ length: 12 }, (_, at) => drawLarge(SET, 900 + at, KINDS[at % KINDS.length]));
  const detail = visibleDetail(SET);
  const photos = async function* (chosen: readonly number[]) {
    for (const at of chosen) yield drawn[at].image;
  };
  const look = await fitLook(drawn.length, detail, photos, embedder);
  const { record, bytes } = withLook(Uint8Array.of(1, 2, 3, 4), look);
  const stored = lookAmong(JSON.parse(JSON.stringify(record)).look, bytes);
  for (const { image, box } of drawn) {
    const window = await findWindow(image, look, embedder);
    assert.equal(window.width, windowSide(detail));
    const [x, y] = [box!.left + box!.width / 2, box!.top + box!.height / 2];
    const isInside = x > window.left && x < window.left + window.width && y > window.top &&
      y < window.top + window.height;
    assert.ok(isInside, `${JSON.stringify(window)} misses ${JSON.stringify(box)}`);
    assert.deepEqual(await findWindow(image, stored, embedder), window);
  }
  await embedder.release();
});

Deno.test("photos of more pixels than a look needs are shrunk while they are decoded, and all is told in their own", async () => {
  const [detail, size] = [50, 224];
  assert.deepEqual([24, 47, 95, 200].map(sufficientShrinkage), [1, 2, 4, 8]);
  const embedder = await onnxEmbedder(await firstLookOptions({}));
  const whole = Array.from({ length: 6 }, (_, at) => drawLarge(SET, 700 + at, KINDS[at % KINDS.length]));
  const photos = await Promise.all(whole.map(async ({ image }) => {
    return await decodePhoto(new Uint8Array(await encodeJpeg(image, { quality: 95 })), detail, size);
  }));
  const reader = (rasters: readonly Raster[]) =>
    async function* (chosen: readonly number[]) {
      for (const at of chosen) yield rasters[at];
    };
  const look = await fitLook(6, detail, reader(whole.map(({ image }) => image)), embedder);
  const ofShrunk = await fitLook(6, detail, reader(photos), embedder);
  for (const [at, photo] of photos.entries()) {
    const { image, box } = whole[at];
    assert.deepEqual([photo.width, photo.original], [SET.width / 2, { width: SET.width, height: SET.height }]);
    const wanted = await findWindow(image, look, embedder);
    const found = scaledBox(await findWindow(photo, ofShrunk, embedder), shrinkageOf(photo));
    assert.equal(found.width, wanted.width);
    const apart = Math.hypot(found.left - wanted.left, found.top - wanted.top);
    assert.ok(apart < wanted.width / 4, `${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
    const weights = new Float32Array(14 * 14).fill(1e-3);
    const place = (from: number, length: number, start: number) => Math.floor((from + length / 2 - start) / 400 * 14);
    const window = { left: box!.left - 100, top: box!.top - 100, width: 400, height: 400 };
    const row = place(box!.top, box!.height, window.top);
    weights[row * 14 + place(box!.left, box!.width, window.left)] = 1;
    const [{ defect }, { defect: ofWhole }] = [
      await seenDefect(photo, weights, { rows: 14, cols: 14 }, window),
      await seenDefect(image, weights, { rows: 14, cols: 14 }, window),
    ];
    assert.deepEqual([defect.photoWidth, defect.photoHeight], [SET.width, SET.height]);
    for (const side of ["left", "top", "width", "height"] as const) {
      assert.ok(
        Math.abs(defect[side] - ofWhole[side]) <= 12,
        `${side} is ${defect[side]}, of the whole ${ofWhole[side]}`,
      );
    }
    assert.ok(
      Math.abs(Math.log2((defect.area ?? 1) / (ofWhole.area ?? 1))) < 1,
      `area ${defect.area}, ${ofWhole.area}`,
    );
  }
  await embedder.release();
});

Deno.test("small defects in large photos: groups, where they were found, and assigned new photos", async () => {
  await withFolder(async (folder) => {
    const photos = join(folder, "photos");
    const draw = async (path: string, seed: number, kind?: string) => {
      const { image, box } = drawLarge(SET, seed, kind);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeFile(path, new Uint8Array(await encodeJpeg(image, { quality: 90 })));
      return box;
    };
    const boxes = new Map<string, Awaited<ReturnType<typeof draw>>>();
    for (const kind of KINDS) {
      for (let at = 0; at < 5; at++) {
        boxes.set(`${kind}/${at}.jpg`, await draw(join(photos, kind, `${at}.jpg`), 40 + boxes.size, kind));
      }
    }
    const clusters = await run(
      "cluster",
      photos,
      "--k",
      "3",
      "--labels",
      "folders",
      "--cache",
      "off",
      "--preset",
      "quick",
    );
    assert.equal(clusters.code, 0, clusters.stderr);
    assert.match(clusters.stderr, /looked at closer .*defects from about 18 pixels on/s);
    const file = JSON.parse(await Deno.readTextFile(join(folder, "photos-clusters", "groups.json")));
    assert.ok(file.metrics.nmi > 0.9, `NMI ${file.metrics.nmi}`);
    assert.match(file.settings.detail, /18 pixels/);
    for (const { path, defect } of file.images) {
      const { left, top, width, height } = boxes.get(path)!;
      const meets = left < defect.left + defect.width && defect.left < left + width &&
        top < defect.top + defect.height && defect.top < top + height;
      assert.ok(meets, `${path}: ${JSON.stringify(defect)} misses ${JSON.stringify(boxes.get(path))}`);
    }
    await draw(join(folder, "new", "pit.jpg"), 990, "pit");
    const assigned = await run(
      "assign",
      join(folder, "photos-clusters", "model.json"),
      join(folder, "new"),
      "--cache",
      "off",
    );
    assert.equal(assigned.code, 0, assigned.stderr);
    const answer = JSON.parse(await Deno.readTextFile(join(folder, "new-assigned", "assignments.json")));
    assert.match(answer.images[0].like, /^pit/);
    const whole = await run("cluster", photos, "--detail", "tiny");
    assert.equal(whole.code, 2);
    assert.match(whole.stderr, /must be auto, off, or the smallest defect/);
  });
});
