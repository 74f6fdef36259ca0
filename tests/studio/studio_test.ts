// The studio as a static web server hosts it, in Chromium: under a sub-path, with a strict policy and real images.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { BlobWriter, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { clusterPatches, decodeImage, onnxEmbedder, type PatchSet, PRESETS } from "../../mod.ts";
import { joinPatches } from "../../embed.ts";
import { findImages } from "../../src/dataset/folder.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { STUDIO_POLICY } from "../../src/studio/index_page.ts";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { EXPORTS } from "../support/hub_server.ts";
import { run, runTask, withFolder } from "../support/program.ts";
import { drawLarge, LARGE_SETS } from "../../tools/drawn_surfaces.ts";
import {
  building,
  built,
  BUNDLER,
  chooseFolder,
  dropFiles,
  FABRIC,
  group,
  isHidden,
  ISOLATED,
  saved,
  savedGroups,
  textBecomes,
  textOf,
  withStudio,
} from "../support/studio_page.ts";

const test = (name: string, fn: () => Promise<void>) => testWith([BUNDLER, CHROMIUM], name, fn);

/** The engines that were loaded. */
const engines = (asked: readonly string[]) => {
  return asked.map((path) => path.split("/").at(-1)!).filter((name) => /^(litert|ort-.*)\.wasm$/.test(name));
};

/** What the library makes of the images of a folder, for any number of groups. */
async function byLibrary(folder: string) {
  const { model, embedding, features, tau } = PRESETS.paper;
  const embedder = await onnxEmbedder({ model: readFileSync(model), ...embedding });
  const files = findImages(folder).images;
  const parts: PatchSet[] = [];
  for (const { file } of files) parts.push(await embedder.embed(await decodeImage(readFileSync(file))));
  await embedder.release();
  const paths = files.map(({ path }) => path);
  const patches = joinPatches(parts);
  return async (k: number | "auto") => {
    const { groups, scores } = await clusterPatches(patches, { features, weight: { kind: "soft", tau }, k });
    return { paths, groups: Array.from(groups, (group) => group + 1), scores };
  };
}

testWith(BUNDLER, "deno task studio writes a folder, again into its own, never among other files", async () => {
  assert.equal(building.code, 0, building.stderr);
  assert.match(building.stdout, /app\/\S+\/worker\.js +[\d,]+ +[\d,]+\n/);
  assert(building.stdout.includes(STUDIO_POLICY));
  assert.equal((await runTask("studio", built)).code, 0);
  await withFolder(async (folder) => {
    writeFileSync(join(folder, "thesis.txt"), "");
    const { code, stderr } = await runTask("studio", folder);
    assert.equal(code, 2);
    assert.match(stderr, /^error: .* holds other files: name a new or an empty folder\n$/);
  });
});

