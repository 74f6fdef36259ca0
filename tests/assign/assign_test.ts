// Assigning new images to groups that were found: by the library, with a stored model, and by the program as a process.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  assignPatches,
  clusterPatches,
  decodeImage,
  type GroupModel,
  groupModel,
  type GroupModelOptions,
  joinPatches,
  onnxEmbedder,
  packModel,
  type PatchSet,
  PRESETS,
  unpackModel,
} from "../../mod.ts";
import { seededRandom } from "../../src/random.ts";
import {
  assignmentsCsv,
  type AssignmentsFile,
  assignmentsFile,
  assignmentsTable,
} from "../../src/report/assignments.ts";
import { renderAssignments } from "../../src/report/assignments_page.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { PROJECT, runTask, withFolder } from "../support/program.ts";
import { CHROMIUM } from "../support/needs.ts";
import { withReportFile } from "../support/report_page.ts";
import { BUN, NODE, type Program, testPrograms } from "../runtimes/support/programs.ts";

const KINDS = ["cut", "good", "hole", "knot", "stain"];
const { model: MODEL, embedding, tau } = PRESETS.paper;
const WEIGHT = { kind: "soft", tau } as const;

function fabricFile(kind: string, number: number): string {
  return join(PROJECT, "tests/data/fabric", kind, `${kind}-${String(number + 1).padStart(2, "0")}.jpg`);
}

/** Patch embeddings of the fabric set, kind after kind, 12 images each. */
async function fabricPatches(): Promise<PatchSet[]> {
  const embedder = await onnxEmbedder({ model: await Deno.readFile(MODEL), ...embedding, threads: 2 });
  const all: PatchSet[] = [];
  for (let at = 0; at < 60; at++) {
    const file = fabricFile(KINDS[Math.floor(at / 12)], at % 12);
    all.push(await embedder.embed(await decodeImage(await Deno.readFile(file))));
  }
  await embedder.release();
  return all;
}

/** Drawn patch embeddings of three kinds. */
function drawn(count: number, seed = 3): PatchSet {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: count * 9 * 4 }, (_, at) => {
    const [image, patch, channel] = [Math.floor(at / 36), Math.floor(at / 4) % 9, at % 4];
    return random() + (patch === image % 3 * 2 && channel === image % 3 ? 5 + random() : 0);
  });
  return { data, count, rows: 3, cols: 3, channels: 4 };
}

Deno.test("fabric set: a kind that was left out is none of these; of each kind ten fitted, the other two are assigned right", async () => {
  const all = await fabricPatches();
  const fitted = async (chosen: number[], k: number) => {
    const patches = joinPatches(chosen.map((at) => all[at]));
    const result = await clusterPatches(patches, { k, weight: WEIGHT });
    const model = await groupModel(patches, result, { weight: WEIGHT });
    const kinds = Array.from(result.medoids, (medoid) => Math.floor(chosen[medoid] / 12));
    assert.equal(new Set(kinds).size, k);
    return { model, kinds, groups: result.groups, patches };
  };
  const numbers = Array.from({ length: 60 }, (_, at) => at);
  for (const kind of KINDS.keys()) {
    const [left, kept] = [
      numbers.filter((at) => Math.floor(at / 12) === kind),
      numbers.filter((at) => Math.floor(at / 12) !== kind),
    ];
    const { model, groups, patches } = await fitted(kept, 4);
    const own = await assignPatches(model, patches);
    assert(own.every(({ group, distance, image }, at) => group === groups[at] && distance === 0 && image === at));
    const none = (await assignPatches(model, joinPatches(left.map((at) => all[at])))).filter(({ group }) =>
      group === undefined
    );
    assert(none.length >= 10, `${KINDS[kind]}: ${none.length} of 12 are none of these`);
  }
  const others = numbers.filter((at) => [3, 8].includes(at % 12));
  const { model, kinds } = await fitted(numbers.filter((at) => !others.includes(at)), 5);
  const found = await assignPatches(model, joinPatches(others.map((at) => all[at])));
  const right = found.filter(({ group }, at) => group !== undefined && kinds[group] === Math.floor(others[at] / 12));
  assert(right.length >= 9, `${right.length} of 10 are assigned right`);
});

