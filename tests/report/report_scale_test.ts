// A report of 1,000 images: how it opens, regroups, scrolls and learns.

import assert from "node:assert/strict";
import { cut } from "../../src/cluster/cut.ts";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { groupsShown, reload, sampleReport, slide, withPage } from "../support/report_page.ts";

testWith(
  CHROMIUM,
  "1,000 images open in under 3 s, regroup and learn, and only cards near the window get heat maps",
  async () => {
    const report = await sampleReport({ count: 1000, kinds: 12, k: 12, side: 24 });
    await withPage(report.html, async (page) => {
      const started = performance.now();
      await reload(page);
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

      // Learning, in the time that the page's thread works, whatever else the machine does.
      for (const number of [1, 2, 3, 4, 5, 6]) {
        await page.focus(`#group-${number} .card .frame`);
        await page.keyboard.press("c");
      }
      const client = await page.createCDPSession();
      await client.send("Performance.enable", { timeDomain: "threadTicks" });
      const worked = async () => {
        const { metrics } = await client.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "ScriptDuration")!.value;
      };
      await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
      const before = await worked();
      await page.click("#learn");
      assert.match(await page.$eval("#learning-hint", (hint) => hint.textContent!), /^Learned from 6/);
      const took = await worked() - before;
      assert(took < 0.6, `${took.toFixed(2)} s until it has learned`);
    });
  },
);