test("the fabric set: the library's groups, again without embedding, files to save, nothing sent", async () => {
  await withStudio(async ({ page, folder, asked }) => {
    const images = join(folder, "photos");
    cpSync(FABRIC, images, { recursive: true });
    const library = await byLibrary(images);
    const wanted = await library("auto");
    writeFileSync(join(images, "broken.jpg"), readFileSync(join(images, "cut/cut-01.jpg")).subarray(0, 900));
    await chooseFolder(page, images);
    await page.waitForFunction(() => document.getElementById("chosen")!.textContent !== "Nothing chosen yet.");
    assert.equal(await textOf(page, "chosen"), "61 images of photos chosen, 1 other file left out.");
    const stages = await group(page, { preset: "paper" });
    assert.deepEqual([await textOf(page, "problem")], [""]);
    for (const stage of ["Loading the network", "Looking at images", "Comparing", "Writing the report"]) {
      assert(stages.includes(stage), stages.join());
    }
    const soFar = await textOf(page, "so-far-text");
    const [, count] = soFar!.match(/^Of the first 32 images: (\d+) groups, of .* and \d+ images\. All/) ?? [];
    assert.equal((await page.$$("#so-far-pictures img")).length, Number(count), soFar!);
    assert(await isHidden(page, "so-far"), "the report has taken its place");
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    assert.deepEqual(engines(asked), ["litert.wasm"]);
    assert.match((await textOf(page, "warning-list"))!, /^broken\.jpg: the JPEG image is truncated.*, skipped$/);
    assert.equal(await textOf(page, "summary"), "60 images in 5 groups, a number chosen automatically.");

    const found = await savedGroups(page, folder);
    assert.deepEqual(found.images.map(({ path }) => path), wanted.paths);
    assert.deepEqual(found.images.map(({ group }) => group), wanted.groups);
    found.images.forEach(({ score }, i) => assert(Math.abs(score / wanted.scores[i] - 1) < 1e-3));
    const table = new TextDecoder().decode(await saved(page, folder, "groups.csv"));
    assert.equal(table.trimEnd().split("\r\n").length, 61);
    const report = new TextDecoder().decode(await saved(page, folder, "report.html"));
    assert.match(report, /<title>Kinds of defect in photos<\/title>/);

    // The model takes new images with the program.
    for (const name of ["model.json", "model.bin"]) await saved(page, folder, name);
    mkdirSync(join(folder, "new"));
    cpSync(join(FABRIC, "hole/hole-01.jpg"), join(folder, "new/hole-01.jpg"));
    const assigned = await runTask("assign", join(folder, "model.json"), join(folder, "new"));
    assert.equal(assigned.code, 0, assigned.stderr);
    assert.match(assigned.stdout, /hole-01\.jpg +group \d +distance .* like hole\/hole-01\.jpg/);

    // The report works in its frame, which has no origin.
    const frame = (await (await page.$("#report"))!.contentFrame())!;
    await frame.waitForSelector("#map *");
    assert.equal((await frame.$$("section.group .card img")).length, 60);
    assert.equal(await frame.evaluate(() => globalThis.origin), "null");

    // It learns there too, without storage and forms.
    for (const number of [1, 2]) {
      await frame.focus(`#group-${number} .card .frame`);
      await page.keyboard.press("c");
    }
    await frame.click("#learn");
    await frame.waitForFunction(() =>
      document.querySelector("#learning-hint")!.textContent!.startsWith("Learned from 2")
    );
    await frame.click("#check-next-open");
    await frame.waitForFunction(() => document.querySelector("#check-next-place")!.textContent === "1 of 12");
    await page.keyboard.press("n");
    await page.keyboard.type("Knots");
    await page.keyboard.press("Enter");
    await frame.waitForFunction(() => document.querySelector("#group-links")!.textContent!.includes("Knots 1"));
    await page.keyboard.press("Escape");

    // Other settings take what was embedded.
    const before = asked.length;
    const again = await group(page, { k: "3" });
    assert(!again.some((stage) => /Looking|Reading/.test(stage)), again.join());
    assert.equal(await textOf(page, "summary"), "60 images in 3 groups.");
    const three = await savedGroups(page, folder);
    assert.deepEqual(three.images.map(({ group }) => group), (await library(3)).groups);
    assert.equal(asked.length, before, "nothing more is asked for");

    await group(page, { k: "99" });
    assert.equal(
      await textOf(page, "problem"),
      "the number of groups (k) is 99, more than the 60 usable images: choose at most 60",
    );
  });
});

test("stopping ends the work at once, and what was embedded is not embedded again", async () => {
  await withStudio(async ({ page }) => {
    await chooseFolder(page, FABRIC);
    await page.click("[name=preset][value=paper]");
    await page.click("#start");
    await page.waitForFunction(() => /^1\d of 60/.test(document.querySelector("#count")!.textContent!));
    await page.click("#stop");
    await page.waitForFunction(() => document.querySelector("#problem")!.textContent === "Stopped.", { timeout: 1000 });
    assert(await isHidden(page, "work") && await isHidden(page, "stop"));
    await page.click("#start");
    const first = await page.waitForFunction(() =>
      document.querySelector("#stage")!.textContent === "Looking at images" &&
      Number.parseInt(document.querySelector("#count")!.textContent!)
    );
    assert(await first.jsonValue() as number >= 10);
    await page.waitForSelector("#result:not([hidden])");
    assert.match((await textOf(page, "summary"))!, /^60 images in 5 groups/);
  });
});

test("isolated pages have threads: the same groups, with labelled normals, by keyboard", async () => {
  await withStudio(async ({ page, folder, asked }) => {
    for (const kind of ["cut", "hole", "stain"]) {
      cpSync(join(FABRIC, kind), join(folder, "in", kind), { recursive: true });
    }
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    await chooseFolder(page, join(folder, "in"));
    await chooseFolder(page, join(FABRIC, "good"), "normals");
    await textBecomes(page, "normals-chosen", "12 images of good chosen.");
    await page.click("[name=preset][value=paper]");
    await page.$eval("#k", (input) => (input as HTMLInputElement).value = "3");
    await page.focus("#k");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#result:not([hidden])");
    const found = await savedGroups(page, folder);
    assert.equal(found.settings.weight, "labelled-normal");
    const kinds = found.images.map(({ path, group }) => `${path.split("/")[0]} ${group}`);
    assert.deepEqual([...new Set(kinds)].length, 3, "each kind is a group");
    await page.click("#no-normals");
    await textBecomes(page, "normals-chosen", "None chosen.");
    await group(page, {});
    const without = await savedGroups(page, folder);
    assert.deepEqual(without.images.map(({ group }) => group), (await (await byLibrary(join(folder, "in")))(3)).groups);
    assert.deepEqual(engines(asked), ["litert.wasm"]);
  }, { headers: ISOLATED });
});

