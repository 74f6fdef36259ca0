// Networks on the graphics card, by WebGPU: the processor's groups, and the processor where the card is missing or
// fails. Chromium's own software adapter takes the place of a card.

import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Page } from "puppeteer-core";
import type { GroupsFile } from "../../src/report/result.ts";
import { bundle } from "../../tools/build_studio.ts";
import { CHROMIUM, testWith, tried } from "../support/needs.ts";
import { withFolder } from "../support/program.ts";
import {
  built,
  BUNDLER,
  chooseFolder,
  type Circumstances,
  FABRIC,
  group,
  savedGroups,
  textOf,
  withStudio,
} from "../support/studio_page.ts";

/** Chromium then offers an adapter that the processor stands in for. */
const SOFTWARE_ADAPTER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

async function hasAdapter(): Promise<boolean> {
  const flags = ["--no-sandbox", "--disable-gpu", ...SOFTWARE_ADAPTER];
  const browser = await puppeteer.launch({ executablePath: CHROMIUM.get(), args: flags });
  try {
    const page = await browser.newPage();
    await page.goto("chrome://version"); // A page that may use WebGPU without a server.
    return await page.evaluate(async () => {
      const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<unknown> } };
      return Boolean(await gpu?.requestAdapter());
    });
  } finally {
    await browser.close();
  }
}

const ADAPTER = tried(
  "Chromium's software adapter for WebGPU",
  "a Chromium with SwiftShader, as Debian's is",
  CHROMIUM.value !== undefined && await hasAdapter(),
);

const test = (name: string, fn: () => Promise<void>) => testWith([BUNDLER, CHROMIUM, ADAPTER], name, fn);

const CARD = "ort-wasm-simd-threaded.jspi.wasm";
const PROCESSOR = "litert.wasm";

/** Engines that were loaded. */
const engines = (asked: readonly string[]) => {
  return asked.map((path) => path.split("/").at(-1)!).filter((name) => [CARD, PROCESSOR].includes(name));
};

