// Makes reports for tests, and opens them in Chromium.

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer, { type Page } from "puppeteer-core";
import { clusterPatches, type ClusterResult } from "../../src/pipeline.ts";
import { CHROMIUM } from "./needs.ts";
import { seededRandom } from "../../src/random.ts";
import { renderReport } from "../../src/report/html.ts";
import { reportData } from "../../src/report/report_data.ts";
import { type GroupsFile, groupsFile } from "../../src/report/result.ts";
import { measureDefect } from "../../src/defect/measure.ts";
import { defectPicture } from "../../src/report/defect_picture.ts";
import { defectRecord } from "../../src/report/defect_record.ts";
import { thumbnail } from "../../src/report/thumbnail.ts";
import type { Clusterer } from "../../src/cluster/clusterer.ts";

/** A report of drawn images, and what it was made from. */
export interface SampleReport {
  readonly html: string;
  readonly file: GroupsFile;
  readonly result: ClusterResult;
}

/**
 * Groups `count` images of `kinds` kinds by the real pipeline, from drawn patch embeddings. The labels are the kinds.
 */
export async function sampleReport(options: {
  readonly count?: number;
  readonly kinds?: number;
  readonly k?: number | "auto";
  readonly side?: number;
  readonly cluster?: Clusterer;
  readonly source?: string;
  readonly pathOf?: (image: number, kind: number) => string;
  /** Numbers of groups that the report should call as clear as the chosen one. */
  readonly asClear?: readonly number[];
  /** Whether the images are photos of 320 × 240 with a dark disc each. The discs are then measured as defects. */
  readonly discs?: boolean;
} = {}): Promise<SampleReport> {
  const { count = 40, kinds = 5, k = "auto", side = 48 } = options;
  const pathOf = options.pathOf ?? ((image, kind) => `kind-${kind}/image-${String(image).padStart(3, "0")}.jpg`);
  const random = seededRandom(7);
  const [rows, cols, channels] = [4, 4, 6];
  const data = Float32Array.from({ length: count * rows * cols * channels }, (_, at) => {
    const [image, patch, channel] = [Math.floor(at / 96), Math.floor(at / 6) % 16, at % 6];
    const kind = image % kinds;
    return random() + (patch === kind && channel === kind % 6 ? 6 + kind + 2 * random() : 0);
  });
  const patches = { data, count, rows, cols, channels };
  const result = await clusterPatches(patches, { k, ...(options.cluster && { cluster: options.cluster }) });
  const images = await Promise.all(Array.from({ length: count }, async (_, image) => {
    if (options.discs) {
      const disc = await photoOfDisc(image, random);
      return { ...disc, path: pathOf(image, image % kinds), label: `kind-${image % kinds}`, patches: { rows, cols } };
    }
    const raster = { data: new Uint8ClampedArray(side * side * 4), width: side, height: side };
    for (let at = 0; at < raster.data.length; at++) {
      raster.data[at] = at % 4 === 3 ? 255 : 60 + (image % kinds) * 30 + random() * 40;
    }
    const path = pathOf(image, image % kinds);
    return { path, label: `kind-${image % kinds}`, thumbnail: await thumbnail(raster), patches: { rows, cols } };
  }));
  const found = groupsFile(result, {
    images,
    settings: { k: result.k, kChosen: "given" },
    model: "drawn",
    warnings: [],
  });
  const { asClear = [] } = options;
  const choice = found.choice?.map((one) => asClear.includes(one.k) ? { ...one, clarity: 0.9 } : one);
  const file = { ...found, ...(choice && { choice }) };
  return {
    html: renderReport(reportData("Kinds of defect in a sample", file, result, images, options.source)),
    file,
    result,
  };
}

/** Returns where the disc of an image is: its middle and radius in pixels. */
export function discOf(image: number): { readonly x: number; readonly y: number; readonly radius: number } {
  return { x: 60 + image * 53 % 200, y: 50 + image * 37 % 140, radius: 10 + image % 5 };
}

async function photoOfDisc(image: number, random: () => number) {
  const { x, y, radius } = discOf(image);
  const [width, height] = [320, 240];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at++) {
    const isDisc = Math.hypot(at % width + 0.5 - x, Math.floor(at / width) + 0.5 - y) <= radius;
    data.fill((isDisc ? 60 : 150) + random() * 16, at * 4, at * 4 + 3);
  }
  const raster = { data, width, height };
  const weights = Float32Array.from({ length: 16 }, (_, m) => {
    return Math.floor(x / width * 4) === m % 4 && Math.floor(y / height * 4) === Math.floor(m / 4) ? 0.7 : 0.02;
  });
  const defect = measureDefect(raster, weights, { rows: 4, cols: 4 });
  const picture = await defectPicture(raster, defect.box);
  return { thumbnail: await thumbnail(raster), defect: defectRecord(defect), ...(picture && { picture }) };
}

/** Opens a page of HTML from a file. Fails on console messages, errors, and requests for anything but the page. */
export async function withPage(
  html: string,
  use: (page: Page, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "report.html"), html);
    await withReportFile(folder, use);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens `report.html` of a folder, as {@linkcode withPage} does. */
export async function withReportFile(
  folder: string,
  use: (page: Page, folder: string) => Promise<void>,
): Promise<void> {
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM.get(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    const page = await browser.newPage();
    const url = String(pathToFileURL(join(folder, "report.html")));
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => {
      const known = request.url() === url || /^(data|blob):/.test(request.url());
      if (!known) problems.push(request.url().slice(0, 80));
    });
    await page.setViewport({ width: 1280, height: 1000 });
    await page.goto(url);
    await use(page, folder);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
}

/** Returns the groups that the page shows, with the paths of their images in the order of the page. */
export function groupsShown(page: Page): Promise<{ title: string; paths: string[] }[]> {
  return page.$$eval(
    "section.group",
    (sections) =>
      sections.filter((section) => !(section as HTMLElement).hidden).map((section) => ({
        title: section.querySelector(".title")!.textContent!,
        paths: [...section.querySelectorAll<HTMLElement>(".card")].filter((card) => !card.hidden)
          .map((card) => card.querySelector("img")!.alt),
      })),
  );
}

/** Sets a range input as if a person had dragged it. */
export function slide(page: Page, selector: string, value: number): Promise<void> {
  return page.$eval(selector, (input, value) => {
    (input as HTMLInputElement).value = String(value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, value);
}

/** Loads the page again, after a pause: Chromium takes a moment to hand stored data to the next page's process. */
export async function reload(page: Page): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  await page.reload();
}

/** Drags the card of an image onto the link of a group. */
export async function dragToGroup(page: Page, path: string, group: number): Promise<void> {
  const link = `#group-links [data-group="${group}"]`;
  const card = (await page.$(`.card:has([alt="${path}"])`))!;
  await card.scrollIntoView();
  const from = (await (await card.$(".frame"))!.boundingBox())!;
  const to = (await (await page.$(link))!.boundingBox())!;
  await page.mouse.move(from.x + 40, from.y + 40);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 30, { steps: 4 });
  await page.waitForSelector(".dragging .new-group", { visible: true });
  // Chromium drops moves that come while it is still handling the one before.
  for (let at = 0; at < 40 && !(await page.$(`${link}.drop-target`)); at++) {
    await page.mouse.move(to.x + 50 + at % 2, to.y + 12, { steps: 2 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await page.mouse.up();
}
