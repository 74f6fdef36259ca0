// Manifests: which ones are refused and with which message, what they change, and the program with a user's own model.

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AnomalyClusterError,
  decodeImage,
  DEFAULT_MODEL,
  type ModelManifest,
  onnxEmbedder,
  PYRAMID_MODEL,
  type Raster,
  readManifest,
  readNetwork,
  resize,
  TWO_NETWORKS_MODEL,
} from "../../mod.ts";
import { PROJECT, runTask } from "../support/program.ts";

const beside = (model: URL) => new URL(model.href.replace(/onnx\.wasm$/, "json"));
const JSON_TEXT = await Deno.readTextFile(beside(DEFAULT_MODEL));
const { model: MODEL } = await readNetwork(DEFAULT_MODEL);

/** The included model's manifest with a field changed. */
function changed(path: string, value: unknown): string {
  const manifest = JSON.parse(JSON_TEXT);
  const keys = path.split(".");
  const last = keys.pop()!;
  keys.reduce((at, key) => at[key], manifest)[last] = value;
  return JSON.stringify(manifest);
}

function badModel(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof AnomalyClusterError, String(error));
    assert.match(error.message, message);
    return error.code === "bad-model";
  };
}

async function fabricImage(side: number): Promise<Raster> {
  return resize(
    await decodeImage(await Deno.readFile(join(PROJECT, "tests/data/fabric/stain/stain-01.jpg"))),
    side,
    side,
  );
}

async function embed(options: Partial<Parameters<typeof onnxEmbedder>[0]>, side = 64) {
  const embedder = await onnxEmbedder({ model: MODEL, size: side, ...options });
  try {
    return { id: embedder.id, patches: await embedder.embed(await fabricImage(side)) };
  } finally {
    await embedder.release();
  }
}

Deno.test("a manifest that lacks something is refused with the field and what belongs there", () => {
  const cases: [json: string, message: RegExp][] = [
    ["{", /^m\.json is not JSON/],
    ["null", /^m\.json names no format: anomaly-cluster-model\/1 is needed/],
    [changed("format", "anomaly-cluster-model/2"), /is of the format anomaly-cluster-model\/2: .*\/1 is needed/],
    [changed("name", ""), /^m\.json: name is not a text/],
    [changed("input", null), /input\.side is not a whole number from 1 on/],
    [changed("input.multiple", 1.5), /input\.multiple is not a whole number/],
    [changed("input.side", 225), /input\.side 225 is not a multiple of 32/],
    [changed("input.fixed", "no"), /input\.fixed is not true or false/],
    [changed("input.pixels", "BGR, 0 to 1"), /input\.pixels is not "RGB, 0 to 255"/],
    [changed("input.mean", [1, 2]), /input\.mean is not three numbers/],
    [changed("input.deviation", [1, 0, 1]), /input\.deviation is not three numbers above 0/],
    [changed("levels", []), /levels is not a list of at least one output/],
    [changed("levels.0.stride", "16"), /levels\.0\.stride is not a whole number/],
    [changed("licence", undefined), /licence is not a text/],
    [changed("sha256", "abc"), /sha256 is not 64 hexadecimal digits/],
    [changed("made", null), /made is not an object/],
  ];
  for (const [json, message] of cases) assert.throws(() => readManifest(json, "m.json"), badModel(message), json);
});

Deno.test("the manifests of the included models are those of their files", async () => {
  for (const address of [DEFAULT_MODEL, PYRAMID_MODEL, TWO_NETWORKS_MODEL]) {
    const manifest = readManifest(await Deno.readTextFile(beside(address)));
    const { model } = await readNetwork(address);
    const { patches } = await embed({ model, manifest });
    assert.equal(patches.rows, 64 / manifest.levels[0].stride);
    assert.equal(patches.channels, manifest.levels.reduce((sum, { channels }) => sum + channels, 0));
  }
  const manifest = readManifest(JSON_TEXT);
  const [plain, described] = [await embed({}), await embed({ manifest })];
  assert.deepEqual(described.patches, plain.patches);
  assert.match(described.id, new RegExp(`^efficientnet-lite0-reduction4 ${manifest.sha256.slice(0, 8)}@64 `));
});

Deno.test("needs no permissions, the checksum included", { permissions: "none" }, async () => {
  const manifest = readManifest(changed("sha256", "0".repeat(64)));
  await assert.rejects(
    onnxEmbedder({ model: MODEL, manifest }),
    badModel(/is not the one of its manifest, its SHA-256 is d697aee0f4fe… and not 000000000000…/),
  );
});

Deno.test("a model whose outputs or shapes are not the manifest's is refused", async () => {
  const cases: [json: string, message: RegExp][] = [
    [changed("levels.0.name", "block7"), /has no output block7: its outputs are features/],
    [changed("levels.0.channels", 192), /features gives 112 channels of 4 × 4 patches, its manifest says 192 channels/],
    [changed("levels.0.stride", 8), /gives 112 channels of 4 × 4 patches, its manifest says 112 channels of 8 × 8/],
  ];
  for (const [json, message] of cases) {
    await assert.rejects(embed({ manifest: readManifest(json) }), badModel(message), json);
  }
});

