// The simulated person of `evaluate --teach`: what it measures, and the program as a process.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  calibrationError,
  drawnLabels,
  labelsFor,
  macroF1,
  measureTeaching,
  nearestLabelled,
  shuffled,
} from "../../src/evaluate/teaching.ts";
import { teachingTables } from "../../src/evaluate/teaching_tables.ts";
import { seededRandom } from "../../src/random.ts";
import { run, withFolder } from "../support/program.ts";

/** Vectors about a centre for each kind, and their labels. */
function drawn(count: number, kinds: number, spread: number) {
  const random = seededRandom(2);
  const centres = Array.from({ length: kinds * 6 }, () => random() * 2 - 1);
  const data = Float32Array.from({ length: count * 6 }, (_, at) => {
    return centres[Math.floor(at / 6) % kinds * 6 + at % 6] + spread * (random() - 0.5);
  });
  return {
    embeddings: { data, count, channels: 6 },
    labels: Array.from({ length: count }, (_, i) => `kind ${i % kinds}`),
  };
}

Deno.test("clear kinds: every label more is right, checking next takes fewer labels, a kind kept out is found", () => {
  const { embeddings, labels } = drawn(90, 4, 0.5);
  let steps = 0;
  const teaching = measureTeaching(embeddings, labels, 4, (done, total) => {
    assert(done === ++steps && done <= total);
  });
  assert.deepEqual([teaching.images, teaching.kinds, teaching.runs], [90, 4, 4]);
  assert.deepEqual(teaching.curve.map(({ labels }) => labels), [4, 8, 12, 20, 40, 44]);
  for (const { accuracy, likeliest, nearest, f1, calibration, foundFalsely } of teaching.curve) {
    assert(likeliest.mean > 0.98 && nearest.mean > 0.98 && accuracy.mean > 0.75 && f1.mean > 0.75);
    assert(Math.abs(accuracy.mean + foundFalsely - 1) < 0.03 && calibration < 0.25);
  }
  for (const { each, random, next } of teaching.reach) assert(next! <= random, `${each}: ${next} after ${random}`);
  assert(teaching.orders.next[0].y > teaching.orders.random[0].y);
  for (const { f1 } of teaching.keptOut) assert(f1.mean > 0.9);
  for (const { accuracy } of teaching.wrong) assert(accuracy.mean > 0.75);
  assert.deepEqual(measureTeaching(embeddings, labels, 4), teaching);
  const tables = teachingTables([{ set: "drawn", preset: "quick", teaching }]);
  assert.match(tables, /\| drawn \| quick \| 5 \(20\) \| \*\*/);
  assert.equal(tables.match(/undefined|NaN|null/), null);
});

Deno.test("two kinds of which one is kept out leave nothing to learn, which tables show as such", () => {
  const { embeddings, labels } = drawn(24, 2, 0.5);
  const teaching = measureTeaching(embeddings, labels, 2);
  assert(teaching.keptOut.every(({ f1 }) => Number.isNaN(f1.mean)));
  const stored = JSON.parse(JSON.stringify(teaching)); // As a run before left it.
  for (const one of [teaching, stored]) {
    const tables = teachingTables([{ set: "drawn", preset: "quick", teaching: one }]);
    assert.match(tables, /a kind without labels, F1 \| 5 \| – \|/);
    assert.equal(tables.match(/undefined|NaN|null/), null);
  }
  assert.throws(() => measureTeaching(embeddings, labels.map(() => "one"), 1), /images of at least 2 kinds/);
});

Deno.test("draws: so many of each kind, of small kinds half; each order of images comes up", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 1e6 }),
      (sizes, each, seed) => {
        let from = 0;
        const members = sizes.map((size) => Array.from({ length: size }, () => from++));
        const labels = drawnLabels(members, from, each, seededRandom(seed));
        members.forEach((own, kind) => {
          const given = own.filter((image) => labels[image] === kind);
          assert.equal(given.length, Math.max(1, Math.min(each, Math.floor(own.length / 2))));
          assert(own.every((image) => [kind, -1].includes(labels[image])));
        });
        const all = Array.from({ length: from }, (_, i) => i);
        assert.deepEqual(shuffled(all, seededRandom(seed)).sort((a, b) => a - b), all);
      },
    ),
    { seed: 20230103 },
  );
  const random = seededRandom(0);
  assert.equal(new Set(Array.from({ length: 60 }, () => shuffled([0, 1, 2], random).join())).size, 6);
});

