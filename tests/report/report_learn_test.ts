// Learning from corrections in the report: labels, Learn, confidences, Check next, agreement, undo, reload, exports.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "puppeteer-core";

import { wilsonInterval } from "../../src/report/client/agreement.js";
import { groupsLearned, groupsOfCut } from "../../src/report/client/labelled_groups.js";
import { unpackPoints } from "../../src/report/client/packed_points.js";

import { learnGroups } from "../../src/learn/learn_groups.ts";
import { pointsOf } from "../../src/learn/points.ts";
import { renderReport } from "../../src/report/html.ts";
import { PAGE_SCRIPT } from "../../src/report/page_script.ts";
import { packPoints } from "../../src/report/packed_points.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { dragToGroup, groupsShown, reload, sampleReport, slide, withPage } from "../support/report_page.ts";

/** Five kinds that were cut into three groups: two of them hold two kinds each. */
const report = await sampleReport({ count: 60, kinds: 5, k: 3 });
const paths = report.file.images.map(({ path }) => path);
const kindOf = (path: string) => path.split("/")[0];
const { points } = pointsOf(report.result.matrix);

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => (element as HTMLElement).textContent!);
}

function cardOf(path: string): string {
  return `.card:has([alt="${path}"])`;
}

/** Group number of each path. */
function places(page: Page): Promise<Record<string, number>> {
  return page.$$eval("section.group .card", (cards) =>
    Object.fromEntries(
      cards.map((card) => [
        card.querySelector("img")!.alt,
        Number(card.closest<HTMLElement>("section")!.dataset.group),
      ]),
    ));
}

/** Paths with the mark of confirmed images. */
async function confirmedOf(page: Page): Promise<string[]> {
  return (await page.$$eval(
    '.card:has(.confirm[aria-pressed="true"])',
    (cards) => cards.map((card) => card.querySelector("img")!.alt),
  )).sort();
}

async function press(page: Page, path: string, key: "c" | "Enter"): Promise<void> {
  await page.focus(`${cardOf(path)} .frame`);
  await page.keyboard.press(key);
}

/** Puts an image into a group by the large view's list. */
async function moveTo(page: Page, path: string, group: string): Promise<void> {
  await press(page, path, "Enter");
  await page.select("#viewer-group", group);
  await page.keyboard.press("Escape");
  // The focus goes back to the card a moment later.
  await page.waitForFunction((path) => document.activeElement!.querySelector("img")?.alt === path, {}, path);
}

/** Waits until the page knows how sure it is. */
async function learned(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.getElementById("learning-hint")!.textContent!.startsWith("Learned") &&
      document.querySelector("#standings .standing-sure, #standings .standing-unsure"),
    { timeout: 30_000 },
  );
}

/** Labels images, two of each of five kinds, each kind in a group of its own; returns the groups by kind. */
async function labelAll(page: Page, labelled = paths.slice(0, 10)): Promise<Map<string, number>> {
  const groups = new Map<string, number>();
  for (const path of labelled) {
    const [kind, place] = [kindOf(path), (await places(page))[path]];
    if (groups.get(kind) === place || !groups.has(kind) && ![...groups.values()].includes(place)) {
      await press(page, path, "c");
    } else await moveTo(page, path, groups.has(kind) ? String(groups.get(kind)) : "new");
    groups.set(kind, (await places(page))[path]);
  }
  return groups;
}

/** What the library learns from the labels of the page. */
function library(labels: Map<string, number>): { groups: Map<string, number>; confidences: Map<string, number> } {
  const numbers = [...new Set(labels.values())].sort((a, b) => a - b);
  const given = paths.map((path) => labels.has(path) ? numbers.indexOf(labels.get(path)!) : -1);
  const found = learnGroups(points, given, { tree: report.result.tree! });
  return {
    groups: new Map(paths.map((path, image) => [path, numbers[found.groups[image]] ?? -1])),
    confidences: new Map(paths.map((path, image) => [path, found.confidences[image]])),
  };
}

async function confirmedPlaces(page: Page): Promise<Map<string, number>> {
  const place = await places(page);
  return new Map((await confirmedOf(page)).map((path) => [path, place[path]]));
}

function downloads(page: Page, folder: string) {
  return async (button: string, name: string): Promise<string> => {
    const client = await page.createCDPSession();
    await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
    const done = Promise.withResolvers<void>();
    client.on("Browser.downloadProgress", ({ state }) => state === "completed" && done.resolve());
    await page.click(button);
    await done.promise;
    return await Deno.readTextFile(join(folder, name));
  };
}

