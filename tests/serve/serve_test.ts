// The service as a real process on a free port, and its page in Chromium.

import assert from "node:assert/strict";
import { join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import puppeteer, { type Page } from "puppeteer-core";
import { CHROMIUM, testWith } from "../support/needs.ts";
import { PROJECT, withFolder } from "../support/program.ts";
import { BUN, DENO, NODE, type Program, testPrograms } from "../runtimes/support/programs.ts";

const PATHS = ["cut", "hole"].flatMap((kind) => [1, 2, 3].map((at) => `${kind}/${kind}-0${at}.jpg`));

/** A running `deno task serve`. */
interface Service {
  readonly url: string;
  /** Sends a signal to the server itself, not to the task around it. */
  signal(name: Deno.Signal): void;
  /** Waits for the end: exit code and lines of standard output. */
  ended(): Promise<{ code: number; lines: string[]; errors: string }>;
}

/** What runs `serve`, with nothing in between; by Deno what the task runs. */
function commandOf(program: Program): string[] {
  if (program !== DENO) return [...program.command, "serve"];
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.json")));
  return [Deno.execPath(), ...tasks.serve.command.split(" ").slice(1)];
}

async function withService(
  args: string[],
  use: (service: Service) => Promise<void>,
  program: Program = DENO,
): Promise<void> {
  const [runtime, ...serve] = commandOf(program);
  const command = new Deno.Command(runtime, {
    args: [...serve, "--port", "0", "--preset", "paper", ...args],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const errors = new Response(child.stderr).text();
  const [toRead, toKeep] = child.stdout.tee();
  const output = new Response(toKeep).text();
  let text = "";
  for await (const piece of toRead.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) break;
  }
  const [, url] = text.match(/^serving on (http:\/\/\S+)\/ until Ctrl\+C\n/) ?? assert.fail(await errors);
  let over = false;
  const ended = async () => {
    const { code } = await child.status;
    over = true;
    return { code, lines: (await output).trimEnd().split("\n"), errors: await errors };
  };
  try {
    await use({ url, signal: (name) => child.kill(name), ended });
  } finally {
    if (!over) {
      child.kill("SIGKILL");
      await ended();
    }
  }
}

function form(paths: readonly string[], fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [at, path] of paths.entries()) {
    const bytes = Deno.readFileSync(join(PROJECT, "tests/data/fabric", path));
    form.append("images", new File([bytes], `${at}/${path}`), `${at}/${path}`);
  }
  return form;
}

const post = (url: string, body: BodyInit, init: RequestInit = {}) =>
  fetch(`${url}/groups`, { method: "POST", body, ...init });

/** The value of a metric. */
async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(text.match(new RegExp(`^anomaly_cluster_${name} (.*)$`, "m"))![1]);
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; !await holds(); tries++) {
    assert(tries < 100, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

testPrograms(
  "a process: groups, limits, a line a request without names, and a quick end",
  [NODE, BUN],
  async (program) => {
    await withService(["--max-images", "6", "--max-megabytes", "1"], async ({ url, signal, ended }) => {
      const answer = await post(url, form(PATHS, { k: "2" }));
      assert.equal(answer.status, 200);
      assert.deepEqual((await answer.json()).groups.map(({ size }: { size: number }) => size), [3, 3]);
      const many = await post(url, form([...PATHS, PATHS[0]]));
      assert.deepEqual([many.status, (await many.json()).error.code], [413, "too-large"]);
      // No length is told beforehand: the server counts.
      let sent = 0;
      const endless = new ReadableStream({
        pull(controller) {
          if ((sent += 1e5) > 50e6) controller.close();
          else controller.enqueue(new Uint8Array(1e5));
        },
      });
      const large = await post(url, endless, { headers: { "content-type": "application/zip" } }).catch(() => undefined);
      if (large) assert.deepEqual([large.status, (await large.json()).error.code], [413, "too-large"]);
      assert(sent < 50e6, "the upload was not cut off");
      assert.equal(await (await fetch(`${url}/health`)).text(), '{"status":"ok"}\n');
      const page = await (await fetch(`${url}/`)).text();
      assert(!page.includes('id="samples"'), "more sample photos than the service takes are not offered");

      const begun = performance.now();
      signal("SIGTERM");
      const { code, lines, errors } = await ended();
      assert.deepEqual([code, errors], [0, ""]);
      assert(performance.now() - begun < 3000);
      assert.match(lines[1], /^POST \/groups 200 \d+\.\d\d s 6 images$/);
      assert.match(lines[2], /^POST \/groups 413 \d+\.\d\d s$/);
      assert.match(lines[3], /^POST \/groups 413 /);
      assert(!lines.join().includes(".jpg"));
    }, program);
  },
);

testPrograms(
  "a process: full queue, clients that leave, and what is in flight is finished at the end",
  [NODE, BUN],
  async (program) => {
    const args = ["--max-concurrent", "1", "--max-queue", "1", "--grace", "60", "--names"];
    await withService(args, async ({ url, signal, ended }) => {
      const many = Array.from({ length: 5 }, () => PATHS).flat();
      const stop = new AbortController();
      const headers = { accept: "text/event-stream" };
      const left = await post(url, form([...many, ...many]), { headers, signal: stop.signal });
      await left.body!.getReader().read();
      const waits = post(url, form(PATHS));
      await until(async () => await metric(url, "queue") === 1, "it did not wait");
      const third = await post(url, form(PATHS));
      assert.equal(third.status, 429);
      assert(Number(third.headers.get("retry-after")) >= 1);
      await third.body!.cancel();
      stop.abort();
      assert.equal((await (await waits).json()).images.length, 6, "the next one's turn came");

      const body = new Response(form(many));
      const uploading = Promise.withResolvers<void>();
      const slow = body.body!.pipeThrough(
        new TransformStream({
          async transform(chunk, controller) {
            controller.enqueue(chunk);
            await uploading.promise;
          },
        }),
      );
      const inFlight = post(url, slow, { headers: { "content-type": body.headers.get("content-type")! } });
      await until(async () => await metric(url, "in_flight") === 1, "it did not begin");
      signal("SIGINT");
      await until(async () => (await fetch(`${url}/health`)).status === 503, "it does not close");
      uploading.resolve();
      const answer = await inFlight;
      assert.equal((await answer.json()).images.length, 30);
      const { code, lines, errors } = await ended();
      assert.deepEqual([code, errors], [0, ""]);
      const statuses = lines.flatMap((line) => line.match(/^POST \/groups (\d+)/)?.[1] ?? []);
      assert.deepEqual(statuses.sort(), ["200", "200", "429", "499"]);
      assert(lines.some((line) => line.includes("images: 0/cut/cut-01.jpg, ")), "names were asked for");
      await assert.rejects(fetch(`${url}/health`), "nobody listens any more");
    }, program);
  },
);

testPrograms("a process: work that outlasts the grace is cut off", [NODE, BUN], async (program) => {
  await withService(["--grace", "0"], async ({ url, signal, ended }) => {
    const many = Array.from({ length: 50 }, () => PATHS).flat();
    const cut = post(url, form(many)).then(({ status }) => status, () => "cut");
    await until(async () => await metric(url, "in_flight") === 1, "it did not begin");
    signal("SIGTERM");
    const { code, errors } = await ended();
    assert.deepEqual([code, errors], [0, ""]);
    assert.notEqual(await cut, 200);
  }, program);
});

testPrograms("wrong usage is one sentence and exit code 2", [NODE, BUN], async (program) => {
  await withService([], async ({ url }) => {
    const { port } = new URL(url);
    for (
      const [args, message] of [[["--port", port], /another program does/], [["--max-images", "0"], /whole number/]]
    ) {
      const { code, stderr } = await program.run("serve", ...args as string[]);
      assert.equal(code, 2);
      assert.match(stderr, message as RegExp);
    }
  }, program);
});

testPrograms(
  "a process: the sample photos, with their licence, go in as they come out",
  [NODE, BUN],
  async (program) => {
    await withService([], async ({ url }) => {
      assert((await (await fetch(`${url}/`)).text()).includes('id="samples"'));
      assert.match(await (await fetch(`${url}/samples.txt`)).text(), /X-SDD: .*Apache License\s+Version 2\.0/s);
      const zip = await (await fetch(`${url}/samples.zip`)).blob();
      const answer = await post(url, zip, { headers: { "content-type": "application/zip" } });
      const { images, warnings } = await answer.json();
      assert.deepEqual(warnings, []);
      const kinds = Map.groupBy(images, ({ path }: { path: string }) => path.split("/")[0]);
      assert.deepEqual([...kinds.values()].map(({ length }) => length), [6, 6, 6, 6]);
    }, program);
  },
);

testWith(
  CHROMIUM,
  "the page: sample photos become a report with their four kinds; the smallest defect is sent",
  async () => {
    await withService(["--preset", "default"], async ({ url }) => {
      const browser = await puppeteer.launch({
        executablePath: CHROMIUM.get(),
        args: ["--no-sandbox", "--disable-gpu"],
      });
      try {
        const page = await browser.newPage();
        const problems: string[] = [];
        const queries: string[] = [];
        page.on("console", (message) => problems.push(message.text()));
        page.on("pageerror", (error) => problems.push(String(error)));
        page.on("request", (request) => {
          const { pathname, search } = new URL(request.url());
          if (pathname === "/groups") queries.push(search);
        });
        await page.setViewport({ width: 400, height: 700 });
        await page.goto(`${url}/`);
        await page.click("#samples");
        await page.waitForFunction(() => document.querySelector("#chosen")!.textContent === "24 sample photos chosen.");
        await page.click("#start");
        await page.waitForSelector("#result:not([hidden])", { timeout: 120_000 });
        const summary = await page.$eval("#summary", (element) => element.textContent);
        assert.equal(summary, "24 images in 4 groups, a number chosen automatically.");
        const frame = (await (await page.$("#report"))!.contentFrame())!;
        const groups = await frame.$$eval(
          "section.group",
          (groups) =>
            groups.map((group) =>
              [...group.querySelectorAll(".card")].map((card) => card.textContent!.match(/\w+(?=\/)/)?.[0])
            ),
        );
        for (const kinds of groups) {
          assert.deepEqual(kinds, Array(6).fill(kinds[0]));
        }
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400, "nothing sticks out");

        // The licence opens in another tab, so that what was chosen stays.
        const opened = new Promise<Page | null>((done) => page.once("popup", done));
        await page.click("a[href='samples.txt']");
        const licence = await opened;
        await licence!.waitForFunction(() => document.body?.textContent.includes("Apache License"));
        await licence!.close();

        // A wrong size is not sent.
        await page.setViewport({ width: 400, height: 1600 });
        await page.click("[name=preset][value=paper]");
        await page.type("#detail", "small");
        await page.click("#start");
        assert(await page.$eval("#detail", (input) => input.matches(":invalid")));
        for (let at = 0; at < "small".length; at++) await page.keyboard.press("Backspace");
        await page.type("#detail", "16");
        await page.click("#start");
        await page.waitForFunction(() => (document.querySelector("#result") as HTMLElement).hidden);
        await page.waitForSelector("#result:not([hidden])", { timeout: 120_000 });
        assert.deepEqual(queries, ["?preset=default&k=auto", "?preset=paper&k=auto&detail=16"]);
        assert.deepEqual(problems, []);
      } finally {
        await browser.close();
      }
    });
  },
);

testWith(CHROMIUM, "the page: files in by keyboard, progress, and the report in place, under its policy", async () => {
  await withService([], async ({ url }) => {
    const browser = await puppeteer.launch({ executablePath: CHROMIUM.get(), args: ["--no-sandbox", "--disable-gpu"] });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("request", (request) => {
        if (!request.url().startsWith(url) && !/^(data|blob|about):/.test(request.url())) problems.push(request.url());
      });
      await page.setViewport({ width: 1100, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      await page.goto(`${url}/`);
      const colour = await page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
      assert.equal(colour, "rgb(20, 23, 26)", "dark where the system is");

      // What a key opens the chooser on is the first thing that Tab reaches.
      await page.bringToFront();
      await page.keyboard.press("Tab");
      await page.waitForFunction(() => document.activeElement === document.querySelector("#files"));
      const opened = page.waitForFileChooser();
      await page.evaluate(() => {}); // The browser has heard of the wait before the key comes.
      await page.keyboard.press("Space");
      const chooser = await opened;
      await chooser.accept(PATHS.map((path) => join(PROJECT, "tests/data/fabric", path)));
      await page.waitForFunction(() => document.querySelector("#chosen")!.textContent === "6 images chosen.");
      const stages = page.evaluate(() =>
        new Promise<string[]>((done) => {
          const seen = new Set<string>();
          new MutationObserver(() => {
            seen.add(document.querySelector("#stage")!.textContent!);
            if (!(document.querySelector("#result") as HTMLElement).hidden) done([...seen]);
          }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        })
      );
      for (let tabs = 0; await page.$eval("#start", (button) => button !== document.activeElement); tabs++) {
        assert(tabs < 10, "Tab reaches the button");
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
      const seen = await stages;
      assert(["Uploading", "Looking at images", "Comparing"].every((stage) => seen.includes(stage)), seen.join());

      const frame = (await (await page.$("#report"))!.contentFrame())!;
      await frame.waitForSelector("section.group .card");
      assert.equal((await frame.$$(".card img")).length, 6);
      await frame.waitForSelector("#map *");
      await frame.click("#overlay-switch");
      await (await frame.$("section.group"))!.scrollIntoView();
      await frame.waitForSelector(".card canvas.overlay", { timeout: 5000 });
      assert.equal(await frame.evaluate(() => globalThis.origin), "null", "the report has no origin");
      assert.deepEqual(problems, []);

      // A problem is told in place.
      await page.$eval("#k", (input) => (input as HTMLInputElement).value = "9");
      await page.click("#start");
      await page.waitForFunction(() => !(document.querySelector("#problem") as HTMLElement).hidden);
      const problem = await page.$eval("#problem", (element) => element.textContent);
      assert.equal(problem, "the number of groups (k) is 9, more than the 6 usable images: choose at most 6");

      // A zip of them is as good.
      await withFolder(async (folder) => {
        const zip = new ZipWriter(new Uint8ArrayWriter());
        for (const path of PATHS) {
          await zip.add(path, new Uint8ArrayReader(await Deno.readFile(join(PROJECT, "tests/data/fabric", path))));
        }
        await Deno.writeFile(join(folder, "photos.zip"), await zip.close());
        await (await page.$("input#files"))!.uploadFile(join(folder, "photos.zip"));
        assert.equal(await page.$eval("#chosen", (element) => element.textContent), "1 zip chosen.");
        await page.$eval("#k", (input) => (input as HTMLInputElement).value = "2");
        await page.click("#start");
        await page.waitForSelector("#result:not([hidden])");
        assert.equal(await page.$eval("#summary", (element) => element.textContent), "6 images in 2 groups.");
      });
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
    }
  });
});
