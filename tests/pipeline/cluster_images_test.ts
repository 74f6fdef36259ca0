// The one call that groups images.

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import fc from "fast-check";
import {
  AnomalyClusterError,
  clusterImages,
  clusterPatches,
  decodeImage,
  DEFAULT_MODEL,
  type Embedder,
  joinPatches,
  onnxEmbedder,
  type PresetName,
  PRESETS,
  presetSettings,
  readNetwork,
  releaseNetworks,
} from "../../mod.ts";
import { startedLiteRt } from "../../src/embed/litert/litert_runtime.ts";
import { packNetwork, unpackNetwork } from "../../src/embed/packed.ts";
import { drawLarge, LARGE_SETS } from "../../tools/drawn_surfaces.ts";
import { PROJECT, run, withImages } from "../support/program.ts";

const PATHS = ["cut", "hole", "stain"].flatMap((kind) =>
  [1, 2, 3].map((number) => join(PROJECT, "tests/data/fabric", kind, `${kind}-0${number}.jpg`))
);

/** The same by the steps below the one call. */
async function byHand(preset: PresetName, normalPaths: readonly string[] = []) {
  const { model, embedding } = PRESETS[preset];
  const embedder = await onnxEmbedder({ ...await readNetwork(model), ...embedding });
  const patchesOf = async (paths: readonly string[]) => {
    const parts = [];
    for (const path of paths) parts.push(await embedder.embed(await decodeImage(await Deno.readFile(path))));
    return joinPatches(parts);
  };
  const normals = normalPaths.length ? { normals: await patchesOf(normalPaths) } : {};
  const settings = presetSettings(preset, normalPaths.length > 0);
  const result = await clusterPatches(await patchesOf(PATHS), { ...settings, ...normals, k: 3 });
  await embedder.release();
  return result;
}

Deno.test("paths, addresses, bytes, blobs and pixels of the same images: the groups of the steps by hand", async () => {
  const expected = await byHand("paper");
  const bytes = await Promise.all(PATHS.map((path) => Deno.readFile(path)));
  const inputs = {
    paths: PATHS,
    addresses: PATHS.map((path) => pathToFileURL(path)),
    bytes,
    buffers: bytes.map(({ buffer }) => buffer),
    blobs: bytes.map((one) => new Blob([one])),
    pixels: await Promise.all(bytes.map((one) => decodeImage(one))),
    mixed: PATHS.map((path, at) => at % 2 ? path : bytes[at]),
  };
  for (const [name, images] of Object.entries(inputs)) {
    const found = await clusterImages(images, { preset: "paper", k: 3 });
    assert.deepEqual(found.groups, expected.groups, name);
    assert.deepEqual(found.scores, expected.scores, name);
  }
  const streamed = await clusterImages(Readable(PATHS), { preset: "paper", k: 3 });
  assert.deepEqual(streamed.scores, expected.scores);
  await releaseNetworks();
});

async function* Readable(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) yield await Promise.resolve(path);
}

Deno.test("nothing said is the preset `default`; what is said beside a preset wins over it", async () => {
  const expected = await byHand("default");
  assert.deepEqual((await clusterImages(PATHS, { k: 3 })).scores, expected.scores);
  const uniform = await clusterImages(PATHS, { k: 3, weight: { kind: "uniform" } });
  assert(
    uniform.weights.data.every((weight) => Math.abs(weight * uniform.weights.patches - 1) < 1e-6),
    "the weights that were given",
  );
  await releaseNetworks();
});

Deno.test("labelled normals as images: the preset's way with normals", async () => {
  const normals = [1, 2, 3].map((number) => join(PROJECT, "tests/data/fabric/good", `good-0${number}.jpg`));
  const expected = await byHand("default", normals);
  const found = await clusterImages(PATHS, { k: 3, normals });
  assert.deepEqual([found.groups, found.scores], [expected.groups, expected.scores]);
  await assert.rejects(clusterImages(PATHS, { normals: [] }), { code: "too-few-images", message: /1 normal image/ });
  await releaseNetworks();
});

Deno.test("the program's groups", async () => {
  await withImages(15, async (folder) => {
    const { code, stdout, stderr } = await run(
      "cluster",
      join(folder, "in"),
      "--json",
      "-",
      "--out",
      join(folder, "o"),
    );
    assert.equal(code, 0, stderr);
    const file: { images: { path: string; group: number }[] } = JSON.parse(stdout);
    const { groups } = await clusterImages(file.images.map(({ path }) => join(folder, "in", path)));
    const first = Math.min(...file.images.map(({ group }) => group));
    assert.deepEqual(file.images.map(({ group }) => group - first), Array.from(groups));
    await releaseNetworks();
  });
});

Deno.test("the network opens once for all calls, and anew after it was released", async () => {
  const { engine } = (await startedLiteRt())!;
  const { loadModel } = engine;
  let opened = 0;
  engine.loadModel = (...given) => {
    opened++;
    return loadModel(...given);
  };
  const group = (size?: number) => clusterImages(PATHS.slice(0, 3), { preset: "paper", k: 2, network: { size } });
  try {
    const [first, second] = await Promise.all([group(), group()]);
    assert.deepEqual(first.groups, second.groups);
    await group();
    assert.equal(opened, 1);
    await group(128);
    assert.equal(opened, 2, "another size is another network");
    await releaseNetworks();
    await releaseNetworks();
    await group();
    assert.equal(opened, 3);
  } finally {
    engine.loadModel = loadModel;
    await releaseNetworks();
  }
});