Deno.test("points that a report carries are those of its images, to a tenth of a thousandth", () => {
  const packed = packPoints(points);
  const read = unpackPoints(packed);
  assert.equal(read.count, points.count);
  assert.equal(read.dims, points.dims);
  points.data.forEach((value, at) => assert(Math.abs(value - read.data[at]) < 1e-4, `${value}, read ${read.data[at]}`));
  for (let image = 0; image < read.count; image++) {
    const own = read.data.subarray(image * read.dims, (image + 1) * read.dims);
    assert(Math.abs(Math.hypot(...own) - 1) < 1e-6);
  }
  const nothing = { data: new Float32Array(6), count: 2, dims: 3 };
  assert.deepEqual(unpackPoints(packPoints(nothing)), nothing, "images in the middle of all");
  const bytes = packPoints({ data: new Float32Array(2000 * 64).fill(0.1), count: 2000, dims: 64 }).data.length;
  assert(bytes < 350_000, `${bytes} bytes for 2,000 images`);
});

Deno.test("kinds learned from rounded points are those learned from unrounded ones", () => {
  const labels = paths.map((path, image) => image < 10 ? Number(kindOf(path).slice(5)) : -1);
  const exact = learnGroups(points, labels, { tree: report.result.tree! });
  const rounded = learnGroups(unpackPoints(packPoints(points)), labels, { tree: report.result.tree! });
  assert.deepEqual(rounded.groups, exact.groups);
  exact.confidences.forEach((one, image) => assert(Math.abs(one - rounded.confidences[image]) < 1e-3));
});

Deno.test("Wilson's interval: known values, and it holds where all or none are right", () => {
  const percent = (right: number, of: number) => wilsonInterval(right, of).map((share) => Math.round(1000 * share));
  assert.deepEqual(percent(17, 20), [640, 948]);
  assert.deepEqual(percent(81, 263), [255, 366]); // As in Newcombe 1998, table I.
  assert.deepEqual(percent(20, 20), [839, 1000]);
  assert.deepEqual(percent(0, 20), [0, 161]);
  assert.deepEqual(percent(1, 1), [207, 1000]);
});

Deno.test("a new cut keeps confirmed images with their kind and name, whatever the tree says of them", () => {
  const groups = [
    { number: 3, name: "Holes", members: [0, 1, 2, 3] },
    { number: 5, name: "Cuts", note: "deep", members: [4, 5, 6] },
    { number: 6, name: "Rest", members: [7, 8, 9] },
  ];
  const confirmed = new Map([[0, 3], [1, 3], [4, 5], [7, 3]].slice(0, 3) as [number, number][]);
  // The tree now joins both kinds.
  const one = groupsOfCut([[0, 1, 2, 3, 4, 5, 6], [7, 8, 9]], { groups, confirmed });
  assert.deepEqual(one.groups.map(({ number, name, members }) => [number, name, members]), [
    [1, "Holes", [0, 1, 2, 3, 5, 6]],
    [2, "Rest", [7, 8, 9]],
    [3, "Cuts", [4]],
  ]);
  assert.deepEqual([...one.confirmed], [[0, 1], [1, 1], [4, 3]]);
  assert.equal(one.moved, 1);
  // Or takes one apart: its confirmed images stay together.
  const two = groupsOfCut([[0, 2], [1, 3], [4, 5, 6], [7, 8, 9]], { groups, confirmed });
  assert.deepEqual(two.groups.map(({ name, members }) => [name, members]), [
    ["Holes", [0, 1, 2]],
    [undefined, [3]],
    ["Cuts", [4, 5, 6]],
    ["Rest", [7, 8, 9]],
  ]);
});

Deno.test("groups found anew keep number and name where their images mostly were one; named ones that end are told", () => {
  const groups = [
    { number: 1, name: "A", members: [0, 1, 2] },
    { number: 2, name: "B", members: [3, 4, 5] },
    { number: 4, name: "C", note: "seen", members: [6, 7, 8] },
    { number: 7, name: "D", members: [9, 10] },
  ];
  const confirmed = new Map([[0, 1], [3, 2]]);
  const learned = { groups: [0, 0, 0, 1, 1, 0, 2, 2, 2, 3, 0], found: 2 };
  const { groups: found, moved, dissolved } = groupsLearned({ groups, confirmed }, learned);
  assert.deepEqual(found.map(({ number, name, note, isNew, members }) => [number, name, note, isNew, members]), [
    [1, "A", undefined, false, [0, 1, 2, 5, 10]],
    [2, "B", undefined, false, [3, 4]],
    [4, "C", "seen", true, [6, 7, 8]],
    [8, undefined, undefined, true, [9]],
  ]);
  assert.equal(found[2].members, groups[2].members, "a list that is the same is known to be");
  assert.equal(moved, 3);
  assert.deepEqual(dissolved.map(({ name }) => name), ["D"]);
});

