// The service in this process: requests and answers, with the real network on a few images of the fabric set.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { onnxEmbedder } from "../../mod.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { pooledEmbedder } from "../../src/embed/workers/embedder_pool.ts";
import { firstLookNetwork } from "../../src/look/first_look_network.ts";
import { PRESETS } from "../../src/preset.ts";
import type { GroupsFile } from "../../src/report/result.ts";
import { type Answer, createHandler, type HandlerOptions } from "../../src/serve/handler.ts";
import { DEFAULT_LIMITS } from "../../src/serve/limits.ts";
import { drawLarge, LARGE_SETS } from "../../tools/drawn_surfaces.ts";

const KINDS = ["cut", "hole"];
const NAMES = KINDS.flatMap((kind) => [1, 2, 3].map((at) => `${kind}/${kind}-0${at}.jpg`));
const FILES = new Map(
  NAMES.map((name) => [name, Deno.readFileSync(new URL(`../data/fabric/${name}`, import.meta.url))]),
);
const SIX = [...FILES];

let network: ReturnType<HandlerOptions["openNetwork"]> | undefined;

/** A handler with the smallest preset, and what it told of its answers. */
function service(options: Partial<HandlerOptions> = {}) {
  const answers: Answer[] = [];
  const handler = createHandler({
    openNetwork: () =>
      network ??= (async () => {
        const { model, embedding } = PRESETS.paper;
        return { embedder: await onnxEmbedder({ model: await Deno.readFile(model), ...embedding }), size: 224 };
      })(),
    presets: ["paper"],
    onAnswer: (answer) => answers.push(answer),
    ...options,
  });
  return { handler, answers };
}

function form(images: readonly (readonly [string, Uint8Array])[], fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, bytes] of images) form.append("images", new File([bytes as BufferSource], name), name);
  return form;
}

function post(
  body: BodyInit,
  options: { headers?: Record<string, string>; query?: string; signal?: AbortSignal } = {},
) {
  const { headers = {}, query = "", signal } = options;
  return new Request(`http://service/groups${query}`, { method: "POST", body, headers, signal });
}

type Entry = readonly [name: string, content: Uint8Array, options?: Record<string, unknown>];

async function zipOf(...entries: Entry[]): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, content, options] of entries) await writer.add(name, new Uint8ArrayReader(content), options);
  return new Uint8Array(await writer.close());
}

const ZIP = { "content-type": "application/zip" };

/** Status, code and sentence of a refusal. */
async function refusal(response: Response): Promise<[number, string, string]> {
  const text = await response.text();
  assert.match(response.headers.get("content-type")!, /^application\/json/);
  assert(!/\bat .*:\d+:\d+/.test(text), `a stack trace reached the client: ${text}`);
  const { error } = JSON.parse(text);
  return [response.status, error.code, error.message];
}

async function assertRefused(response: Response, status: number, code: string, message: RegExp): Promise<void> {
  const [foundStatus, foundCode, sentence] = await refusal(response);
  assert.deepEqual([foundStatus, foundCode], [status, code], sentence);
  assert.match(sentence, message);
}

Deno.test("a form and a zip give the same groups, by kind, also when requests overlap", async () => {
  const { handler, answers } = service();
  const fromForm = await handler(post(form(SIX, { k: "2" })));
  assert.equal(fromForm.status, 200, await fromForm.clone().text());
  const file: GroupsFile = await fromForm.json();
  assert.deepEqual(file.images.map(({ path }) => path), NAMES);
  assert.deepEqual(file.groups.map(({ size }) => size), [3, 3]);
  for (const { path, group } of file.images) assert.equal(group, file.images[path.startsWith("cut") ? 0 : 3].group);
  assert.equal(file.settings.preset, "paper");

  const zip = await zipOf(...SIX, ["__MACOSX/cut/._cut-01.jpg", new Uint8Array(9)], [
    "cut/.DS_Store",
    new Uint8Array(9),
  ]);
  const overlapping = await Promise.all([
    handler(post(zip, { headers: ZIP, query: "?k=2" })),
    handler(post(form(SIX.toReversed(), { k: "2" }))),
    handler(post(form(SIX, { k: "2" }))),
  ]);
  const [zipped, reversed, again]: GroupsFile[] = await Promise.all(overlapping.map((answer) => answer.json()));
  assert.deepEqual(zipped, file);
  assert.deepEqual(again, file);
  assert.deepEqual(new Set(reversed.images.map(({ score }) => score)), new Set(file.images.map(({ score }) => score)));

  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200]);
  assert.deepEqual(answers[0].names, NAMES);
  const metrics = await (await handler(new Request("http://service/metrics"))).text();
  for (
    const line of ['requests_total{status="200"} 4', "images_total 24", "in_flight 0", "queue 0", "seconds_count 4"]
  ) {
    assert(metrics.includes(`\nanomaly_cluster_${line}\n`), `${line} in\n${metrics}`);
  }
});

