// How the report shows defects: pictures, frame, zoom, words.

import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { discOf, reload, sampleReport, withPage } from "../support/report_page.ts";

const report = await sampleReport({ k: 5, discs: true });

/** Mean grey level of a picture's middle, and its size, as the page shows it. */
function middleOf(page: Page, selector: string) {
  return page.$eval(selector, async (element) => {
    const image = new Image();
    image.src = element.getAttribute("src") ?? element.getAttribute("href")!;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(canvas.width / 2 - 2, canvas.height / 2 - 2, 4, 4);
    const grey = data.filter((_, at) => at % 4 === 0).reduce((sum, value) => sum + value, 0) / 16;
    return { grey, width: canvas.width, height: canvas.height };
  });
}

const show = (page: Page, what: "whole" | "defect") => page.click(`#show-${what}`);

testWith(
  CHROMIUM,
  "cards, tree, map and tip show the defect or the whole photo, and the choice outlives a reload",
  async () => {
    await withPage(report.html, async (page) => {
      const card = '.card[data-image="7"] img';
      assert.equal((await middleOf(page, card)).width, 224);
      await show(page, "defect");
      const { grey, width, height } = await middleOf(page, card);
      assert(grey < 90 && width === height && width < 128, `${grey} in the middle of ${width} × ${height}`);
      for (const selector of ["#tree image", "#map image"]) {
        const pictures = await page.$$eval(selector, (all) => all.length);
        assert(pictures >= 1 && pictures <= 5, `${pictures} of ${selector}`);
        assert((await middleOf(page, selector)).grey < 90, selector);
      }
      const box = (await (await page.$('#map [data-image="7"]'))!.boundingBox())!;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      assert((await middleOf(page, "#tip img")).grey < 90);
      await reload(page);
      assert((await middleOf(page, card)).grey < 90, "as it was left");
      await show(page, "whole");
      assert.equal((await middleOf(page, card)).width, 224);
      assert.equal(await page.$("#map image"), null);
    });
  },
);

testWith(
  CHROMIUM,
  "where photos were looked at closely, pictures show the defect at first, and then what was chosen",
  async () => {
    const html = report.html.replace(/(<script[^>]*id="report-data"[^>]*>)([^<]*)/, (_, tag, text) => {
      const data = JSON.parse(text);
      for (const image of data.images) image.window = { left: 0, top: 0, width: 200, height: 200 };
      return tag + JSON.stringify(data);
    });
    await withPage(html, async (page) => {
      const pressed = () => page.$eval("#show-defect", (button) => button.getAttribute("aria-pressed"));
      assert.equal(await pressed(), "true");
      assert((await middleOf(page, '.card[data-image="7"] img')).grey < 90);
      await show(page, "whole");
      await reload(page);
      assert.equal(await pressed(), "false");
      assert.equal((await middleOf(page, '.card[data-image="7"] img')).width, 224);
    });
  },
);

testWith(CHROMIUM, "heat maps lie over the same place of whole photos and of defects", async () => {
  await withPage(report.html, async (page) => {
    await page.$eval('.card[data-image="7"]', (card) => card.scrollIntoView());
    await page.click("#overlay-switch");
    await page.waitForSelector('.card[data-image="7"] .overlay', { timeout: 5000 });
    const offsets = () =>
      page.$eval('.card[data-image="7"]', (card) => {
        const [map, picture] = [".overlay", ".picture"].map((one) => card.querySelector(one)!.getBoundingClientRect());
        return [(map.left - picture.left) / picture.width, map.width / picture.width];
      });
    assert.deepEqual((await offsets()).map((value) => Number(value.toFixed(2))), [0, 1]);
    await show(page, "defect");
    const { crop } = JSON.parse(await page.$eval("#report-data", (data) => data.textContent!)).images[7];
    const [left, width] = await offsets();
    assert(Math.abs(left + crop.left / crop.width) < 0.02 && Math.abs(width - 320 / crop.width) < 0.02);
  });
});

/** The frame in the large view, and the photo under it, in pixels of the window. */
function frameOf(page: Page) {
  return page.evaluate(() => {
    const [frame, picture, stage] = [".defect-frame", "#viewer-picture", ".viewer-stage"]
      .map((one) => document.querySelector(one)!.getBoundingClientRect());
    const scale = picture.width / 320;
    return {
      left: (frame.left + 2 - picture.left) / scale,
      top: (frame.top + 2 - picture.top) / scale,
      width: (frame.width - 4) / scale,
      middle: [(frame.left + frame.right - stage.left - stage.right) / 2, scale],
      scale: picture.width / stage.width,
    };
  });
}