Deno.test("no two modules of the page's script take the same name", () => {
  const names = [...PAGE_SCRIPT.matchAll(/^(?:async )?(?:function|let|const|class) (?:(\w+)|\[([^\]]+)\])/gm)]
    .flatMap(([, one, several]) => one ?? several.split(/,\s*/));
  assert(names.length > 100);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
});

testWith(
  CHROMIUM,
  "c, the card's button and Confirm all confirm; again takes it back; undo and reload hold",
  async () => {
    await withPage(report.html, async (page) => {
      const [first, second] = await groupsShown(page);
      assert.deepEqual(await confirmedOf(page), []);
      await press(page, first.paths[1], "c");
      assert.deepEqual(await confirmedOf(page), [first.paths[1]]);
      assert.match(await textOf(page, "#status"), /is confirmed in Group 1/);
      const label = await page.$eval(`${cardOf(first.paths[1])} .frame`, (frame) => frame.ariaLabel!);
      assert.equal(label, `Open ${first.paths[1]}, confirmed`);
      assert(await page.evaluate(() => document.activeElement!.matches(".card.confirmed .frame")), "the focus stays");
      await page.keyboard.press("c");
      assert.deepEqual(await confirmedOf(page), []);

      await page.click(`${cardOf(first.paths[2])} .confirm`);
      assert.deepEqual(await confirmedOf(page), [first.paths[2]]);
      assert.match(await textOf(page, "#group-1 .actions"), /^\s*1 confirmed\s*Confirm all/);
      await page.focus('#group-2 [data-action="confirm-all"]');
      await page.keyboard.press("Enter");
      assert.deepEqual(await confirmedOf(page), [first.paths[2], ...second.paths].sort());
      assert.equal(await textOf(page, '#group-2 [data-action="confirm-all"]'), "Unconfirm all");
      assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.action), "confirm-all");
      assert.match(await textOf(page, "#standings"), new RegExp(`${1 + second.paths.length} confirmed`));
      await reload(page);
      assert.deepEqual(await confirmedOf(page), [first.paths[2], ...second.paths].sort(), "after a reload");
      await page.click('#group-2 [data-action="confirm-all"]');
      assert.deepEqual(await confirmedOf(page), [first.paths[2]]);
      await page.click("#undo");
      assert.equal((await confirmedOf(page)).length, 1 + second.paths.length);

      await press(page, first.paths[0], "Enter");
      await page.keyboard.press("c");
      assert.equal(await page.$eval("#viewer-confirm", (button) => button.ariaPressed), "true");
      await page.keyboard.press("Escape");
      assert((await confirmedOf(page)).includes(first.paths[0]));
      await page.click("#reset");
      assert.deepEqual(await confirmedOf(page), []);
    });
  },
);

testWith(CHROMIUM, "an image that is dragged to a group is confirmed there", async () => {
  await withPage(report.html, async (page) => {
    const [{ paths: [path] }] = (await groupsShown(page)).map(({ paths }) => ({ paths: paths.slice(-1) }));
    await dragToGroup(page, path, 3);
    await page.waitForSelector(`#group-3 ${cardOf(path)} .confirm[aria-pressed="true"]`, { timeout: 3000 });
    await page.click("#undo");
    assert.deepEqual(await confirmedOf(page), []);
    assert.equal((await places(page))[path], 1);
  });
});