const OPTIONS: Record<string, GroupModelOptions> = {
  "soft": {},
  "perplexity": { weight: { kind: "soft", tau: { perplexity: 0.3 } }, features: [{ whiten: true }] },
  "features": {
    weight: { kind: "soft", over: { quantile: 0.2 }, tau: [{ perplexity: 0.2 }, { standardDeviations: 0.5 }] },
    features: [{ content: "residual", length: "root" }, { length: "unit" }, {
      whiten: { shrinkage: 0.5 },
      length: "root",
    }],
  },
  "consensus": { weight: { kind: "soft", tau: [{ perplexity: 0.3 }, { standardDeviations: 0.5 }] } },
  "smallest": { weight: { kind: "soft", over: "min" } },
  "labelled normals": {
    weight: { kind: "soft", over: "normal" },
    normals: drawn(7, 9),
    features: [{ whiten: true }, { content: "residual", whiten: true }],
  },
  "hard": { weight: { kind: "hard", k: 2, over: "max" } },
  "hybrid": { weight: { kind: "hybrid", k: 3 } },
  "uniform": { weight: { kind: "uniform" } },
  "uniform residuals": { weight: { kind: "uniform" }, features: [{ content: "residual" }, { whiten: true }] },
  "pooling in place of residuals": { pooling: { kind: "average" }, features: [{ content: "residual" }] },
  "pooling": { pooling: { kind: "gem", p: 3 } },
  "words": { pooling: { kind: "bag-of-words", codebook: { data: drawn(2).data.slice(0, 24), count: 6, channels: 4 } } },
};

for (const [name, options] of Object.entries(OPTIONS)) {
  Deno.test(`${name}: grouped images get their group again, also from a stored model, without permissions`, {
    permissions: "none",
  }, async () => {
    const patches = drawn(45);
    const result = await clusterPatches(patches, { ...options, k: 3 });
    const model = await groupModel(patches, result, options);
    const { record, bytes } = packModel(model);
    const stored = unpackModel(JSON.parse(JSON.stringify(record)), bytes);
    for (const one of [model, stored]) {
      const found = await assignPatches(one, patches);
      assert(found.every(({ group, distance }, at) => group === result.groups[at] && distance === 0));
    }
    const others = drawn(40, 11);
    const together = await assignPatches(stored, others);
    assert.deepEqual(together, await assignPatches(model, others));
    const last = { ...others, count: 1, data: others.data.subarray(39 * 36) };
    assert.deepEqual(await assignPatches(model, last), [together[39]], "an assignment depends on the others");
  });
}

Deno.test("far images are none of these, margins lie between 0 and 1, and other shapes are refused", async () => {
  const patches = drawn(30);
  const model = await groupModel(patches, await clusterPatches(patches, { k: 3 }), {});
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 40, noNaN: true }),
      async (seed, shift) => {
        const one = drawn(1, seed);
        const [{ group, nearest, ratio, margin, distance }] = await assignPatches(model, {
          ...one,
          data: one.data.map((value) => value + shift),
        });
        assert(margin >= 0 && margin <= 1);
        assert.equal(group, ratio <= 1 ? nearest : undefined);
        assert.equal(ratio, distance / model.radii[nearest]);
        if (shift > 10) assert.equal(group, undefined);
      },
    ),
    { numRuns: 40 },
  );
  const other = { ...patches, count: 1, rows: 1, cols: 5, data: new Float32Array(20) };
  await assert.rejects(assignPatches(model, other), {
    code: "bad-argument",
    message: /takes 3 × 3 patches of 4 channels, not 1 × 5/,
  });
  const masks = { data: new Float32Array(270), count: 30, patches: 9 };
  const result = await clusterPatches(patches, { k: 3 });
  await assert.rejects(groupModel(patches, result, { weight: { kind: "mask", masks } }), { code: "bad-argument" });
});

