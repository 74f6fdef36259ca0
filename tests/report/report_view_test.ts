// What the report shows, and how pointer and keyboard reach it.

import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { groupsShown, reload, sampleReport, slide, withPage } from "../support/report_page.ts";

const report = await sampleReport({ k: 5, source: "../in%20it" });
const nameOf = (image: number) => report.file.images[image].path.split("/").pop()!;

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent!);
}

function isOpen(page: Page): Promise<boolean> {
  return page.$eval("#viewer", (dialog) => (dialog as HTMLDialogElement).open);
}

/** Similar images by the full distance matrix. */
function nearest(image: number, most: number): number[] {
  const { data, count } = report.result.matrix;
  const distance = (other: number) => data[image * count + other];
  return Array.from({ length: count }, (_, other) => other).filter((other) => other !== image)
    .sort((a, b) => distance(a) - distance(b) || a - b).slice(0, most);
}

testWith(CHROMIUM, "a click opens an image large, with its heat map, facts and the images nearest to it", async () => {
  await withPage(report.html, async (page) => {
    const [first] = await groupsShown(page);
    const image = report.file.images.findIndex(({ path }) => path === first.paths[1]);
    await page.click(`[data-image="${image}"] .frame`);
    assert(await isOpen(page));
    assert.equal(await textOf(page, "#viewer-name"), nameOf(image));
    const facts = await textOf(page, "#viewer-facts");
    const { path, score, distance, label } = report.file.images[image];
    for (const fact of [path, "Group 1", score.toPrecision(3), distance.toPrecision(3), label!]) {
      assert(facts.includes(fact), `${fact} in ${facts}`);
    }
    assert(
      await page.$eval("#viewer canvas", (canvas) => {
        const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, 4, 4);
        return data.some((value, at) => at % 4 === 3 && value === 255);
      }),
    );
    const similar = await page.$$eval(
      "#viewer-similar [data-open]",
      (buttons) => buttons.map((button) => Number((button as HTMLElement).dataset.open)),
    );
    assert.deepEqual(similar, nearest(image, 12));
    await page.click(`#viewer-similar [data-open="${similar[3]}"]`);
    assert.equal(await textOf(page, "#viewer-name"), nameOf(similar[3]));
    await page.click("#viewer-overlay");
    assert.equal(await page.$eval("#viewer canvas", (canvas) => getComputedStyle(canvas).display), "none");
  });
});

testWith(CHROMIUM, "Enter opens, arrows go from image to image, Escape closes and gives the focus back", async () => {
  await withPage(report.html, async (page) => {
    const order = (await groupsShown(page)).flatMap(({ paths }) => paths);
    await page.focus(".card .frame");
    await page.keyboard.press("Enter");
    assert(await isOpen(page));
    const shown = async () => await textOf(page, "#viewer-facts dd");
    assert.equal(await shown(), order[0]);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assert.equal(await shown(), order[2]);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await shown(), order[1]);
    for (let at = 0; at < 2; at++) await page.keyboard.press("ArrowLeft");
    assert.equal(await shown(), order[order.length - 1], "round the end");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Escape");
    assert.equal(await isOpen(page), false);
    assert.equal(await page.evaluate(() => document.activeElement!.querySelector("img")!.alt), order[0]);
    assert(await page.$eval(".card", (card) => getComputedStyle(card).outlineStyle === "solid"), "a focus ring");
  });
});

testWith(CHROMIUM, "search filters images, groups and map as it is typed, and counts", async () => {
  await withPage(report.html, async (page) => {
    await page.type("#search", "KIND-3 image-0");
    const groups = await groupsShown(page);
    const expected = report.file.images.map(({ path }) => path).filter((path) => path.includes("kind-3"));
    assert.deepEqual(groups.flatMap(({ paths }) => paths).sort(), expected);
    assert.equal(await textOf(page, "#search-count"), `${expected.length} of 40`);
    assert.equal(await page.$$eval("#map path:not(.unmatched)", (marks) => marks.length), expected.length);
    await page.type("#search", "-none");
    assert.deepEqual(await groupsShown(page), []);
    assert.equal(await page.$eval("#no-match", (note) => (note as HTMLElement).hidden), false);
    await page.click("#search", { count: 3 });
    await page.keyboard.press("Backspace");
    assert.equal((await groupsShown(page)).flatMap(({ paths }) => paths).length, 40);
  });
});