testWith(
  CHROMIUM,
  "Learn says what is missing, then moves all images as the library does; one undo takes it back",
  async () => {
    await withPage(report.html, async (page) => {
      await page.click("#learn");
      assert.match(await textOf(page, "#status"), /Confirm images of at least two groups first/);
      await press(page, (await groupsShown(page))[0].paths[0], "c");
      assert.match(await textOf(page, "#learning-hint"), /Confirm images of another group too/);
      assert.equal(await page.$eval("#check-next-open", (button) => button.ariaDisabled), "true");
      await page.click("#reset");

      await labelAll(page);
      const labels = await confirmedPlaces(page);
      assert.equal(labels.size, 10);
      assert(await page.$eval("#learn", (button) => button.ariaDisabled === "false" && button.matches(".ready")));
      await page.click("#learn");
      await learned(page);
      const expected = library(labels);
      assert.deepEqual(await places(page), Object.fromEntries(expected.groups));
      for (const { paths } of await groupsShown(page)) assert.equal(new Set(paths.map(kindOf)).size, 1, "pure groups");
      const sure = await page.$$eval(
        ".card:not(.confirmed)",
        (cards) => cards.map((card) => [card.querySelector("img")!.alt, card.querySelector(".sure dd")!.textContent!]),
      );
      assert.equal(sure.length, 50);
      for (const [path, text] of sure) {
        const percent = 100 * expected.confidences.get(path)!;
        assert(Math.abs(Number(text.replace(" %", "")) - Math.min(99, percent)) <= 1.1, `${path}: ${text}, ${percent}`);
      }
      // What follows the groups: counts, tree, map, silhouettes.
      const counts = await page.$$eval("#group-links .size", (sizes) => sizes.map((size) => Number(size.textContent)));
      assert.deepEqual(counts, [12, 12, 12, 12, 12]);
      assert.match(await page.$eval("#tree", (tree) => tree.ariaLabel!), /cut into 5 groups/);
      const colours = await page.$$eval(
        "#map path",
        (marks) =>
          marks.map((mark) => [Number((mark as SVGElement).dataset.image), mark.getAttribute("style")!] as const),
      );
      const byKind = new Map(colours.map(([, style]) => [style, new Set<string>()]));
      for (const [image, style] of colours) {
        byKind.get(style)!.add(kindOf(paths[image]));
      }
      assert.equal(byKind.size, 5);
      assert([...byKind.values()].every((kinds) => kinds.size === 1));
      await page.waitForFunction(() => document.querySelectorAll("#silhouette-plot > path[style]").length === 5);
      assert.match(await page.$eval("#contingency", (table) => table.textContent!), /Group 5/);

      const after = await places(page);
      await reload(page);
      assert.deepEqual(await places(page), after, "after a reload");
      assert.match(await textOf(page, "#learning-hint"), /^Learned from 10 confirmed images in 5 groups/);
      assert.equal(await page.$$eval(".card:not(.confirmed) .sure:not([hidden])", (rows) => rows.length), 50);
      await page.click("#reset");
      await page.click("#undo");
      assert.deepEqual(await places(page), after);
    });
    await withPage(report.html, async (page) => {
      await labelAll(page);
      const before = await places(page);
      await page.click("#learn");
      await learned(page);
      assert.notDeepEqual(await places(page), before);
      await page.click("#undo");
      assert.deepEqual(await places(page), before, "one step");
      assert.equal((await confirmedOf(page)).length, 10);
      assert.equal(await page.$$eval(".card:not(.confirmed) .sure:not([hidden])", (rows) => rows.length), 0);
    });
  },
);

testWith(
  CHROMIUM,
  "images of a kind that nobody confirmed become a new group, which is a kind once one is confirmed",
  async () => {
    await withPage(report.html, async (page) => {
      await slide(page, "#group-count", 5);
      const groups = await groupsShown(page);
      await page.focus('#group-5 [data-action="note"]');
      await page.keyboard.press("Enter");
      await page.keyboard.type("Seen on line 3");
      await page.keyboard.press("Enter");
      for (const { paths } of groups.slice(0, 4)) for (const path of paths.slice(0, 4)) await press(page, path, "c");
      await page.click("#learn");
      await learned(page);
      const found = (await groupsShown(page)).find(({ title }) => title === "New group 5")!;
      assert.deepEqual([...found.paths].sort(), [...groups[4].paths].sort());
      assert.match(await textOf(page, "#group-5 .group-head"), /Seen on line 3/);
      assert.match(await textOf(page, "#status"), /new groups? resembles? nothing confirmed/);
      assert.match(await textOf(page, "#standings"), /1\d in new groups/);

      // Only these are shown, then all again.
      await page.click('#standings [data-standing="new"]');
      const only = await groupsShown(page);
      assert(only.every(({ title }) => title.startsWith("New group")), String(only.map(({ title }) => title)));
      const marked = await page.$$eval("#map path:not(.unmatched)", (marks) => marks.length);
      assert.equal(marked, only.flatMap(({ paths }) => paths).length);
      await page.click('#standings [data-standing="new"]');
      assert.equal((await groupsShown(page)).flatMap(({ paths }) => paths).length, 60);
      await press(page, found.paths[0], "c");
      assert((await groupsShown(page)).some(({ title }) => title === "Group 5"));
      await page.click("#learn");
      await learned(page);
      const kept = (await groupsShown(page)).find(({ title }) => title === "Group 5")!;
      assert(kept.paths.includes(found.paths[0]));
      assert.equal(new Set(kept.paths.map(kindOf)).size, 1);
    });
  },
);