Deno.test("stored models with a part missing or cut short are refused", async () => {
  const patches = drawn(12);
  const { record, bytes } = packModel(
    await groupModel(patches, await clusterPatches(patches, { k: 2 }), { features: [{ whiten: true }] }),
  );
  const bad = (change: Partial<Record<keyof typeof record, unknown>>, data = bytes) => {
    assert.throws(() => unpackModel({ ...record, ...change } as typeof record, data), { code: "bad-model" });
  };
  bad({}, bytes.subarray(0, bytes.length - 4));
  for (const key of Object.keys(record)) bad({ [key]: undefined });
  bad({ groups: record.groups.map(() => 7) });
  bad({ arrays: record.arrays.map((entry) => ({ ...entry, shape: [1] })) });
  assert(unpackModel(record, bytes) satisfies GroupModel);
});

testPrograms("assign as a process: the fabric set gets its groups again, a new thing is none of these", [
  NODE,
  BUN,
], async ({ run, keeps }, test) => {
  await withFolder(async (scratch) => {
    const out = join(scratch, "groups");
    const clustered = await run("cluster", "tests/data/fabric", "--preset", "paper", "--out", out, "--json", "-");
    assert.equal(clustered.code, 0, clustered.stderr);
    const groups: GroupsFile = JSON.parse(clustered.stdout);
    const model = join(out, "model.json");
    const again = await run("assign", model, "tests/data/fabric", "--out", join(scratch, "again"), "--json", "-");
    assert.equal(again.code, 0, again.stderr);
    const { images }: AssignmentsFile = JSON.parse(again.stdout);
    assert.deepEqual(
      images.map(({ path, group }) => [path, group]),
      groups.images.map(({ path, group }) => [path, group]),
    );
    assert(images.every(({ path, like, distance }) => path === like && distance === 0));
    assert.deepEqual(
      JSON.parse(again.stdout),
      JSON.parse(Deno.readTextFileSync(join(scratch, "again/assignments.json"))),
    );

    const photos = join(scratch, "new");
    Deno.mkdirSync(photos);
    Deno.copyFileSync(join(PROJECT, "docs/report.png"), join(photos, 'a "page", of text.png'));
    Deno.copyFileSync(fabricFile("knot", 4), join(photos, "b.jpg"));
    Deno.writeTextFileSync(join(photos, "c.jpg"), "no image");
    const mixed = await run("assign", model, photos);
    assert.equal(mixed.code, 0, mixed.stderr);
    assert.match(mixed.stderr, /^warning: c\.jpg: .*, skipped$/m);
    assert.match(mixed.stdout, /^a "page", of text\.png +none of these +distance .* like .*$/m);
    assert.match(mixed.stdout, /^b\.jpg +group \d +distance 0\.00 \(0\.00 of the radius\) +like knot\/knot-05\.jpg$/m);
    assert.match(mixed.stdout, /^2 images: 1 in groups, 1 in none of these$/m);
    await test.step({
      name: "the page as a browser shows it",
      ignore: CHROMIUM.isLackedBy(test.name),
      fn: () => looksRight(join(scratch, "new-assigned")),
    });
    const csv = Deno.readTextFileSync(join(scratch, "new-assigned/assignments.csv")).split("\r\n");
    assert.equal(csv[0], "path,group,name,distance,none of these,ratio,nearest,like,margin,confidence,confirmed");
    assert.match(csv[1], /^"a ""page"", of text\.png",,none of these,[\d.]+,yes,/);
    assert.match(csv[2], /^b\.jpg,\d,group \d,0,no,0,\d,knot\/knot-05\.jpg,1,,no$/);

    const cached = await run("assign", model, photos, "--cache", join(scratch, "cache"));
    assert.match(cached.stderr, keeps ? /^cache: 0 of 3 images from /m : /^warning: cache: .* Node 22\.13 or newer/m);
    const found = await run("assign", model, photos, "--cache", join(scratch, "cache"));
    if (keeps) assert.match(found.stderr, /^cache: 2 of 3 images from /m);
    assert.equal(found.stdout, mixed.stdout);

    const edited = join(scratch, "groups-edited.json");
    const number = groups.images.find(({ path }) => path === "knot/knot-05.jpg")!.group;
    const named = groups.groups.map((group) =>
      group.group === number ? { ...group, group: 9, name: "Knots, sound" } : group
    );
    const moved = groups.images.map((image) => image.group === number ? { ...image, group: 9 } : image);
    Deno.writeTextFileSync(edited, JSON.stringify({ ...groups, groups: named, images: moved }));
    const renamed = await run("assign", model, photos, "--groups", edited, "--json", "-");
    assert.equal(renamed.code, 0, renamed.stderr);
    const [, knot] = (JSON.parse(renamed.stdout) as AssignmentsFile).images;
    assert.deepEqual([knot.group, knot.name, knot.nearest], [9, "Knots, sound", 9]);
    Deno.writeTextFileSync(edited, JSON.stringify({ ...groups, images: groups.images.slice(1) }));
    const other = await run("assign", model, photos, "--groups", edited);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /--groups .*groups-edited\.json lacks cut\/cut-01\.jpg: name one of the same run/);

    await refusals(run, scratch, out, photos);
  });
});

