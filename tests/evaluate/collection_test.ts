// Several labelled sets in one table.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  collectionCsv,
  collectionTable,
  comparisons,
  countsTable,
  type MeasuredSet,
} from "../../src/evaluate/collection.ts";
import type { StudyRow } from "../../src/evaluate/study.ts";
import { PROJECT, run, withFolder } from "../support/program.ts";

function row(supervision: StudyRow["supervision"], nmi: number, perplexity?: number): StudyRow {
  const estimate = (mean: number) => ({ mean, standardError: 0.01 });
  const chosen = { k: nmi > 0.5 ? 4 : 3, asClear: [3, 4], nmi: nmi / 2, nmiAtClasses: nmi };
  const how = perplexity === undefined ? { headline: true, chosen } : { headline: false, perplexity };
  return { supervision, method: "", ...how, nmi: estimate(nmi), ari: estimate(nmi / 2), f1: estimate(nmi / 3) };
}

function measured(name: string, rows: readonly StudyRow[]): MeasuredSet {
  const none = { temperature: [], groups: [], normals: [], purity: [], mauc: 0 };
  return { name, classes: 3, images: 40, studies: [{ ...none, name: "default", seconds: 1, rows }] };
}

Deno.test("the regret is what one fixed spread would do better, of the same supervision alone", () => {
  const sets = [
    measured("a", [
      row("none", 0.5),
      row("none", 0.4, 0.1),
      row("none", 0.7, 0.5),
      row("labelled normals", 0.8),
      row("labelled normals", 0.75, 0.3),
      row("masks", 0.9),
    ]),
    measured("b", [row("none", 0.6), row("none", 0.55, 0.2)]),
  ];
  const found = comparisons(sets).map(({ set, supervision, best, regret }) => [
    set,
    supervision,
    best.perplexity,
    Math.round(regret * 1000) / 1000,
  ]);
  assert.deepEqual(found, [["a", "none", 0.5, 0.2], ["a", "labelled normals", 0.3, -0.05], ["b", "none", 0.2, -0.05]]);
  const table = collectionTable(sets, { protocol: "subsets", seeds: 100 });
  assert.match(table, /^\| a: 3 kinds, 40 images \| none \| \.500 \| \.700 \(50 %\) \| \.200 \|$/m);
  assert.match(table, /^\| \*\*mean\*\* \| \| \.633 \| \.667 \| \.033 \|$/m);
  assert.match(table, /^\| \*\*worst\*\* \| \| \.500 \| {2}\| \.200 \|$/m);
  assert.match(
    countsTable(sets),
    /^\| default \| 1 of 3 \| 3 of 3 \| 3 of 3 \| \.500 \| 0 of 3 \| a 3, a\* 4, b 4 \|$/m,
  );
  assert.equal(collectionCsv(sets).trim().split("\n").length, 4);
});

Deno.test("evaluate --collection as a process: one table over sets, kept from run to run", async () => {
  await withFolder(async (folder) => {
    for (const set of ["one", "two"]) {
      for (const kind of ["cut", "hole", "stain"]) {
        mkdirSync(join(folder, set, kind), { recursive: true });
        for (let at = 1; at <= 5; at++) {
          const name = `${kind}-0${at}.jpg`;
          cpSync(join(PROJECT, "tests/data/fabric", kind, name), join(folder, set, kind, name));
        }
      }
    }
    writeFileSync(join(folder, "sets.txt"), "# two sets\n\none\r\ntwo\n");
    const out = join(folder, "out");
    const evaluate = (...sets: string[]) => {
      return run("evaluate", "--collection", ...sets, "--presets", "paper", "--protocol", "whole", "--out", out);
    };
    const found = await evaluate(join(folder, "sets.txt"));
    assert.equal(found.code, 0, found.stderr);
    const lines = found.stdout.split("\n").filter((line) => line.startsWith("| ")).map((line) => line.split(" | ")[0]);
    assert.deepEqual(lines, [
      "| set",
      "| one: 3 kinds, 15 images",
      "| two: 3 kinds, 15 images",
      "| **mean**",
      "| **worst**",
      "| preset",
      "| paper",
    ]);
    assert.equal(readFileSync(join(out, "collection.md"), "utf8").trim(), found.stdout.split("\n\nwritten")[0].trim());
    for (const file of ["collection.csv", "one/results.json", "two/temperature.svg"]) {
      assert(existsSync(join(out, file)), file);
    }
    const again = await evaluate(join(folder, "one"), join(folder, "two"));
    assert.equal(again.stdout, found.stdout);
    assert.equal(again.stderr.match(/kept from the run before/g)?.length, 2);

    const refused: [args: string[], message: RegExp][] = [
      [[], /name one labelled set, or several after --collection/],
      [["tests/data/fabric", "--collection", "tests/data/fabric"], /name one labelled set, or several/],
      [["--collection", join(folder, "none.txt")], /none\.txt cannot be read: name folders, or a text file of folders/],
      [
        ["--collection", "tests/data/fabric", "--normals", "tests/data/fabric"],
        /--normals is of one set: leave it out with --collection/,
      ],
    ];
    for (const [args, message] of refused) {
      const { code, stderr } = await run("evaluate", ...args, "--out", out);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
  });
});