testWith(CHROMIUM, "Learn as I go learns after every label, in the same step of undo, and is remembered", async () => {
  await withPage(report.html, async (page) => {
    await labelAll(page);
    await page.click("#undo");
    await page.click("#learn-as-i-go");
    await learned(page);
    const labelled = await confirmedPlaces(page);
    const path = paths.findLast((path) => !labelled.has(path))!;
    await page.focus(`${cardOf(path)} .frame`);
    const top = await page.evaluate(() => document.activeElement!.getBoundingClientRect().top);
    await page.keyboard.press("c");
    await page.waitForFunction(
      (count) => document.getElementById("learning-hint")!.textContent!.startsWith(`Learned from ${count} confirmed`),
      { timeout: 30_000 },
      labelled.size + 1,
    );
    const moved = await page.evaluate(() => document.activeElement!.getBoundingClientRect().top) - top;
    assert(Math.abs(moved) < 2, `the focused image stays where it is, not ${moved} pixels off`);
    const expected = library(await confirmedPlaces(page));
    const place = await places(page);
    for (const [path, group] of expected.groups) if (group > 0) assert.equal(place[path], group, path);
    await page.click("#undo");
    assert.deepEqual(new Map(Object.entries(await places(page))).size, 60);
    assert.deepEqual([...(await confirmedPlaces(page)).keys()], [...labelled.keys()], "label and learning in one step");
    assert.match(await textOf(page, "#learning-hint"), new RegExp(`^Learned from ${labelled.size} confirmed`));
    await reload(page);
    assert(await page.$eval("#learn-as-i-go", (input) => (input as HTMLInputElement).checked));
  });
});

testWith(
  CHROMIUM,
  "unsure images come first when asked for, and while only they are shown c goes on to the next",
  async () => {
    const hard = await sampleReport({ count: 100, kinds: 7, k: 5 });
    await withPage(hard.html, async (page) => {
      await labelAll(page, hard.file.images.slice(0, 21).map(({ path }) => path));
      await page.click("#learn");
      await learned(page);
      await page.select("#image-order", "unsure");
      const shown = await page.$$eval(
        "section.group",
        (sections) =>
          sections.map((section) =>
            [...section.querySelectorAll(".card:not(.confirmed) .sure:not([hidden]) dd")].map((value) =>
              Number(value.textContent!.replace(" %", ""))
            )
          ),
      );
      for (const values of shown) {
        assert.deepEqual(values, [...values].sort((a, b) => a - b));
      }
      assert(shown.flat().some((value) => value < 90), "some are unsure");
      await page.click('#standings [data-standing="unsure"]');
      const unsure = (await groupsShown(page)).flatMap(({ paths }) => paths);
      assert(unsure.length >= 2, `${unsure.length} unsure`);
      await page.focus(`${cardOf(unsure[0])} .frame`);
      await page.keyboard.press("c");
      assert.equal(await page.evaluate(() => document.activeElement!.querySelector("img")?.alt), unsure[1]);
      await page.keyboard.press("c");
      assert(!(await groupsShown(page)).some(({ paths }) => paths.includes(unsure[1])), "sure now, and hidden");
    });
  },
);