testWith(CHROMIUM, "groups are ordered by size or by mean score", async () => {
  const uneven = await sampleReport({ count: 38, k: 5, pathOf: (image) => `${image}.jpg` });
  await withPage(uneven.html, async (page) => {
    const scoreOf = (path: string) => uneven.file.images.find((image) => image.path === path)!.score;
    const means = async () =>
      (await groupsShown(page)).map(({ paths }) => paths.reduce((sum, path) => sum + scoreOf(path), 0) / paths.length);
    const sizes = (await groupsShown(page)).map(({ paths }) => paths.length);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
    const before = await means();
    for (let at = 1; at < sizes.length; at++) {
      assert(sizes[at] < sizes[at - 1] || before[at] <= before[at - 1], "of equal groups the higher score comes first");
    }
    await page.select("#group-order", "score");
    const after = await means();
    assert.deepEqual(after, [...after].sort((a, b) => b - a));
    assert.notDeepEqual(after, before);
  });
});

testWith(CHROMIUM, "the map marks every image; hovering shows it, a click or Enter opens it", async () => {
  await withPage(report.html, async (page) => {
    assert.equal(await page.$$eval("#map path", (marks) => marks.length), 40);
    assert.equal(
      new Set(await page.$$eval("#map path", (marks) => marks.map((mark) => mark.getAttribute("style")))).size,
      5,
    );
    assert.equal(
      new Set(await page.$$eval("#map path", (marks) => marks.map((mark) => mark.getAttribute("d")))).size,
      5,
    );
    const box = (await (await page.$('#map [data-image="7"]'))!.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    assert.equal(await textOf(page, "#tip b"), nameOf(7));
    assert.equal(await page.$eval("#tip", (tip) => (tip as HTMLElement).hidden), false);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    assert.equal(await textOf(page, "#viewer-name"), nameOf(7));
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement!.id), "map");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    const hovered = await textOf(page, "#tip b");
    await page.keyboard.press("Enter");
    assert.equal(await textOf(page, "#viewer-name"), hovered);
  });
});

testWith(
  CHROMIUM,
  "silhouettes of the images as shown: their mean is the library's, doubtful images are listed",
  async () => {
    const { silhouette } = await import("../../src/metric/silhouette.ts");
    const { cut } = await import("../../src/cluster/cut.ts");
    await withPage(report.html, async (page) => {
      for (const k of [5, 9]) {
        await slide(page, "#group-count", k);
        const mean = silhouette(report.result.matrix, cut(report.result.tree!, k)).toPrecision(3).replace("-", "−");
        await page.waitForFunction(
          (text) => document.querySelector("#silhouette-plot")!.textContent!.includes(text),
          { timeout: 3000 },
          `mean ${mean}`,
        );
      }
      const listed = await page.$$eval("#doubtful [data-open]", (buttons) => buttons.length);
      assert.match(await textOf(page, "#doubtful-count"), listed ? new RegExp(`^${listed} image`) : /^No image/);
      const box = (await (await page.$("#silhouette-plot"))!.boundingBox())!;
      await page.$eval("#silhouette-plot", (plot) => plot.scrollIntoView());
      const { x, y } = (await (await page.$("#silhouette-plot path:not(.rule)"))!.boundingBox())!;
      await page.mouse.click(x + 3, y + 2);
      assert(box.width > 100 && await isOpen(page), "a click on a bar opens its image");
    });
  },
);

