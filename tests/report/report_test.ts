// The report of the fabric set in a real browser, opened from a file, offline.

import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { runTask, withFolder } from "../support/program.ts";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { withReportFile } from "../support/report_page.ts";

function withFabricReport(use: (page: Page) => Promise<void>): Promise<void> {
  return withFolder(async (out) => {
    const { code, stderr } = await runTask("cluster", "tests/data/fabric", "--labels", "folders", "--out", out);
    assert.equal(code, 0, stderr);
    await withReportFile(out, use);
  });
}

/** Overlays that are displayed and hold a pixel that is not transparent. */
function paintedOverlays(page: Page): Promise<number> {
  return page.$$eval(".card canvas.overlay", (canvases) =>
    canvases.filter((canvas) => {
      if (getComputedStyle(canvas).display === "none" || getComputedStyle(canvas).visibility === "hidden") return false;
      if (!canvas.width || !canvas.height) return false;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, at) => at % 4 === 3 && value > 0);
    }).length);
}

testWith(CHROMIUM, "the report shows every image, medoids first, and its overlay switch works, offline", async () => {
  await withFabricReport(async (page) => {
    const images = await page.$$eval(".card img", (list) => {
      for (const image of list) image.loading = "eager";
      return Promise.all(list.map(async (image) => {
        await image.decode();
        return { width: image.naturalWidth, alt: image.alt };
      }));
    });
    assert.equal(images.length, 60);
    assert(images.every(({ width, alt }) => width > 100 && /\.jpg$/.test(alt)));

    const badges = await page.$$eval(
      "section.group",
      (sections) =>
        sections.map((section) =>
          [...section.querySelectorAll(".badge")].map((badge) => getComputedStyle(badge).display !== "none")
        ),
    );
    assert(badges.length >= 4 && badges.every(([first, ...others]) => first && !others.some(Boolean)));

    assert.equal(await paintedOverlays(page), 0, "overlays are off at first");
    await page.click("#overlay-switch");
    await page.waitForFunction(() => document.querySelectorAll(".card canvas.overlay").length >= 12);
    assert(await paintedOverlays(page) < 60, "overlays out of sight are not painted");
    for (const section of await page.$$("section.group")) {
      await section.scrollIntoView();
      await page.waitForFunction((it) => it.querySelectorAll(".card:not(:has(canvas))").length === 0, {}, section);
    }
    assert.equal(await paintedOverlays(page), 60, "all overlays are on");
    await page.focus("#overlay-switch");
    await page.keyboard.press("Space");
    assert.equal(await paintedOverlays(page), 0, "the keyboard turns them off again");

    const text = await page.$eval("body", (body) => body.textContent!);
    for (const part of ["NMI", "τ was given as", "efficientnet-lite0-pyramid", "silhouette"]) {
      assert(text.includes(part), part);
    }
  });
});