/** Collects where networks are said to run, from now on. */
async function saidOf(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said = (globalThis as unknown as { said: string[] }).said = [];
    const place = document.getElementById("engine")!;
    new MutationObserver(() => {
      const text = place.textContent! as never;
      if (text && said.at(-1) !== text) said.push(text);
    }).observe(place, { childList: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
}

/** Groups a folder in a studio of its own, and gives the result and where networks were said to run. */
async function grouped(images: string, k: string, circumstances: Circumstances) {
  let result: { found: GroupsFile; said: string[]; engines: string[] };
  await withStudio(async ({ page, folder, asked }) => {
    const said = await saidOf(page);
    await chooseFolder(page, images);
    await group(page, { preset: "paper", k });
    assert.equal(await textOf(page, "problem"), "");
    result = { found: await savedGroups(page, folder), said: await said(), engines: engines(asked) };
  }, circumstances);
  return result!;
}

/** Copies some images of each kind: the software adapter takes seconds for each. */
function someOfEach(kinds: readonly string[], count: number, folder: string): string {
  const images = join(folder, "photos");
  for (const kind of kinds) {
    for (let at = 1; at <= count; at++) {
      const name = `${kind}/${kind}-0${at}.jpg`;
      cpSync(join(FABRIC, name), join(images, name));
    }
  }
  return images;
}

/** Groups of all images, in their order. */
const groupsOf = ({ images }: GroupsFile) => images.map(({ path, group }) => `${path} ${group}`);

test("on the graphics card: the processor's groups and scores, and its engine alone is loaded", async () => {
  await withFolder(async (folder) => {
    const images = someOfEach(["cut", "hole"], 4, folder);
    const processor = await grouped(images, "2", { flags: SOFTWARE_ADAPTER, query: "?engine=wasm" });
    assert.deepEqual(processor.engines, [PROCESSOR]);
    assert.deepEqual(processor.said, ["on the processor"]);
    assert.equal(processor.found.settings.engine, "wasm");
    const card = await grouped(images, "2", { flags: SOFTWARE_ADAPTER, query: "?engine=webgpu" });
    assert.deepEqual(card.engines, [CARD]);
    assert.deepEqual(card.said, ["on the graphics card"]);
    assert.equal(card.found.settings.engine, "webgpu");
    assert.deepEqual(card.found.warnings, []);
    assert.deepEqual(groupsOf(card.found), groupsOf(processor.found));
    card.found.images.forEach(({ score }, i) => {
      assert(Math.abs(score / processor.found.images[i].score - 1) < 1e-4);
    });
  });
});

test("patch embeddings of all included networks differ by less than a ten-thousandth of the largest number", async () => {
  const { version } = JSON.parse(readFileSync("deno.json", "utf8"));
  await bundle("tests/support/both_engines.ts", join(built, `app/${version}/both_engines.js`));
  const image = readFileSync(join(FABRIC, "cut/cut-01.jpg")).toBase64();
  await withStudio(async ({ page }) => {
    const share = await page.evaluate(
      async (module, image) => await (await import(module)).difference("best", image),
      new URL(`app/${version}/both_engines.js`, page.url()).href,
      image,
    );
    assert(share < 1e-4, `${share}`);
  }, { flags: SOFTWARE_ADAPTER });
});

const FAILURE = /^the graphics card failed: the image in hand was embedded again by the processor, and all after it; /;

/** Makes the worker take the software adapter for a card. */
const TAKEN_FOR_CARD = `
  Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
`;

/** Calls \`failing\` as the outputs of the third image are read. */
const atThirdImage = (failing: string) =>
  `${TAKEN_FOR_CARD}
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...asked) {
    const device = await requestDevice.apply(this, asked);
    const { mapAsync } = GPUBuffer.prototype;
    let reads = 0;
    GPUBuffer.prototype.mapAsync = function (...range) {
      if (++reads === 3) { ${failing} }
      return mapAsync.apply(this, range);
    };
    return device;
  };
`;

test("the processor embeds where there is no card, where it is a software adapter, or where asking for it fails", async () => {
  await withFolder(async (folder) => {
    const images = someOfEach(["cut", "hole"], 2, folder);
    const standIn = (gpu: string) => `Object.defineProperty(navigator, "gpu", { value: ${gpu} });\n`;
    const cases: Circumstances[] = [
      {},
      { query: "?engine=webgpu" },
      { flags: SOFTWARE_ADAPTER },
      { before: standIn("undefined") },
      { before: standIn("{ requestAdapter: async () => null }") },
      { before: standIn('{ requestAdapter: async () => { throw new Error("lost"); } }') },
      { before: "delete WebAssembly.Suspending;\n", flags: SOFTWARE_ADAPTER, query: "?engine=webgpu" },
    ];
    for (const circumstances of cases) {
      const { found, said, engines } = await grouped(images, "2", circumstances);
      assert.deepEqual([said, engines, found.warnings], [["on the processor"], [PROCESSOR], []]);
      assert.equal(found.settings.engine, "wasm");
    }
  });
});

test("a card that does not start: the processor embeds all, and a warning says so", async () => {
  await withFolder(async (folder) => {
    const images = someOfEach(["cut", "hole"], 2, folder);
    const refused = `${TAKEN_FOR_CARD}
      GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException("no device", "OperationError"));
    `;
    const cases: Circumstances[] = [
      { before: refused, flags: SOFTWARE_ADAPTER },
      // Its engine is not there.
      { missing: /jspi\.wasm$/, flags: SOFTWARE_ADAPTER, query: "?engine=webgpu" },
    ];
    const processor = await grouped(images, "2", {});
    for (const circumstances of cases) {
      const { found, said, engines } = await grouped(images, "2", circumstances);
      assert.deepEqual([said, [...new Set(engines)]], [["on the processor"], [CARD, PROCESSOR]]);
      assert.match(found.warnings.join("\n"), FAILURE);
      assert.equal(found.warnings.length, 1);
      assert.deepEqual(found.images, processor.found.images);
    }
  });
});

for (
  const [what, failing] of [
    ["that is lost", "device.destroy();"],
    [
      "with an error that the engine does not hear of",
      `device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", {
        cancelable: true,
        error: new GPUOutOfMemoryError("too little memory"),
      }));`,
    ],
  ]
) {
  test(`a card ${what} midway: the processor goes on, with one warning, and the next run is the processor's alone`, async () => {
    await withFolder(async (folder) => {
      const images = someOfEach(["cut", "hole"], 4, folder);
      const processor = await grouped(images, "2", {});
      const circumstances = { before: atThirdImage(failing), flags: SOFTWARE_ADAPTER };
      await withStudio(async ({ page, folder, asked }) => {
        const said = await saidOf(page);
        await chooseFolder(page, images);
        await group(page, { preset: "paper", k: "2" });
        assert.equal(await textOf(page, "problem"), "");
        assert.deepEqual(await said(), ["on the graphics card", "on the processor"]);
        assert.deepEqual(engines(asked), [CARD, PROCESSOR]);
        const first = await savedGroups(page, folder);
        assert.match(first.warnings.join("\n"), FAILURE);
        assert.equal(first.warnings.length, 1);
        assert.deepEqual(groupsOf(first), groupsOf(processor.found));
        await group(page, {});
        const second = await savedGroups(page, folder);
        assert.deepEqual([second.warnings, second.images], [[], processor.found.images]);
      }, circumstances);
    });
  });
}