testWith(
  CHROMIUM,
  "the large view frames the defect in its pixels; wheel, buttons, keys and drag zoom and move",
  async () => {
    await withPage(report.html, async (page) => {
      const image = 12;
      const { x, y, radius } = discOf(image);
      await page.click(`[data-image="${image}"] .frame`);
      const near = (actual: number, expected: number) =>
        assert(Math.abs(actual - expected) < 2.5, `${actual}, ${expected}`);
      const isFramed = async () => {
        const { left, top, width } = await frameOf(page);
        near(left, x - radius);
        near(top, y - radius);
        near(width, 2 * radius);
      };
      await isFramed();
      const text = await page.$eval(".defect-frame b", (label) => label.textContent!);
      const { width, height } = report.file.images[image].defect!;
      assert.equal(text, `${width} × ${height} px`);
      assert.match(await page.$eval("#viewer-facts", (facts) => facts.textContent!), /320 × 240 px/);

      const whole = (await frameOf(page)).scale;
      await page.keyboard.press("+");
      assert(Math.abs((await frameOf(page)).scale / whole - 1.5) < 0.01);
      await isFramed();
      await page.click("#zoom-out");
      assert.equal((await frameOf(page)).scale, whole);
      await page.keyboard.press("d");
      const close = await frameOf(page);
      assert(close.scale > 3 * whole, `${close.scale} times as large`);
      await isFramed();
      const before = close.middle[0];
      await page.keyboard.down("Shift");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.up("Shift");
      assert((await frameOf(page)).middle[0] < before - 10, "what is to the right comes into view");
      const stage = (await (await page.$(".viewer-stage"))!.boundingBox())!;
      const [middleX, middleY] = [stage.x + stage.width / 2, stage.y + stage.height / 2];
      await page.mouse.move(middleX, middleY);
      const held = (await frameOf(page)).middle[0];
      await page.mouse.down();
      await page.mouse.move(middleX + 30, middleY, { steps: 3 });
      await page.mouse.up();
      near((await frameOf(page)).middle[0] - held, 30);
      await page.mouse.wheel({ deltaY: -100 });
      assert((await frameOf(page)).scale > close.scale * 1.2);
      await isFramed();
      await page.keyboard.press("0");
      assert.equal((await frameOf(page)).scale, whole);
      await page.keyboard.press("f");
      assert.equal(await page.$eval(".defect-frame", (frame) => getComputedStyle(frame).display), "none");
    });
  },
);

testWith(
  CHROMIUM,
  "from pictures of defects the large view opens at the defect, and the next image at its own",
  async () => {
    await withPage(report.html, async (page) => {
      await show(page, "defect");
      await page.click(".card .frame");
      for (let at = 0; at < 3; at++) {
        const { scale, middle } = await frameOf(page);
        assert(scale > 2, `${scale} times as large`);
        assert(Math.abs(middle[0]) < 400);
        assert(await page.$eval("#viewer-picture .sharp", (sharp) => (sharp as HTMLImageElement).naturalWidth > 40));
        await page.keyboard.press("ArrowRight");
      }
    });
  },
);

testWith(CHROMIUM, "a group's words are its name at a click, and follow the images when they are moved", async () => {
  await withPage(report.html, async (page) => {
    const words = () => page.$$eval("#group-1 .looks span", (all) => all.map((one) => one.textContent!)[0]);
    assert.match(await words(), /[Dd]ark, round, sharp-edged/);
    await page.click('#group-1 [data-action="name-by-looks"]');
    const title = await page.$eval("#group-1 .title", (one) => one.textContent);
    assert.match(title!, /dark, round, sharp-edged$/);
    await page.click("#undo");
    assert.equal(await page.$eval("#group-1 .title", (one) => one.textContent), "Group 1");
  });
});

Deno.test("a report without defects has no switch, no words and no frame to show", async () => {
  const { html, file } = await sampleReport();
  const [page] = html.split("<script");
  assert(!page.includes('id="show-defect"') && !page.includes('class="looks"'));
  assert(file.images.every(({ defect }) => defect === undefined));
});