Deno.test("measures by hand: macro F1, calibration error, nearest label, labels to an accuracy", () => {
  const truth = [0, 0, 0, 1, 1, 2];
  const groups = [0, 0, 1, 1, 1, 3];
  // F1 of the kinds: 2·2/(2+3), 2·2/(3+2), 0.
  assert(Math.abs(macroF1([0, 1, 2, 3, 4, 5], groups, truth, 3) - (0.8 + 0.8 + 0) / 3) < 1e-12);
  // Bins .9 to 1: 0.95 and 0.91, both right; .5 to .6: one right of two.
  const error = calibrationError([0, 1, 2, 3], [0.95, 0.91, 0.55, 0.51], [0, 0, 1, 1], truth);
  assert(Math.abs(error - (0.05 + 0.09 + Math.abs(0.55 + 0.51 - 1)) / 4) < 1e-12);
  assert.equal(calibrationError([], [], [], []), 0);
  const points = { data: Float32Array.of(1, 0, 0, 1, 0.6, 0.8, 0.8, 0.6), dims: 2, count: 4 };
  assert.deepEqual([...nearestLabelled(points, Int32Array.of(0, 1, -1, -1))], [0, 1, 1, 0]);
  const curve = [{ x: 4, y: 0.5 }, { x: 8, y: 0.7 }, { x: 12, y: 0.6 }];
  assert.deepEqual(
    [labelsFor(curve, 0.6), labelsFor(curve, 0.4), labelsFor(curve, 0.8)].map((value) => {
      return value === undefined ? value : Math.round(value * 1e6) / 1e6;
    }),
    [6, 4, undefined],
  );
});

Deno.test("evaluate --teach: tables and plots, kept for the next run; options that it makes no use of are refused", async () => {
  await withFolder(async (folder) => {
    const set = join(folder, "set");
    for (const kind of ["cut", "hole", "stain"]) {
      Deno.mkdirSync(join(set, kind), { recursive: true });
      for (let at = 1; at <= 6; at++) {
        Deno.copyFileSync(`tests/data/fabric/${kind}/${kind}-0${at}.jpg`, join(set, kind, `${at}.jpg`));
      }
    }
    const args = ["evaluate", set, "--teach", "--teach-runs", "3", "--presets", "paper"];
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Mean ± standard error of 3 runs/);
    assert.match(stdout, /\| set \| paper \| 3 \(9\) \| \*\*/);
    const out = join(folder, "set-evaluation");
    assert.deepEqual([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [
      "teaching-orders-paper.svg",
      "teaching-paper.svg",
      "teaching.csv",
      "teaching.json",
      "teaching.md",
    ]);
    assert.equal(stdout.startsWith(Deno.readTextFileSync(join(out, "teaching.md")).trimEnd()), true);
    assert.match(Deno.readTextFileSync(join(out, "teaching-paper.svg")), /<polyline points="[\d., ]+"/);
    assert.match(Deno.readTextFileSync(join(out, "teaching.csv")), /^set,paper,1,3,/m);
    const again = await run(...args);
    assert.match(again.stderr, /paper: kept from the run before/);
    assert.equal(again.stdout, stdout);
    const together = await run("evaluate", "--collection", set, ...args.slice(2), "--out", join(folder, "all"));
    assert.equal(together.code, 0, together.stderr);
    assert.match(Deno.readTextFileSync(join(folder, "all/teaching.md")), /\| set \| paper \| 3 \(9\) \|/);
    const refused = await run(...args, "--cluster", "iic");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--teach measures learning from labels, and makes no use of --cluster: leave one out/);
  });
});