/** The page as a browser shows it: the odd one first, the knot beside its group's picture. */
async function looksRight(folder: string): Promise<void> {
  await withReportFile(folder, async (page) => {
    // Pictures may still be decoded on a busy machine; one that is broken is complete without a width.
    await page.waitForFunction(() => [...document.images].every((img) => img.complete));
    const sections = await page.$$eval("section.group", (all) =>
      all.map((section) => ({
        heading: section.querySelector("h2")!.textContent!.replace(/\s+/g, " ").trim(),
        names: [...section.querySelectorAll(".name")].map((name) => name.textContent),
        broken: [...section.querySelectorAll("img")].filter((img) => !img.complete || img.naturalWidth === 0).length,
        example: section.querySelector(".example") !== null,
      })));
    assert.equal(sections.length, 2);
    assert.deepEqual(sections[0], {
      heading: "None of these 1 image",
      names: ['a "page", of text.png'],
      broken: 0,
      example: false,
    });
    assert.match(sections[1].heading, /^Group \d 1 new image$/);
    assert.deepEqual({ ...sections[1], heading: "" }, { heading: "", names: ["b.jpg"], broken: 0, example: true });
  });
}

/** What cannot be used is told in one sentence. */
async function refusals(run: Program["run"], scratch: string, out: string, photos: string): Promise<void> {
  const text = Deno.readTextFileSync(join(out, "model.json"));
  const bytes = Deno.readFileSync(join(out, "model.bin"));
  const file = JSON.parse(text);
  const cases: [name: string, json: string, data: Uint8Array | undefined, message: RegExp][] = [
    ["cut", text.slice(0, 900), bytes, /model\.json is not JSON, or cut short: run cluster again/],
    [
      "version",
      text.replace("assign/1", "assign/9"),
      bytes,
      /is of the format anomaly-cluster-assign\/9: .*assign\/1 is needed/,
    ],
    ["other", "{}", bytes, /names no format/],
    ["part", JSON.stringify({ ...file, images: [] }), bytes, /lacks a part: run cluster again/],
    ["short", text, bytes.subarray(0, 1000), /model\.bin is not the one of .* \(1000 bytes, not \d+\)/],
    [
      "changed",
      text,
      bytes.map((byte, at) => at === 5 ? byte ^ 1 : byte),
      /model\.bin is not the one of .* \(other bytes\)/,
    ],
    ["alone", text, undefined, /model\.bin, which belongs to .*, cannot be read/],
    [
      "size",
      JSON.stringify({ ...file, network: { ...file.network, size: 256 } }),
      bytes,
      /the network is now .*@256 .* made with .*@224/,
    ],
    [
      "network",
      JSON.stringify({ ...file, network: { ...file.network, sha256: "0".repeat(64) } }),
      bytes,
      /is not the network of these groups, its SHA-256 is d697aee0f4fe… and not 000000000000…/,
    ],
    [
      "path",
      JSON.stringify({ ...file, network: { ...file.network, model: join(scratch, "no.onnx") } }),
      bytes,
      /cannot be read from .*no\.onnx: say where it lies with --model FILE/,
    ],
  ];
  for (const [name, json, data, message] of cases) {
    const folder = join(scratch, name);
    Deno.mkdirSync(folder);
    Deno.writeTextFileSync(join(folder, "model.json"), json);
    if (data) Deno.writeFileSync(join(folder, "model.bin"), data);
    const { code, stderr, stdout } = await run("assign", join(folder, "model.json"), photos);
    assert.equal(code, 1, `${name}: ${stderr}`);
    assert.match(stderr, message, name);
    assert.equal(stdout, "");
  }
  const usage: [args: string[], code: number, message: RegExp][] = [
    [[join(out, "model.json")], 2, /missing required argument 'FOLDER'/],
    [[join(out, "model.json"), join(scratch, "nowhere")], 2, /nowhere does not exist: name a folder of images/],
    [[join(out, "none.json"), photos], 1, /none\.json cannot be read: name a model\.json that cluster wrote/],
    [[join(out, "model.json"), photos, "--out", join(photos, "x")], 2, /lies in the input folder/],
    [[join(out, "model.json"), out], 1, /holds no images that can be read/],
  ];
  for (const [args, code, message] of usage) {
    const result = await run("assign", ...args);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
  }
}