Deno.test("sizes: the manifest's side, its multiple, and none but its side where that is fixed", async () => {
  const size = (json: string, side: number) => embed({ manifest: readManifest(json) }, side);
  await assert.rejects(size(JSON_TEXT, 80), { code: "bad-argument", message: /size 80 is not a multiple of 32/ });
  assert.equal((await size(changed("input.multiple", 16), 80)).patches.cols, 5);
  assert.equal((await embed({ multiple: 16 }, 80)).patches.cols, 5);
  const fixed: { input: ModelManifest["input"] } = JSON.parse(JSON_TEXT);
  const json = JSON.stringify({ ...fixed, input: { ...fixed.input, side: 96, fixed: true } });
  await assert.rejects(size(json, 64), { code: "bad-argument", message: /takes images of size 96 alone, not 64/ });
  assert.match((await embed({ manifest: readManifest(json), size: undefined }, 96)).id, /@96 /);
});

Deno.test("mean and deviation of each channel: as if each had been normalised by hand", async () => {
  // (pixel - mean) / deviation = (other pixel - 127) / 128 where other pixel = pixel × 2 + shift, for each channel.
  const shift = [7, -5, 20];
  const dim = await fabricImage(64);
  const halved = dim.data.map((value, at) => at % 4 === 3 ? 255 : 40 + Math.floor(value / 4));
  const bright = halved.map((value, at) => at % 4 === 3 ? 255 : value * 2 + shift[at % 4]);
  const mean = shift.map((offset) => (127 - offset) / 2) as [number, number, number];
  const run = async (data: Uint8Array | Uint8ClampedArray, options: Parameters<typeof embed>[0]) => {
    const embedder = await onnxEmbedder({ model: MODEL, size: 64, ...options });
    const { data: found } = await embedder.embed({ ...dim, data });
    await embedder.release();
    return { found, id: embedder.id };
  };
  const json = JSON.parse(JSON_TEXT);
  const manifest = readManifest(JSON.stringify({ ...json, input: { ...json.input, mean, deviation: [64, 64, 64] } }));
  const expected = await run(bright, {});
  for (const options of [{ mean, deviation: 64 }, { manifest }]) {
    const { found, id } = await run(halved, options);
    const largest = expected.found.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    found.forEach((value, at) => assert(Math.abs(value - expected.found[at]) < 1e-5 * largest));
    assert(id.endsWith("(pixel - [60, 66, 53.5]) / 64"), id);
  }
  const swapped = await run(halved, { mean: [mean[1], mean[0], mean[2]], deviation: 64 });
  assert(swapped.found.some((value, at) => Math.abs(value - expected.found[at]) > 0.01), "channels make no difference");
});

Deno.test("--model reads the manifest beside it; without one, a warning says what is assumed", async () => {
  const folder = await Deno.makeTempDir();
  const cluster = (...args: string[]) => {
    return runTask("cluster", join(folder, "in"), "--k", "2", "--json", "-", ...args);
  };
  try {
    Deno.mkdirSync(join(folder, "in"));
    for (const name of ["cut-01", "cut-02"]) {
      Deno.copyFileSync(join(PROJECT, "tests/data/fabric/cut", `${name}.jpg`), join(folder, "in", `${name}.jpg`));
    }
    const [model, json] = [join(folder, "my net.onnx"), join(folder, "my net.json")];
    Deno.writeFileSync(model, MODEL);
    const bare = await cluster("--model", model, "--size", "64");
    assert.equal(bare.code, 0, bare.stderr);
    assert.match(
      bare.stderr,
      /^warning: my net\.onnx has no manifest beside it: pixels become \(pixel - 127\) \/ 128, RGB, as a guess$/m,
    );
    assert.equal(JSON.parse(bare.stdout).model, "my net × 4 views@64 (pixel - 127) / 128");

    const { input } = JSON.parse(JSON_TEXT);
    Deno.writeTextFileSync(json, changed("input", { ...input, side: 96, multiple: 16, mean: [120, 110, 100] }));
    const described = await cluster("--model", model);
    assert.equal(described.code, 0, described.stderr);
    assert.doesNotMatch(described.stderr, /manifest/);
    const file = JSON.parse(described.stdout);
    assert.match(
      file.model,
      /^efficientnet-lite0-reduction4 d697aee0 × 4 views@96 \(pixel - \[120, 110, 100\]\) \/ 128$/,
    );
    assert.equal(file.settings.size, 96);

    const cases: [manifest: string, args: string[], code: number, message: RegExp][] = [
      [changed("input.multiple", 16), ["--size", "72"], 2, /size 72 is not a multiple of 16/],
      [changed("input.fixed", true), ["--size", "64"], 2, /takes images of size 224 alone, not 64/],
      [changed("format", "anomaly-cluster-model/9"), [], 1, /my net\.json is of the format anomaly-cluster-model\/9/],
      [changed("sha256", "f".repeat(64)), [], 1, /is not the one of its manifest/],
      [changed("levels.0.channels", 40), ["--size", "64"], 1, /its manifest says 40 channels/],
    ];
    for (const [manifest, args, code, message] of cases) {
      Deno.writeTextFileSync(json, manifest);
      const result = await cluster("--model", model, ...args);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, "");
      assert.doesNotMatch(result.stderr, /^\s+at .*:\d+:\d+/m);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