Deno.test("the report as HTML, and progress as events", async () => {
  const { handler } = service();
  const page = await handler(post(form(SIX), { headers: { accept: "text/html" } }));
  assert.match(page.headers.get("content-type")!, /^text\/html/);
  const html = await page.text();
  assert(html.startsWith("<!DOCTYPE html>") && NAMES.every((name) => html.includes(name)));
  assert(html.includes('id="learn"') && /"points":\{"dims":\d/.test(html), "it can learn from corrections");

  const stream = await handler(post(form(SIX, { k: "2" }), { headers: { accept: "text/event-stream, text/html" } }));
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  const events = (await stream.text()).trimEnd().split("\n\n").map((event) => {
    const [, name, data] = event.match(/^event: (\w+)\ndata: (.*)$/)!;
    return { name, data: JSON.parse(data) };
  });
  const progress = events.filter(({ name }) => name === "progress").map(({ data }) => data);
  for (const [stage, total] of [["decode", 6], ["embed", 6], ["compare", 15]]) {
    const told = progress.filter((one) => one.stage === stage);
    assert.deepEqual(told.at(-1), { stage, done: total, total });
    assert(told.every(({ done }, at) => at === 0 || done > told[at - 1].done));
  }
  const { name, data } = events.at(-1)!;
  assert.equal(name, "done");
  assert.equal(data.groups.images.length, 6);
  assert(data.report.startsWith("<!DOCTYPE html>"));

  const failing = await handler(post(form(SIX, { k: "7" }), { headers: { accept: "text/event-stream" } }));
  assert.match((await failing.text()).split("\n\n").at(-2)!, /^event: error\ndata: {"error":{"code":"bad-argument"/);
});

Deno.test("groups of the first images come while the others are embedded", async () => {
  const { handler } = service();
  const kinds = ["hole", "cut"];
  const images = Array.from({ length: 48 }, (_, at): [string, Uint8Array] => {
    const kind = kinds[at % 2];
    const file = `${kind}-${String((at >> 1) % 12 + 1).padStart(2, "0")}.jpg`;
    // Twice as many as there are: the second time with a byte behind the end, so that no file is another's copy.
    const bytes = Deno.readFileSync(new URL(`../data/fabric/${kind}/${file}`, import.meta.url));
    return [`${kind}/${at}.jpg`, at < 24 ? bytes : new Uint8Array([...bytes, 0])];
  });
  const stream = await handler(post(form(images, { k: "2" }), { headers: { accept: "text/event-stream" } }));
  const told = (await stream.text()).split("\n\n").filter((event) => event.includes('"groups":[{"size"'))
    .map((event) => JSON.parse(event.match(/^event: progress\ndata: (.*)$/)![1]));
  assert.equal(told.length, 1, "of 32 images, and not when nearly all are there");
  const [{ stage, done, total, groups }] = told;
  assert.deepEqual([stage, done, total], ["embed", 32, 48]);
  assert.deepEqual(groups.map(({ size }: { size: number }) => size), [16, 16]);
  assert.deepEqual(groups.map(({ medoid }: { medoid: string }) => medoid.split("/")[0]).sort(), ["cut", "hole"]);
});

Deno.test("what is not usable is left out, named, and refused when too little is left", async () => {
  const { handler } = service({ limits: { pixels: 1e5 } });
  const bomb = FILES.get(NAMES[0])!.slice();
  const frame = bomb.findIndex((byte, at) => byte === 0xff && bomb[at + 1] === 0xc2) + 5;
  bomb.set([0x7f, 0xff, 0x7f, 0xff], frame);
  const text = new TextEncoder().encode("no image");
  const { warnings, images }: GroupsFile = await (await handler(
    post(form([...SIX, ["huge.jpg", bomb], ["note.txt", text], [NAMES[0], FILES.get(NAMES[1])!]])),
  )).json();
  assert.equal(images.length, 7);
  assert.equal(images[6].path, "cut/cut-01 (2).jpg");
  assert.match(
    warnings[0],
    /^huge\.jpg: 32767 × 32767 pixels are too many \(0\.1 million pixels at most\).*, skipped$/,
  );
  assert.match(warnings[1], /^note\.txt: .*, skipped$/);
  const one = await handler(post(form([SIX[0], ["note.txt", text]])));
  await assertRefused(
    one,
    422,
    "too-few-images",
    /^1 of 2 images can be used \(note\.txt: .*\): at least 2 are needed$/,
  );
});

Deno.test("every wrong request gets its status and one sentence", async () => {
  const { handler, answers } = service({ limits: { bytes: 200_000, images: 8 } });
  const get = (path: string, method = "GET") => handler(new Request(`http://service${path}`, { method }));
  await assertRefused(await get("/nowhere"), 404, "not-found", /there are POST \/groups, GET \//);
  await assertRefused(await get("/toString"), 404, "not-found", /nothing at this address/);
  await assertRefused(await get("/groups"), 405, "method-not-allowed", /^GET does nothing here: use POST$/);
  await assertRefused(await get("/health", "DELETE"), 405, "method-not-allowed", /use GET, HEAD$/);
  await assertRefused(await get("/groups", "POST"), 415, "unsupported-media-type", /names no content type/);
  await assertRefused(await handler(post("{}")), 415, "unsupported-media-type", /^text\/plain is not read here/);
  const broken = { "content-type": "multipart/form-data; boundary=x" };
  await assertRefused(await handler(post("--y", { headers: broken })), 400, "bad-request", /the form is damaged/);
  const fields: [Record<string, string>, RegExp][] = [
    [{ k: "0" }, /^k is auto or a whole number from 1 on, not 0$/],
    [{ k: "9" }, /^the number of groups \(k\) is 9, more than the 6 usable images: choose at most 6$/],
    [{ preset: "best" }, /^preset is one of paper, not best$/],
    [{ tau: "-1" }, /^tau is auto, or above 0/],
    [{ threshold: "x" }, /^threshold is a number/],
    [{ threshold: "1", k: "2" }, /exclude each other/],
    [{ smallestGroup: "0.5" }, /^smallestGroup is a whole number/],
    [{ seed: "1" }, /^there is no field seed: there are images, preset, k/],
  ];
  for (const [given, message] of fields) {
    await assertRefused(await handler(post(form(SIX, given))), 400, "bad-argument", message);
  }
  const stray = form(SIX);
  stray.append("masks", new File(["x"], "mask.png"));
  await assertRefused(await handler(post(stray)), 400, "bad-request", /^the field masks holds a file/);
  await assertRefused(await handler(post(form([...SIX, ...SIX]))), 413, "too-large", /^12 images are too many \(8/);
  await assertRefused(await handler(post(form([["../../x.jpg", SIX[0][1]], SIX[1]]))), 422, "bad-request", /leads out/);
  const foreign = { "sec-fetch-site": "cross-site" };
  await assertRefused(await handler(post(form(SIX), { headers: foreign })), 403, "forbidden", /other sites/);
  assert(answers.every(({ status, fault }) => status >= 400 && fault === undefined));
});

Deno.test("bytes are counted while they come, whatever the header says", async () => {
  const { handler } = service({ limits: { bytes: 100_000 } });
  const type = { "content-type": "multipart/form-data; boundary=x" };
  let pulled = 0;
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        pulled += 10_000;
        controller.enqueue(new Uint8Array(10_000));
      },
    });
  await assertRefused(await handler(post(endless(), { headers: type })), 413, "too-large", /larger than 0\.1 MB/);
  assert(pulled >= 100_000 && pulled < 200_000, `${pulled} bytes were taken`);
  pulled = 0;
  const lying = { ...type, "content-length": "7" };
  await assertRefused(await handler(post(endless(), { headers: lying })), 413, "too-large", /larger than 0\.1 MB/);
  pulled = 0;
  const honest = { ...type, "content-length": "100001" };
  await assertRefused(await handler(post(endless(), { headers: honest })), 413, "too-large", /larger than 0\.1 MB/);
  assert(pulled <= 10_000, "nothing was read");
});

Deno.test("zips that are no plain folders of images are refused", async () => {
  const { handler } = service({ limits: { bytes: 300_000 } });
  const refuse = async (zip: Uint8Array<ArrayBuffer>, status: number, code: string, message: RegExp) => {
    await assertRefused(await handler(post(zip, { headers: ZIP })), status, code, message);
  };
  const [image] = FILES.values();
  const many = Array.from({ length: 40 }, (_, at): Entry => [`${at}.jpg`, image, { level: 0 }]);
  const stored = await zipOf(...many);
  await refuse(await zipOf(["../../etc/x.jpg", image], SIX[1]), 422, "bad-request", /leads out of the upload's folder/);
  await refuse(await zipOf(["zeros.png", new Uint8Array(290_000)]), 422, "bad-archive", /more than 100 times its size/);
  await refuse(await zipOf(["inner.zip", await zipOf(SIX[0])]), 422, "bad-archive", /is a zip within the zip/);
  await refuse(await zipOf(["inner.jpg", await zipOf(SIX[0])]), 422, "bad-archive", /is a zip within the zip/);
  await refuse(await zipOf(["cut.jpg", image, { password: "secret" }]), 422, "bad-archive", /^cut\.jpg is encrypted/);
  await refuse(stored, 413, "too-large", /the upload is larger than 0\.3 MB/);
  await refuse(new Uint8Array(stored.subarray(0, 9_000)), 422, "bad-archive", /damaged/);
  await refuse(await zipOf(), 422, "too-few-images", /^0 of 0 images/);

  // Half as much noise as bytes: each packs to about half its size, all together unpack to too much.
  const noisy = new Uint8Array(200_000);
  crypto.getRandomValues(noisy.subarray(0, 60_000));
  await refuse(
    await zipOf(["a.jpg", noisy], ["b.jpg", noisy]),
    413,
    "too-large",
    /the zip unpacks to more than 0\.3 MB/,
  );

  // One that says that it unpacks to less than it does.
  const lying = await zipOf(["a.jpg", noisy]);
  const directory = lying.findLastIndex((byte, at) => byte === 0x50 && lying[at + 1] === 0x4b && lying[at + 2] === 1);
  new DataView(lying.buffer).setUint32(directory + 24, 70_000, true);
  const [status] = await refusal(await handler(post(lying, { headers: ZIP })));
  assert([413, 422].includes(status));
});

Deno.test("one works, one waits, a third is told when to come back; who leaves makes room", async () => {
  const { handler, answers } = service({ limits: { concurrent: 1, queue: 1 } });
  const slow = Promise.withResolvers<void>();
  const body = new Response(form(SIX, { k: "2" }));
  const type = { "content-type": body.headers.get("content-type")! };
  const held = new ReadableStream({
    async start(controller) {
      await slow.promise;
      for await (const chunk of body.body!) controller.enqueue(chunk);
      controller.close();
    },
  });
  const first = handler(post(held, { headers: type }));
  const impatient = new AbortController();
  const second = handler(post(form(SIX), { signal: impatient.signal }));
  const third = await handler(post(form(SIX)));
  assert.match(third.headers.get("retry-after")!, /^[1-9]\d*$/);
  await assertRefused(third, 429, "busy", /^1 requests are waiting already: try again in \d+ s$/);
  const metrics = await (await handler(new Request("http://service/metrics"))).text();
  assert(metrics.includes("in_flight 1\n") && metrics.includes("_queue 1\n"));

  impatient.abort();
  assert.equal((await second).status, 499);
  const fourth = handler(post(form(SIX)));
  slow.resolve();
  assert.deepEqual([(await first).status, (await fourth).status], [200, 200]);
  assert.deepEqual(answers.map(({ status }) => status).filter((status) => status !== 200), [429, 499]);
});

Deno.test("several networks at once: the same groups, and a client who leaves takes no one else's work along", async () => {
  const { model, embedding } = PRESETS.paper;
  const options = { model: await Deno.readFile(model), ...embedding };
  const pool = pooledEmbedder((await onnxEmbedder(options)).id, options, 2);
  const openNetwork = () => Promise.resolve({ embedder: pool, atOnce: 2, size: 224 });
  const limits = { concurrent: 2 };
  const [one, several] = [service({ limits }), service({ limits, openNetwork })];
  const broken = [...SIX, ["cut/broken.jpg", SIX[0][1].slice(0, 200)]] as const;
  const expected = await (await one.handler(post(form(broken, { k: "2" })))).json();
  const many = Array.from({ length: 120 }, (_, at) => [`${at}.jpg`, SIX[at % 6][1]] as const);
  const stop = new AbortController();
  const leaving = several.handler(post(form(many), { signal: stop.signal }));
  const staying = several.handler(post(form(broken, { k: "2" })));
  assert.deepEqual(await (await staying).json(), expected);
  assert.match(expected.warnings.join(), /^cut\/broken.jpg: .*, skipped$/);
  stop.abort();
  await leaving;
  assert.deepEqual(several.answers.map(({ status }) => status), [200, 499]);
  await pool.release();
});

Deno.test("work stops where the client leaves or the time is over", async () => {
  const many = Array.from({ length: 120 }, (_, at) => [`${at}.jpg`, SIX[at % 6][1]] as const);
  const { handler, answers } = service({ limits: { concurrent: 1, queue: 0, seconds: 1 } });
  const late = await handler(post(form(many)));
  await assertRefused(late, 504, "out-of-time", /^the work took longer than 1 s/);
  const stuck = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(3)) });
  const slow = await handler(post(stuck, { headers: ZIP }));
  await assertRefused(slow, 408, "upload-too-slow", /^the upload took longer than 1 s/);

  const leaving = service({ limits: { concurrent: 1, queue: 0 } });
  const stop = new AbortController();
  const headers = { accept: "text/event-stream" };
  const stream = await leaving.handler(post(form(many), { headers, signal: stop.signal }));
  const reader = stream.body!.getReader();
  await reader.read();
  stop.abort();
  while (!(await reader.read()).done);
  assert.deepEqual(leaving.answers.map(({ status }) => status), [499]);
  assert(leaving.answers[0].seconds < 3, "it did not stop");
  const next = await leaving.handler(post(form(SIX)));
  assert.equal(next.status, 200, "the place is free again");
  assert.deepEqual(answers.map(({ status }) => status), [504, 408]);
});