Deno.test("a run whose groups cannot take new images leaves no model of an earlier one", async () => {
  await withFolder(async (scratch) => {
    const photos = join(scratch, "in");
    Deno.mkdirSync(photos);
    for (const at of [0, 1, 2]) Deno.copyFileSync(fabricFile("cut", at), join(photos, `${at}.jpg`));
    const options = ["--preset", "paper", "--k", "2", "--size", "64"];
    assert.equal((await runTask("cluster", photos, ...options)).code, 0);
    const names = () => [...Deno.readDirSync(join(scratch, "in-clusters"))].map(({ name }) => name).sort();
    assert.deepEqual(names(), ["groups.csv", "groups.json", "model.bin", "model.json", "report.html"]);
    assert.equal((await runTask("cluster", photos, ...options, "--distance", "max-hausdorff")).code, 0);
    assert.deepEqual(names(), ["groups.csv", "groups.json", "report.html"]);
  });
});

Deno.test("a group of equal images has no radius: what is unlike them is far beyond it, in words and as inf", () => {
  const thumbnail = { url: "data:,", width: 1, height: 1 };
  const assignment = { nearest: 0, distance: 3, ratio: Infinity, image: 0, margin: 1 };
  const groups = [{ group: 1, size: 2, medoid: "a.jpg" }];
  const file = assignmentsFile([{ path: "b.jpg", assignment, like: "a.jpg", thumbnail }], groups, "model.json", []);
  assert.match(assignmentsTable(file), /distance 3\.00 \(far beyond the radius\)/);
  assert.match(assignmentsCsv(file), /^b\.jpg,,none of these,3,yes,inf,1,a\.jpg,1,,no\r$/m);
  const page = renderAssignments("t", file, groups, { images: [thumbnail], grouped: {} });
  assert.match(page, />far beyond the radius</);
  for (const text of [assignmentsTable(file), assignmentsCsv(file)]) assert.doesNotMatch(text, /e\+\d|Infinity|∞/);
});