testWith(
  CHROMIUM,
  "Check next by keys alone: right, another, new, skip, back; answers are labels and give an interval",
  async () => {
    await withPage(report.html, async (page) => {
      const groups = await labelAll(page);
      await page.click("#learn");
      await learned(page);
      const labels = await confirmedPlaces(page);
      const numbers = [...new Set(labels.values())].sort((a, b) => a - b);
      const given = paths.map((path) => labels.has(path) ? numbers.indexOf(labels.get(path)!) : -1);
      const expected = learnGroups(points, given, { tree: report.result.tree! }).next.map((image) => paths[image]);

      await page.focus("#check-next-open");
      await page.keyboard.press("Enter");
      const asked = () => page.$eval("#check-next-name", (name) => (name as HTMLElement).title);
      const place = () => textOf(page, "#check-next-place");
      await page.waitForFunction(() => document.getElementById("check-next-place")!.textContent === "1 of 12");
      assert.equal(await asked(), expected[0]);
      assert(await page.$("#check-next-picture canvas"), "with its heat map");
      const predicted = groups.get(kindOf(expected[0]))!;
      assert.match(await textOf(page, "#check-next-question"), new RegExp(`Is this Group ${predicted}\\? \\d+ % sure`));
      const examples = await page.$$eval("#check-next-examples img", (shown) => shown.map(({ alt }) => alt));
      assert.equal(examples.length, 4);
      assert(labels.has(examples[0]), "a confirmed image first");
      assert(examples.every((path) => kindOf(path) === kindOf(expected[0])));

      await page.keyboard.press("Enter");
      assert.equal(await place(), "2 of 12");
      assert((await confirmedOf(page)).includes(expected[0]));
      await page.keyboard.press("y");
      await page.keyboard.press("ArrowRight");
      assert.equal(await place(), "4 of 12");
      await page.keyboard.press("s");
      assert.equal(await place(), "5 of 12");
      assert(!(await confirmedOf(page)).includes(expected[3]), "a skipped image is not labelled");

      // Another kind, taken back, and then another one still.
      assert.equal(await asked(), expected[4]);
      const others = numbers.filter((number) => number !== groups.get(kindOf(expected[4])));
      await page.keyboard.press(String(others[0]) as "1");
      assert.equal((await places(page))[expected[4]], others[0]);
      await page.keyboard.press("b");
      assert.equal(await asked(), expected[4]);
      assert(!(await confirmedOf(page)).includes(expected[4]), "taken back");
      await page.keyboard.press(String(others[1]) as "1");
      await page.keyboard.down("Control");
      await page.keyboard.press("z");
      await page.keyboard.up("Control");
      assert.equal(await asked(), expected[4], "undo goes back too");
      await page.keyboard.press(String(others[1]) as "1");
      assert.equal((await places(page))[expected[4]], others[1]);

      await page.keyboard.press("n");
      await page.keyboard.type("Old");
      await page.keyboard.press("Escape");
      assert.equal(await place(), "6 of 12", "Escape leaves the name, not the panel");
      await page.keyboard.press("n");
      await page.keyboard.type("Burrs");
      await page.keyboard.press("Enter");
      assert.deepEqual((await groupsShown(page)).find(({ title }) => title === "Burrs")!.paths, [expected[5]]);
      const seventh = groups.get(kindOf(expected[6]))!;
      await page.keyboard.press("r");
      await page.keyboard.type("Pores");
      await page.keyboard.press("Enter");
      assert.equal(await textOf(page, `#group-${seventh} .title`), "Pores");
      assert((await confirmedOf(page)).includes(expected[6]));
      for (let at = 7; at < 12; at++) await page.keyboard.press("Enter");
      assert.match(await textOf(page, "#check-next-result"), /^11 answers: 9 agreed with what was predicted/);
      assert.equal(await page.evaluate(() => document.activeElement!.id), "check-next-more");
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(() => document.activeElement!.id), "check-next-open");
      const [least, most] = wilsonInterval(9, 11).map((share) => Math.round(100 * share));
      assert.match(
        await textOf(page, "#answers-agree"),
        new RegExp(`agreed with 9 of 11 predictions: ${least}–${most} % right.*before its answer.*harder`, "s"),
      );
      assert.equal((await confirmedOf(page)).length, 10 + 11);
      await reload(page);
      assert.match(await textOf(page, "#answers-agree"), /9 of 11 predictions/);

      // Twelve more, by what the answers said; the answered ones are not asked for again.
      await page.click("#check-next-open");
      await page.waitForFunction(() => document.getElementById("check-next-place")!.textContent === "1 of 12");
      assert(!(await confirmedOf(page)).includes(await asked()));
      await page.keyboard.press("h");
      assert.equal(await page.$eval("#check-next canvas", (canvas) => getComputedStyle(canvas).display), "none");
    });
  },
);