test("a dropped folder with a zip in it, and a file that is gone by then", async () => {
  await withStudio(async ({ page, folder }) => {
    const dropped = join(folder, "mixed");
    mkdirSync(join(dropped, "deep"), { recursive: true });
    const zip = new ZipWriter(new BlobWriter("application/zip"));
    for (const at of [1, 2, 3]) {
      const name = `hole-0${at}.jpg`;
      await zip.add(`packed/${name}`, new Uint8ArrayReader(readFileSync(join(FABRIC, "hole", name))));
      cpSync(join(FABRIC, "cut", `cut-0${at}.jpg`), join(dropped, "deep", `cut-0${at}.jpg`));
    }
    writeFileSync(join(dropped, "more.zip"), await (await zip.close()).bytes());
    cpSync(join(FABRIC, "cut/cut-04.jpg"), join(dropped, "gone.jpg"));
    await dropFiles(page, dropped);
    await page.waitForFunction(() =>
      document.querySelector("#chosen")!.textContent === "4 images and 1 zip of mixed chosen."
    );
    rmSync(join(dropped, "gone.jpg"));
    await group(page, { preset: "paper", k: "2" });
    assert.equal(await textOf(page, "problem"), "");
    const { images, warnings } = await savedGroups(page, folder);
    assert.deepEqual(warnings, ["gone.jpg: the file cannot be read, or was changed since it was chosen, skipped"]);
    const names = images.map(({ path, group }) => [path, group === images[0].group ? "cut" : "hole"]);
    assert.deepEqual(
      names.map(([path, kind]) => basename(path).startsWith(kind)),
      Array(6).fill(true),
      names.join(" "),
    );
    assert.equal(images[5].path, "packed/hole-03.jpg");
  });
});

test("sample photos become a report with their four kinds, and are embedded once", async () => {
  await withStudio(async ({ page, folder, asked }) => {
    await page.click("#samples");
    await textBecomes(page, "chosen", "24 sample photos chosen.");
    await group(page, {});
    assert.equal(await textOf(page, "problem"), "");
    assert.equal(await textOf(page, "summary"), "24 images in 4 groups, a number chosen automatically.");
    const { images, warnings } = await savedGroups(page, folder);
    assert.deepEqual(warnings, []);
    assert.equal(new Set(images.map(({ path, group }) => `${path.split("/")[0]} ${group}`)).size, 4);
    const licence = await page.$eval("#samples + .note a", (link) => (link as HTMLAnchorElement).href);
    assert.match(readFileSync(join(built, new URL(licence).pathname.split("/").at(-1)!), "utf8"), /Apache License/);

    await page.click("#samples");
    await textBecomes(page, "chosen", "24 sample photos chosen.");
    const again = await group(page, { k: "3" });
    assert(!again.some((stage) => /Looking|Reading/.test(stage)), again.join());
    assert.equal(asked.filter((path) => path === "samples.zip").length, 2);

    // Files that were chosen before can be chosen again after the sample.
    for (let times = 0; times < 2; times++) {
      await chooseFolder(page, join(FABRIC, "cut"));
      await textBecomes(page, "chosen", "12 images of cut chosen.");
      await page.click("#samples");
      await textBecomes(page, "chosen", "24 sample photos chosen.");
    }
  });
});

test("sample photos that cannot be loaded, or come after another choice, change nothing", async () => {
  await withStudio(async ({ page }) => {
    await chooseFolder(page, join(FABRIC, "cut"));
    await textBecomes(page, "chosen", "12 images of cut chosen.");
    await page.click("#samples");
    await page.waitForSelector("#problem:not([hidden])");
    assert.match(
      (await textOf(page, "problem"))!,
      /^The sample photos cannot be loaded: the server answers 404 for samples\.zip\. Try again later/,
    );
    assert.equal(await textOf(page, "chosen"), "12 images of cut chosen.");
    assert.equal(await page.$eval("#start", (button) => (button as HTMLButtonElement).disabled), false);
  }, { missing: /samples\.zip/ });
  await withStudio(async ({ page }) => {
    const slow = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await page.setRequestInterception(true);
    page.on("request", async (request) => {
      if (request.url().endsWith("/samples.zip")) await slow.promise;
      await request.continue();
    });
    page.on("requestfinished", (request) => request.url().endsWith("/samples.zip") && arrived.resolve());
    await page.click("#samples");
    await textBecomes(page, "chosen", "Loading the sample photos.");
    await chooseFolder(page, join(FABRIC, "cut"));
    await textBecomes(page, "chosen", "12 images of cut chosen.");
    slow.resolve();
    await arrived.promise;
    await page.evaluate(() => new Promise((done) => setTimeout(done, 200)));
    assert.equal(await textOf(page, "chosen"), "12 images of cut chosen.");
  });
});