Deno.test("progress and abort", async () => {
  const done: number[] = [];
  const pairs: number[] = [];
  await clusterImages(PATHS, {
    preset: "paper",
    k: 3,
    onImage: (count) => done.push(count),
    onProgress: (count) => pairs.push(count),
  });
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(pairs.at(-1), 36);
  const stop = new AbortController();
  const stopped = clusterImages(PATHS, {
    preset: "paper",
    signal: stop.signal,
    onImage: (count) => count === 2 && stop.abort(new Error("enough")),
  });
  await assert.rejects(stopped, /enough/);
  await releaseNetworks();
});

Deno.test("an image that cannot be used is named", async () => {
  const cases: [bad: string | URL | Uint8Array, message: RegExp][] = [
    ["gone.jpg", /^gone\.jpg: this cannot be read$/],
    [join(PROJECT, "deno.json"), /deno\.json: /],
    [new Uint8Array(), /^image 2: the file is empty$/],
    [new URL("http://127.0.0.1:9/x.jpg"), /^http:\/\/127\.0\.0\.1:9\/x\.jpg: this cannot be read$/],
  ];
  for (const [bad, message] of cases) {
    await assert.rejects(clusterImages([PATHS[0], bad], { preset: "paper" }), { code: "bad-image", message });
  }
  await assert.rejects(clusterImages([], { preset: "paper" }), { code: "too-few-images" });
  await releaseNetworks();
});

Deno.test("without permission to read: what may be allowed is said; given bytes need none", {
  permissions: "none",
}, async () => {
  await assert.rejects(clusterImages(["x.jpg", "y.jpg"]), {
    code: "bad-image",
    message: /allow it with --allow-read$/,
  });
});

Deno.test("a given embedder takes the place of the preset's network", async () => {
  const embedder: Embedder = {
    id: "mean colour",
    embed: ({ data }) => {
      const means = Float32Array.from([0, 1, 2], (channel) => {
        let sum = 0;
        for (let at = channel; at < data.length; at += 4) sum += data[at];
        return sum / data.length;
      });
      return Promise.resolve({ data: means, count: 1, rows: 1, cols: 1, channels: 3 });
    },
    release: () => Promise.resolve(),
  };
  const { weights } = await clusterImages(PATHS, { embedder, k: 2 });
  assert.equal(weights.patches, 1);
});

Deno.test("any bytes come back from the WebAssembly file that they are packed into, by us and by the engine", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40_000 }), (onnx) => {
    const packed = packNetwork(onnx);
    assert.deepEqual(new Uint8Array(unpackNetwork(packed)), onnx);
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(packed), "onnx");
    assert.deepEqual(new Uint8Array(section), onnx);
  }));
  const other = new Uint8Array([8, 7, 0x12, 7]);
  assert.equal(unpackNetwork(other), other);
  for (const cut of [8, 9, 12, 20]) {
    assert.throws(() => unpackNetwork(packNetwork(new Uint8Array(90)).subarray(0, cut)), { code: "bad-model" });
  }
});

Deno.test("a network that is not there, or damaged, is told in a sentence", async () => {
  const missing = new URL("none.onnx.wasm", DEFAULT_MODEL);
  await assert.rejects(readNetwork(missing), { code: "bad-argument", message: /none\.onnx\.wasm cannot be read$/ });
  const closed = new URL("http://127.0.0.1:9/net.onnx.wasm");
  await assert.rejects(readNetwork(closed), (error) => {
    assert(error instanceof AnomalyClusterError && error.code === "bad-model");
    assert.match(error.message, /^the network net\.onnx cannot be fetched from 127\.0\.0\.1:9: .*run once with a/);
    return true;
  });
});

Deno.test("large photos in an array are looked at closely: small defects tell the groups, and windows say where", async () => {
  const set = { ...LARGE_SETS.photos, width: 1120, height: 896 };
  const drawn = Array.from({ length: 8 }, (_, at) => drawLarge(set, 300 + at, at % 2 ? "pit" : "spot"));
  const images = await Promise.all(drawn.map(async ({ image }, at) => {
    return at < 4 ? image : new Uint8Array(await encodeJpeg(image, { quality: 90 }));
  }));
  const { groups, windows, weights } = await clusterImages(images, { preset: "quick", k: 2 });
  groups.forEach((group, at) => assert.equal(group, groups[at % 2], String(groups)));
  assert.notEqual(groups[0], groups[1]);
  assert.equal(weights.count, 8);
  drawn.forEach(({ box }, at) => {
    const { left, top, width, height } = windows![at];
    const [x, y] = [box!.left + box!.width / 2, box!.top + box!.height / 2];
    assert.ok(x > left && x < left + width && y > top && y < top + height, `${at}: ${JSON.stringify(windows![at])}`);
  });
  const whole = await clusterImages(images, { preset: "quick", k: 2, detail: "off" });
  assert.equal(whole.windows, undefined);
  async function* streamed() {
    yield* await Promise.resolve(images);
  }
  await assert.rejects(clusterImages(streamed(), { preset: "quick", detail: 20 }), {
    code: "bad-argument",
    message: "detail takes images as an array, as some are read first",
  });
  await releaseNetworks();
});
