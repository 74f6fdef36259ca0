// The studio as a static web server hosts it, opened in Chromium, and what a person does there.

import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import puppeteer, { type Page } from "puppeteer-core";
import type { GroupsFile } from "../../src/report/result.ts";
import { STUDIO_POLICY } from "../../src/studio/index_page.ts";
import { UNREACHABLE } from "../../tools/bundle.ts";
import { CHROMIUM, FROM_NPM, tried } from "./needs.ts";
import { PROJECT, runTask, withFolder } from "./program.ts";

export const FABRIC = join(PROJECT, "tests/data/fabric");
/** The studio, built anew for each file of tests. */
export const built = await Deno.makeTempDir();
export const building = await runTask("studio", built);
export const BUNDLER = tried("Deno's bundler", FROM_NPM, !building.stderr.includes(UNREACHABLE));
globalThis.addEventListener("unload", () => rmSync(built, { recursive: true }));

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** Headers that make pages cross-origin isolated: with shared memory. */
export const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** The page, and all that it asked for. */
export interface Visit {
  readonly page: Page;
  readonly folder: string;
  /** Paths below the studio's, as the server was asked for them. */
  readonly asked: string[];
}

/** How the studio is hosted and visited. */
export interface Circumstances {
  /** Headers that the server sends with each file. */
  readonly headers?: Record<string, string>;
  /** Paths that the server lacks. */
  readonly missing?: RegExp;
  /** Further flags of Chromium's. */
  readonly flags?: readonly string[];
  /** What follows the page's address. */
  readonly query?: string;
  /** A script that runs in the studio's worker before its own. */
  readonly before?: string;
}

/** Opens the studio under /tools/studio/; nothing may be asked of any other place, sent anywhere, or complained of. */
export async function withStudio(
  use: (visit: Visit) => Promise<void>,
  { headers = {}, missing, flags = [], query = "", before = "" }: Circumstances = {},
): Promise<void> {
  const asked: string[] = [];
  const problems: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method !== "GET" || (await request.bytes()).length) problems.push(`${request.method} ${pathname}`);
    const path = pathname.replace(/^\/tools\/studio\//, "").replace(/^$/, "index.html");
    asked.push(path);
    const file = join(built, path);
    if (missing?.test(path) || !existsSync(file)) return new Response("not here", { status: 404 });
    return new Response(path.endsWith("/worker.js") ? before + readFileSync(file, "utf8") : readFileSync(file), {
      headers: {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "content-security-policy": `${STUDIO_POLICY}; report-uri /forbidden`, // A request: told as a problem.
        ...headers,
      },
    });
  });
  const base = `http://127.0.0.1:${server.addr.port}/tools/studio/`;
  const check = (url: string, body?: unknown) => {
    if (body !== undefined || !url.startsWith(base) && !/^(data|blob):/.test(url)) problems.push(url.slice(0, 100));
  };
  await withFolder(async (folder) => {
    const browser = await puppeteer.launch({
      executablePath: CHROMIUM.get(),
      args: ["--no-sandbox", "--disable-gpu", ...flags],
    });
    try {
      const page = await browser.newPage();
      const session = await browser.target().createCDPSession();
      await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
      if (!missing) page.on("console", (message) => problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("request", (request) => check(request.url(), request.postData()));
      page.on("workercreated", async (worker) => {
        worker.client.on("Network.requestWillBeSent", ({ request }) => check(request.url, request.postData));
        const cores = { hardwareConcurrency: 4 };
        await worker.client.send("Emulation.setHardwareConcurrencyOverride", cores).catch(() => {});
        await worker.client.send("Network.enable").catch(() => {});
      });
      await page.setViewport({ width: 1000, height: 1200 });
      await page.goto(base + query);
      await use({ page, folder, asked });
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
      await server.shutdown();
    }
  });
}

/** What is chosen is told a moment after it is. */
export async function textBecomes(page: Page, id: string, text: string): Promise<void> {
  await page.waitForFunction((id, text) => document.getElementById(id)!.textContent === text, {}, id, text);
}

export const isHidden = (page: Page, id: string) => page.$eval(`#${id}`, (element) => (element as HTMLElement).hidden);
export const textOf = (page: Page, id: string) => page.$eval(`#${id}`, (element) => element.textContent);

export async function chooseFolder(page: Page, folder: string, id = "folder"): Promise<void> {
  const input = await page.$(`input#${id}`) as unknown as { uploadFile(path: string): Promise<void> };
  await input.uploadFile(folder);
}

/** Drops files and folders on the page. */
export async function dropFiles(page: Page, ...files: string[]): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
  const session = await page.createCDPSession();
  const { x, y } = await (await page.$("#drop"))!.clickablePoint();
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x, y, data });
  }
}

/** Starts, and waits until there is a result or a problem; gives the stages that were shown. */
export async function group(page: Page, fields: { preset?: string; k?: string }): Promise<string[]> {
  if (fields.preset) await page.click(`[name=preset][value=${fields.preset}]`);
  if (fields.k) await page.$eval("#k", (input, k) => (input as HTMLInputElement).value = k, fields.k);
  const stages = page.evaluate(() =>
    new Promise<string[]>((done) => {
      const seen = new Set<string>();
      const observer = new MutationObserver(() => {
        seen.add(document.querySelector("#stage")!.textContent!);
        const ended = ["#result", "#problem"].some((id) => !(document.querySelector(id) as HTMLElement).hidden);
        if (!ended || !(document.querySelector("#work") as HTMLElement).hidden) return;
        observer.disconnect();
        done([...seen]);
      });
      observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    })
  );
  await page.click("#start");
  return await stages;
}

/** Presses the button of a file, and gives what the browser saves. */
export async function saved(page: Page, folder: string, name: string): Promise<Uint8Array> {
  await page.evaluate((name) => {
    const button = [...document.querySelectorAll<HTMLElement>("#save button")].find((one) => one.textContent === name);
    button!.click();
  }, name);
  const file = join(folder, name);
  const size = () => existsSync(file) ? statSync(file).size : 0;
  // The browser makes the file first, and then fills it.
  for (let tries = 0, before = 0; tries < 100 && (before === 0 || size() !== before); tries++) {
    before = size();
    await new Promise((done) => setTimeout(done, 50));
  }
  return readFileSync(file);
}

export async function savedGroups(page: Page, folder: string): Promise<GroupsFile> {
  rmSync(join(folder, "groups.json"), { force: true });
  return JSON.parse(new TextDecoder().decode(await saved(page, folder, "groups.json")));
}
