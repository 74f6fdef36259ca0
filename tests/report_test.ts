// The report of the demo set in a real browser, opened from a file, offline.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import puppeteer, { type Page } from "puppeteer-core";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

async function withReport(use: (page: Page, problems: string[]) => Promise<void>): Promise<void> {
  const out = await Deno.makeTempDir();
  const executablePath = BROWSERS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  assert(executablePath, "Chromium is needed: apt-get install chromium");
  const args = ["task", "--quiet", "cluster", "demo", "--labels", "folders", "--out", out];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: PROJECT }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const browser = await puppeteer.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("requestfailed", (request) => problems.push(request.url().slice(0, 80)));
    await page.setViewport({ width: 1280, height: 1000 });
    await page.goto(String(pathToFileURL(join(out, "report.html"))));
    await use(page, problems);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await Deno.remove(out, { recursive: true });
  }
}

/** Overlays that are displayed and hold a pixel that is not transparent. */
function paintedOverlays(page: Page): Promise<number> {
  return page.$$eval("canvas.overlay", (canvases) =>
    canvases.filter((canvas) => {
      if (getComputedStyle(canvas).display === "none" || getComputedStyle(canvas).visibility === "hidden") return false;
      if (!canvas.width || !canvas.height) return false;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, at) => at % 4 === 3 && value > 0);
    }).length);
}

Deno.test("the report shows every image, medoids first, and its overlay switch works, offline", async () => {
  await withReport(async (page) => {
    const images = await page.$$eval(".card img", (list) => {
      for (const image of list) image.loading = "eager";
      return Promise.all(list.map(async (image) => {
        await image.decode();
        return { width: image.naturalWidth, alt: image.alt };
      }));
    });
    assert.equal(images.length, 60);
    assert(images.every(({ width, alt }) => width > 100 && /\.jpg$/.test(alt)));

    const firsts = await page.$$eval(
      "section.group",
      (sections) => sections.map((section) => section.querySelector(".card")!.textContent!.includes("medoid")),
    );
    assert(firsts.length >= 4 && firsts.every(Boolean));

    assert.equal(await paintedOverlays(page), 0, "overlays are off at first");
    await page.click("#overlay-switch");
    await page.waitForFunction(() => document.querySelectorAll("canvas.overlay").length >= 60);
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