testWith(
  CHROMIUM,
  "exports say what is confirmed and how sure the rest is, and every label comes with its group",
  async () => {
    await withPage(report.html, async (page, folder) => {
      await labelAll(page);
      await page.click('#group-1 [data-action="rename"]');
      await page.keyboard.type("Pits");
      await page.keyboard.press("Enter");
      await page.click("#learn");
      await learned(page);
      const labels = await confirmedPlaces(page);
      const expected = library(labels);
      const download = downloads(page, folder);
      const file: GroupsFile = JSON.parse(await download("#export-json", "groups-edited.json"));
      assert.equal(file.groups.find(({ group }) => group === 1)!.name, "Pits");
      for (const { path, group, confirmed, confidence } of file.images) {
        assert.equal(group, expected.groups.get(path));
        assert.equal(confirmed, labels.has(path) ? true : undefined, path);
        if (labels.has(path)) assert.equal(confidence, undefined);
        else assert(Math.abs(confidence! - expected.confidences.get(path)!) < 2e-3, `${path}: ${confidence}`);
      }
      const csv = (await download("#export-csv", "groups-edited.csv")).trim().split("\r\n").map((line) =>
        line.split(",")
      );
      assert.deepEqual(csv[0], ["path", "group", "name", "distance", "score", "confirmed", "confidence"]);
      for (const [path, , , , , confirmed, confidence] of csv.slice(1)) {
        assert.equal(confirmed, labels.has(path) ? "yes" : "no");
        assert.equal(confidence !== "", !labels.has(path));
      }

      // A report whose images bear labels already goes on from there.
      const data = JSON.parse(report.html.match(/id="report-data">(.*?)<\/script>/s)![1]);
      const images = data.images.map((image: { path: string }, at: number) => ({
        ...image,
        thumbnail: "data:image/jpeg;base64,",
        width: 48,
        height: 48,
        ...(file.images[at].confirmed && { confirmed: true }),
        ...(file.images[at].confidence !== undefined && { confidence: file.images[at].confidence }),
      }));
      const groups = file.groups.map(({ group, name }) => ({
        number: group,
        unseen: 0,
        members: file.images.flatMap((image, at) => image.group === group ? [at] : []),
        ...(name && { name }),
      }));
      const followed = {
        ...data,
        title: "Learned before",
        given: data.settings,
        settings: [],
        summary: [],
        images,
        groups,
      };
      await withPage(renderReport(followed), async (page) => {
        assert.deepEqual(await confirmedOf(page), [...labels.keys()].sort());
        assert((await groupsShown(page)).some(({ title }) => title === "Pits"));
        assert.match(await textOf(page, "#learning-hint"), /^Learned from 10 confirmed images/);
        assert(await page.$eval("#undo", (button) => (button as HTMLButtonElement).disabled));
        await page.click("#check-next-open");
        await page.waitForFunction(() => document.getElementById("check-next-place")!.textContent === "1 of 12");
        await page.keyboard.press("Enter");
        assert.equal((await confirmedOf(page)).length, 11);
      });
    });
  },
);

testWith(
  CHROMIUM,
  "a new cut keeps labels and names; without a tree images are confirmed, but nothing is learned",
  async () => {
    await withPage(report.html, async (page) => {
      await labelAll(page);
      const labels = await confirmedPlaces(page);
      await page.click('#group-2 [data-action="rename"]');
      await page.keyboard.type("Dents");
      await page.keyboard.press("Enter");
      const dents = [...labels].filter(([, number]) => number === 2).map(([path]) => path);
      for (const k of [8, 2]) {
        await slide(page, "#group-count", k);
        assert.deepEqual(await confirmedOf(page), [...labels.keys()].sort(), `${k} groups`);
        assert.equal(new Set((await confirmedPlaces(page)).values()).size, 5, "each in a group of its own");
        const group = (await groupsShown(page)).find(({ title }) => title === "Dents")!;
        assert(dents.every((path) => group.paths.includes(path)));
      }
    });
    const flat = await sampleReport({ k: 4, cluster: { kind: "kmedoids" } });
    await withPage(flat.html, async (page, folder) => {
      assert.equal(await page.$("#learn, #learning, #check-next"), null);
      const path = (await groupsShown(page))[0].paths[1];
      await press(page, path, "c");
      assert.deepEqual(await confirmedOf(page), [path]);
      const file: GroupsFile = JSON.parse(await downloads(page, folder)("#export-json", "groups-edited.json"));
      assert.deepEqual(file.images.filter(({ confirmed }) => confirmed).map(({ path }) => path), [path]);
    });
  },
);