Deno.test("a closing service answers 503, and a fault tells nothing of its cause", async () => {
  const closing = new AbortController();
  const { handler, answers } = service({
    closing: closing.signal,
    openNetwork: () => Promise.reject(new Error("/secret/path")),
  });
  const [status, code, message] = await refusal(await handler(post(form(SIX))));
  assert.deepEqual([status, code, message.includes("secret")], [500, "internal", false]);
  assert.match(String(answers[0].fault), /secret/, "the log has it");
  assert.equal((await handler(new Request("http://service/health"))).status, 200);
  closing.abort();
  await assertRefused(await handler(new Request("http://service/health")), 503, "closing", /closing/);
  await assertRefused(await handler(post(form(SIX))), 503, "closing", /closing/);
});

Deno.test("limits are checked", () => {
  assert.throws(() => service({ limits: { concurrent: 0 } }), /the limit concurrent is 0, but must be/);
  assert.throws(() => service({ limits: { bytes: NaN } }), RangeError);
});

Deno.test("openapi.json tells each path, method, field, limit and status", async () => {
  const limits = { ...DEFAULT_LIMITS, images: 7, bytes: 100_000 };
  const { handler } = service({ limits });
  const api = await (await handler(new Request("http://service/openapi.json"))).json();
  assert.equal(api.openapi, "3.1.0");
  const listed = Object.entries<Record<string, unknown>>(api.paths).flatMap(([path, methods]) => {
    return Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`);
  });
  const told = (await refusal(await handler(new Request("http://service/x"))))[2].split("there are ")[1].split(", ");
  assert.deepEqual(listed.sort(), told.sort());
  for (const path of Object.keys(api.paths).filter((path) => path !== "/groups")) {
    const response = await handler(new Request(`http://service${path}`));
    const [type] = Object.keys(api.paths[path].get.responses[200].content);
    assert(response.ok && response.headers.get("content-type")!.startsWith(type), path);
  }

  const { post: groups } = api.paths["/groups"];
  assert.deepEqual(groups["x-limits"], limits);
  for (const limit of Object.values(limits)) assert(groups.description.includes(String(limit)));
  const { properties } = groups.requestBody.content["multipart/form-data"].schema;
  assert.equal(properties.images.maxItems, 7);
  const { images: _, ...fields } = properties;
  const message = (await refusal(await handler(post(form(SIX, { x: "1" })))))[2];
  assert.deepEqual(message.split("there are images, ")[1].split(", "), Object.keys(fields));
  assert.deepEqual(groups.parameters.map(({ name }: { name: string }) => name), Object.keys(fields));
  for (const status of [200, 400, 403, 408, 413, 415, 422, 429, 500, 503, 504]) {
    assert(groups.responses[status], `${status}`);
  }
  const seven = form([...SIX, ["one-more.jpg", SIX[0][1]]]);
  assert.equal((await handler(post(seven))).status, 200);
  assert.equal((await handler(post(form([...SIX, ...SIX].slice(0, 8))))).status, 413);
  assert.equal((await handler(post(new Uint8Array(100_001), { headers: ZIP }))).status, 413);
});

Deno.test("the handler's own modules use web standards alone", async () => {
  const entry = fileURLToPath(new URL("../../src/serve/handler.ts", import.meta.url));
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry] }).output();
  const { modules }: { modules: { specifier: string }[] } = JSON.parse(new TextDecoder().decode(stdout));
  const own = modules.map(({ specifier }) => specifier).filter((specifier) => /^file:.*\.[jt]s$/.test(specifier));
  assert(own.length > 60);
  for (const specifier of own) {
    const source = await Deno.readTextFile(new URL(specifier));
    assert(
      !/from "node:|\bDeno\.\w+\(|\bDeno\.(env|errors|build)\b/.test(source.replace(/^ ?\*.*|\/\/.*$/gm, "")),
      specifier,
    );
  }
});