test("the smallest defect that matters: large photos are looked at as closely as it asks", async () => {
  await withStudio(async ({ page, folder }) => {
    const images = join(folder, "photos");
    mkdirSync(images);
    const set = { ...LARGE_SETS.photos, width: 896, height: 672 };
    for (let at = 0; at < 4; at++) {
      const { image } = drawLarge(set, 70 + at, ["pit", "spot"][at % 2]);
      writeFileSync(join(images, `${at}.jpg`), new Uint8Array(await encodeJpeg(image, { quality: 90 })));
    }
    await chooseFolder(page, images);
    await textBecomes(page, "chosen", "4 images of photos chosen.");
    await group(page, { preset: "paper", k: "2" });
    assert.equal((await savedGroups(page, folder)).settings.detail, undefined, "paper sees photos whole");
    await page.type("#detail", "16");
    await group(page, {});
    assert.equal(await textOf(page, "problem"), "");
    assert.match(String((await savedGroups(page, folder)).settings.detail), /closer, for defects from 16 pixels on/);
  });
});

test("what the server lacks is told in a sentence", async () => {
  const lacking: [RegExp, RegExp][] = [
    [/reduction4\.onnx\.wasm$/, /^the network \S+\.onnx cannot be loaded from 127.0.0.1:\d+: the server answers 404/],
    [/worker\.js$/, /^A part of the studio cannot be loaded: reload the page/],
    [/\/jpeg\.wasm$/, /^a part of the studio cannot be loaded: reload the page/],
  ];
  for (const [missing, sentence] of lacking) {
    await withStudio(async ({ page }) => {
      await chooseFolder(page, join(FABRIC, "cut"));
      await group(page, { preset: "paper", k: "2" });
      assert.match((await textOf(page, "problem"))!, sentence);
    }, { missing });
  }
});

test("a network dropped on the page, as the hub has it: the program's groups, and a model that assign takes", async () => {
  await withStudio(async ({ page, folder, asked }) => {
    const images = join(folder, "photos");
    for (const kind of ["cut", "hole"]) cpSync(join(FABRIC, kind), join(images, kind), { recursive: true });
    await chooseFolder(page, images);
    const repository = join(EXPORTS, "dinov2");
    await dropFiles(page, repository);
    await textBecomes(page, "network-chosen", "dinov2/onnx/model.onnx chosen, 3 others left out.");
    assert.equal(await textOf(page, "chosen"), "24 images of photos chosen.", "the images stay");
    await group(page, { preset: "paper", k: "3" });
    assert.equal(await textOf(page, "problem"), "");
    const found = await savedGroups(page, folder);
    assert.match(found.model, /^dinov2 \w{8}@56 /);
    assert(!asked.some((path) => path.startsWith("models/")), "no other network is loaded");
    const options = ["--preset", "paper", "--k", "3", "--engine", "wasm"];
    const program = await run("cluster", images, "--model", repository, ...options, "--json", "-");
    assert.equal(program.code, 0, program.stderr);
    const wanted: GroupsFile = JSON.parse(program.stdout);
    assert.equal(found.model, wanted.model);
    assert.deepEqual(found.images.map(({ group }) => group), wanted.images.map(({ group }) => group));

    for (const name of ["model.json", "model.bin"]) await saved(page, folder, name);
    const assign = (...more: string[]) => run("assign", join(folder, "model.json"), join(images, "cut"), ...more);
    const lost = await assign();
    assert.equal(lost.code, 1);
    assert.match(
      lost.stderr,
      /the network model\.onnx of these groups cannot be read from .*: say where it lies with --model/,
    );
    const assigned = await assign("--model", repository);
    assert.equal(assigned.code, 0, assigned.stderr);

    // Files without their folders, another network in place of the first.
    const files = ["onnx/model.onnx", "config.json", "preprocessor_config.json"];
    await dropFiles(page, ...files.map((file) => join(EXPORTS, "convnext", file)));
    await textBecomes(page, "network-chosen", "model.onnx chosen.");
    await group(page, {});
    assert.match((await savedGroups(page, folder)).model, /^model \w{8}@64 /);

    // Without them it is a guess, which does not fit here.
    await dropFiles(page, join(EXPORTS, "swin/onnx/model.onnx"));
    await textBecomes(page, "network-chosen", "model.onnx chosen.");
    await group(page, {});
    assert.match(
      (await textOf(page, "problem"))!,
      /^model (gives no patch grid: its output is 1 × \d+ × 48; tokens|does not take)/,
    );
    await dropFiles(page, ...["onnx/model.onnx", "config.json"].map((file) => join(EXPORTS, "swin", file)));
    await page.click("#no-network");
    await textBecomes(page, "network-chosen", "That of the preset.");
    await group(page, {});
    assert.match((await savedGroups(page, folder)).model, /^efficientnet-lite0-reduction4@224 /);
  });
});
