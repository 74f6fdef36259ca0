// Changing the groups in the report: the cut, names, moves, undo, and what is stored and exported.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { cut } from "../../src/cluster/cut.ts";
import { medoids } from "../../src/cluster/medoid.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { dragToGroup, groupsShown, reload, sampleReport, slide, withPage } from "../support/report_page.ts";

const report = await sampleReport({ k: 5 });
const paths = report.file.images.map(({ path }) => path);

/** What the library makes of k groups: the images of each, the largest group first, the medoid first in it. */
function expectedGroups(k: number): { first: string; paths: string[] }[] {
  const labels = cut(report.result.tree!, k);
  const centres = medoids(report.result.matrix, labels);
  const total = (members: number[]) => members.reduce((sum, image) => sum + report.result.scores[image], 0);
  return Array.from(
    { length: k },
    (_, group) => paths.map((_, image) => image).filter((image) => labels[image] === group),
  )
    .sort((a, b) => b.length - a.length || total(b) - total(a))
    .map((members) => ({
      first: paths[centres[labels[members[0]]]],
      paths: members.map((image) => paths[image]).sort(),
    }));
}

async function checkGroups(page: Page, k: number): Promise<void> {
  const shown = await groupsShown(page);
  assert.deepEqual(shown.map(({ paths }) => ({ first: paths[0], paths: [...paths].sort() })), expectedGroups(k));
  assert.deepEqual(shown.map(({ title }) => title), shown.map((_, at) => `Group ${at + 1}`));
}

/** Where the page's cut line is, in the window. */
async function cutLine(page: Page): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await (await page.$(".cut .grip"))!.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

testWith(
  CHROMIUM,
  "dragging the cut line regroups the page as the library cuts the tree; one undo takes it back",
  async () => {
    await withPage(report.html, async (page) => {
      await checkGroups(page, 5);
      const { x, y } = await cutLine(page);
      await page.mouse.move(x, y);
      await page.mouse.down();
      const counts = new Set<number>();
      for (let by = 0; by < 140; by += 4) {
        await page.mouse.move(x, y + by);
        const k = (await groupsShown(page)).length;
        if (!counts.has(k)) await checkGroups(page, k);
        counts.add(k);
      }
      await page.mouse.up();
      assert(counts.size > 3, `${[...counts]} groups`);
      const k = Math.max(...counts);
      assert.equal(await page.$eval("#group-count-value", (output) => output.textContent), String(k));
      await page.click("#undo");
      await checkGroups(page, 5);
      assert(await page.$eval("#undo", (button) => (button as HTMLButtonElement).disabled));
    });
  },
);

testWith(CHROMIUM, "the slider cuts by keyboard into every number of groups", async () => {
  await withPage(report.html, async (page) => {
    await page.focus("#group-count");
    await page.keyboard.press("ArrowRight");
    await checkGroups(page, 6);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await checkGroups(page, 4);
    for (const k of [1, 2, 13, 40]) {
      await slide(page, "#group-count", k);
      await checkGroups(page, k);
    }
  });
});

testWith(
  CHROMIUM,
  "a group is renamed in place, keeps its name over a new cut, and Escape keeps the old one",
  async () => {
    await withPage(report.html, async (page) => {
      await page.click('#group-2 [data-action="rename"]');
      await page.keyboard.type('Holes "><img src=x>');
      await page.keyboard.press("Enter");
      const titles = async () => (await groupsShown(page)).map(({ title }) => title);
      assert.equal((await titles())[1], 'Holes "><img src=x>');
      assert.match(await page.$eval("#group-links", (list) => list.textContent!), /Holes "><img src=x>/);
      assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.action), "rename");
      await page.keyboard.press("Enter");
      await page.keyboard.type("Other");
      await page.keyboard.press("Escape");
      assert.equal((await titles())[1], 'Holes "><img src=x>');
      const before = (await groupsShown(page))[1].paths;
      await slide(page, "#group-count", 6);
      const kept = (await groupsShown(page)).find(({ title }) => title.startsWith("Holes"))!;
      assert(kept.paths.filter((path) => before.includes(path)).length * 2 > before.length);
      await page.click('#group-1 [data-action="note"]');
      await page.keyboard.type("Seen on line 3");
      await page.keyboard.press("Enter");
      await page.click('#group-1 [data-action="sound"]');
      assert.match(await page.$eval("#group-1 .group-head", (head) => head.textContent!), /sound.*Seen on line 3/s);
      assert.equal(await page.$eval('#group-1 [data-action="sound"]', (button) => button.ariaPressed), "true");
    });
  },
);