Deno.test("large photos are looked at closer; where the service cannot, it says so", async () => {
  const set = { ...LARGE_SETS.photos, width: 896, height: 672 };
  const photos: [string, Uint8Array][] = [];
  for (let at = 0; at < 4; at++) {
    const { image } = drawLarge(set, 70 + at, ["pit", "spot"][at % 2]);
    photos.push([`${at}.jpg`, new Uint8Array(await encodeJpeg(image, { quality: 90 }))]);
  }
  const fields = { k: "2", detail: "16" };
  const whole = service();
  const seenWhole: GroupsFile = await (await whole.handler(post(form(photos, fields)))).json();
  assert.match(seenWhole.warnings.join(), /896 × 672 pixels are seen whole here: defects below some 64 pixels/);
  assert.equal(seenWhole.settings.detail, undefined);
  let firstLooks: Promise<Embedder> | undefined;
  const { handler } = service({
    openNetwork: async () => {
      const { model, embedding } = PRESETS.paper;
      return {
        embedder: await onnxEmbedder({ model: await Deno.readFile(model), ...embedding }),
        openFirstLook: () => firstLooks ??= firstLookNetwork({}).then((found) => found.open()),
        size: 224,
      };
    },
  });
  const closely: GroupsFile = await (await handler(post(form(photos, fields)))).json();
  assert.match(String(closely.settings.detail), /closer, for defects from 16 pixels on/);
  assert.deepEqual(
    closely.images.map(({ group }) => group),
    [1, 2, 1, 2].map((kind) => kind === closely.images[0].group ? 1 : 2),
  );
  const report = await (await handler(post(form(photos, fields), { headers: { accept: "text/html" } }))).text();
  assert.match(report, /"window":\{"left":/);
  assert.match(report, /id="show-defect"/);
  assert.match(report, /"defect":\{"photoWidth":896,"photoHeight":672/);
  const refused = await handler(post(form(photos, { detail: "tiny" })));
  assert.equal(refused.status, 400);
});
