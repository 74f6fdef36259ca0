// A report of 1,000 images: how it opens, regroups and scrolls.

import assert from "node:assert/strict";
import { cut } from "../src/cluster/cut.ts";
import { CHROMIUM, testWith } from "./needs.ts";
import { groupsShown, sampleReport, slide, withPage } from "./report_page.ts";

testWith(
  CHROMIUM,
  "1,000 images open in under 3 s, regroup exactly, and only cards near the window get heat maps",
  async () => {
    const report = await sampleReport({ count: 1000, kinds: 12, k: 12, side: 24 });
    await withPage(report.html, async (page) => {
      const started = performance.now();
      await page.reload();
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      const seconds = (performance.now() - started) / 1000;
      assert(seconds < 3, `${seconds.toFixed(2)} s until it is shown`);
      await slide(page, "#group-count", 20);
      const sizes = new Map<number, number>();
      for (const label of cut(report.result.tree!, 20)) sizes.set(label, (sizes.get(label) ?? 0) + 1);
      assert.deepEqual(
        (await groupsShown(page)).map(({ paths }) => paths.length),
        [...sizes.values()].sort((a, b) => b - a),
      );
      await page.click("#overlay-switch");
      await page.$eval(".card", (card) => card.scrollIntoView());
      await page.waitForSelector(".card canvas.overlay");
      const painted = await page.$$eval(".card canvas.overlay", (canvases) => canvases.length);
      assert(painted < 300, `${painted} of 1000 heat maps painted`);
    });
  },
);