testWith(
  CHROMIUM,
  "an image moves by drag and drop and by the keyboard; edits outlive a reload; reset ends them",
  async () => {
    await withPage(report.html, async (page) => {
      const [first] = (await groupsShown(page))[0].paths.slice(-1);
      await dragToGroup(page, first, 3);
      await page.waitForFunction(
        (path) => document.querySelector(`#group-3 [alt="${path}"]`) !== null,
        { timeout: 3000 },
        first,
      );
      assert.match(await page.$eval("#status", (status) => status.textContent!), /is now in Group 3/);

      const second = (await groupsShown(page))[1].paths[2];
      await page.focus(`.card:has([alt="${second}"]) .frame`);
      await page.keyboard.press("Enter");
      await page.focus("#viewer-group");
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#group-6");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      assert.deepEqual((await groupsShown(page)).find(({ title }) => title === "Group 6")!.paths, [second]);
      assert.equal(await page.$eval("#viewer", (dialog) => (dialog as HTMLDialogElement).open), false);

      const before = await groupsShown(page);
      await reload(page);
      assert.deepEqual(await groupsShown(page), before, "edits outlive a reload");
      const table = await page.$eval("#contingency", (region) => region.textContent!);
      assert.match(table, /Group 6/);
      await page.click("#reset");
      await checkGroups(page, 5);
      await page.keyboard.down("Control");
      await page.keyboard.press("z");
      await page.keyboard.up("Control");
      assert.deepEqual(await groupsShown(page), before, "even a reset can be undone");
    });
  },
);

testWith(CHROMIUM, "the edited groups are exported as JSON and CSV that can be read", async () => {
  await withPage(report.html, async (page, folder) => {
    const client = await page.createCDPSession();
    await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
    await slide(page, "#group-count", 4);
    await page.click('#group-1 [data-action="rename"]');
    await page.keyboard.type('Cuts, "deep"');
    await page.keyboard.press("Enter");
    const download = async (button: string, name: string) => {
      const done = Promise.withResolvers<void>();
      client.on("Browser.downloadProgress", ({ state }) => state === "completed" && done.resolve());
      await page.click(button);
      await done.promise;
      return await Deno.readTextFile(join(folder, name));
    };
    const file: GroupsFile = JSON.parse(await download("#export-json", "groups-edited.json"));
    assert.equal(file.format, "anomaly-cluster-groups/1");
    assert.equal(file.groups[0].name, 'Cuts, "deep"');
    const expected = expectedGroups(4);
    assert.deepEqual(
      file.groups.map(({ size, medoid }) => ({ size, medoid })),
      expected.map(({ first, paths }) => ({
        size: paths.length,
        medoid: first,
      })),
    );
    for (const { path, group, distance } of file.images) {
      assert(expected[group - 1].paths.includes(path), path);
      const medoid = paths.indexOf(expected[group - 1].first);
      const { data } = report.result.matrix;
      const exact = data[medoid * 40 + paths.indexOf(path)];
      const largest = Math.max(...data);
      assert(Math.abs(distance - exact) <= largest / 65535, `${path}: ${distance}, exactly ${exact}`);
    }
    const csv = (await download("#export-csv", "groups-edited.csv")).split("\r\n");
    assert.equal(csv[0], "path,group,name,distance,score,confirmed,confidence");
    assert.equal(csv.length, 42);
    assert(csv.some((line) => line.includes(',1,"Cuts, ""deep""",')));
  });
});

testWith(CHROMIUM, "hostile file names stay text everywhere", async () => {
  const names = [
    '"><script>alert(1)</script>',
    "</script><img src=x onerror=alert(1)>",
    "' onload='alert(1)",
    "<!--",
    "&lt;b&gt;",
  ];
  const hostile = await sampleReport({
    k: 3,
    count: 20,
    pathOf: (image) => `${names[image % 5]}/${image}${names[image % 5]}.jpg`,
  });
  await withPage(hostile.html, async (page) => {
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      dialog.dismiss();
    });
    const shown = (await groupsShown(page)).flatMap(({ paths }) => paths).sort();
    assert.deepEqual(shown, hostile.file.images.map(({ path }) => path).sort());
    await page.click(".card .frame");
    for (let at = 0; at < 20; at++) await page.keyboard.press("ArrowRight");
    await page.select("#viewer-group", "new");
    await page.keyboard.press("Escape");
    await slide(page, "#group-count", 8);
    assert.equal(await page.$$eval("script", (scripts) => scripts.length), 2);
    assert.equal(
      await page.$$eval("img", (images) => images.filter(({ src }) => src && !src.startsWith("data:")).length),
      0,
    );
    assert.deepEqual(dialogs, []);
  });
});

testWith(CHROMIUM, "a run without a tree has no cut, but all else", async () => {
  const flat = await sampleReport({ k: 4, cluster: { kind: "kmedoids" } });
  await withPage(flat.html, async (page) => {
    assert.equal(await page.$("#tree"), null);
    assert.equal(await page.$$eval("#map path", (marks) => marks.length), 40);
    const path = (await groupsShown(page))[0].paths[0];
    await page.click(`.card:has([alt="${path}"]) .frame`);
    await page.select("#viewer-group", "2");
    assert((await groupsShown(page)).find(({ title }) => title === "Group 2")!.paths.includes(path));
  });
});