testWith(CHROMIUM, "without scripts the groups are there; narrow and printed pages hold their content", async () => {
  await withPage(report.html, async (page) => {
    await page.setViewport({ width: 400, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(overflow <= 0, `${overflow} pixels wider than the window`);
    await page.emulateMediaType("print");
    const hidden = await page.$$eval(
      ".toolbar, .actions, .group-count, #viewer",
      (parts) => parts.every((part) => getComputedStyle(part).display === "none"),
    );
    assert(hidden, "controls vanish from paper");
    await page.emulateMediaType("screen");
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    assert.equal(await page.$eval("#status", (status) => getComputedStyle(status).transitionDuration), "0s");
    await page.setJavaScriptEnabled(false);
    await reload(page);
    assert.equal(await page.$$eval(".card img", (images) => images.length), 40);
    assert.equal(await page.$eval(".controls", (controls) => getComputedStyle(controls).display), "none");
  });
});

testWith(
  CHROMIUM,
  "the map is zoomed by buttons, keys and Ctrl with the wheel, moved by dragging, and stays within the whole",
  async () => {
    await withPage(report.html, async (page) => {
      const place = (image: number) =>
        page.$eval(`#map [data-image="${image}"]`, (mark) => {
          return mark.getAttribute("transform")!.match(/-?[\d.]+/g)!.slice(0, 2).map(Number);
        });
      const apart = async () => {
        const [a, b] = [await place(3), await place(21)];
        return Math.hypot(a[0] - b[0], a[1] - b[1]);
      };
      const whole = await apart();
      assert(await page.$eval("#map-out", (button) => (button as HTMLButtonElement).disabled));
      await page.click("#map-in");
      assert(Math.abs(await apart() / whole - 1.6) < 0.01);
      await page.$eval("#map", (map) => (map as SVGElement).focus());
      await page.keyboard.press("-");
      assert(Math.abs(await apart() / whole - 1) < 0.01);
      const box = (await (await page.$("#map"))!.boundingBox())!;
      const was = await place(7);
      // Events tell whole pixels.
      const middle = [Math.round(box.x + was[0]), Math.round(box.y + was[1])] as const;
      await page.mouse.move(...middle);
      await page.keyboard.down("Control");
      await page.mouse.wheel({ deltaY: -200 });
      await page.keyboard.up("Control");
      assert(Math.abs(await apart() / whole - 4) < 0.05);
      const held = await place(7);
      const sides = await page.$eval("#map", (map) => map.getAttribute("viewBox")!.split(" ").slice(2).map(Number));
      [[box.x, box.width], [box.y, box.height]].forEach(([corner, length], axis) => {
        const pointer = (middle[axis] - corner) * sides[axis] / length;
        const expected = pointer + 4 * (was[axis] - pointer);
        assert(
          Math.abs(held[axis] - expected) < 0.5,
          `what is under the pointer stays there: ${held[axis]}, not ${expected}`,
        );
      });

      const before = await place(7);
      await page.mouse.down();
      await page.mouse.move(middle[0] + 20, middle[1] - 15, { steps: 4 });
      await page.mouse.up();
      const after = await place(7);
      assert(Math.hypot(after[0] - before[0], after[1] - before[1]) > 3);
      assert.equal(await page.$("dialog[open]"), null);
      await page.click("#map-whole");
      assert(Math.abs(await apart() / whole - 1) < 0.01);
      for (const image of [3, 7, 21]) assert((await place(image)).every((value) => value > 0 && value < 1300));
    });
  },
);

testWith(
  CHROMIUM,
  "numbers of groups that are about as clear have a button each, which regroups the page",
  async () => {
    const { html, result } = await sampleReport({ asClear: [3, 6] });
    assert.equal(result.k, 5);
    await withPage(html, async (page) => {
      const pressed = () =>
        page.$$eval("#counts [aria-pressed=true]", (buttons) => buttons.map((one) => one.textContent));
      const numbers = await page.$$eval("#counts button", (buttons) => buttons.map((one) => one.textContent));
      assert.deepEqual(numbers, ["3", "5", "6"]);
      assert.deepEqual(await pressed(), ["5"]);
      for (const k of [6, 3]) {
        await page.click(`#counts [data-k="${k}"]`);
        assert.equal((await groupsShown(page)).length, k);
        assert.deepEqual(await pressed(), [String(k)]);
      }
      await page.click("#undo");
      assert.deepEqual(await pressed(), ["6"]);
    });
    const { html: clear } = await sampleReport();
    assert.doesNotMatch(clear, /id="counts"/);
  },
);
