// Which layouts of a network's output are accepted as a patch grid, and which are refused.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelLevel, onnxEmbedder, type PatchSet, type Raster, readManifest } from "../../mod.ts";
import { sha256 } from "../../src/embed/manifest.ts";
import { rearranged, type Steps } from "../support/onnx_file.ts";
import { run, withImages } from "../support/program.ts";

const SIDE = 32;
const IMAGE: Raster = {
  data: Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, at) => at % 4 === 3 ? 255 : 20 + at * 7 % 211),
  width: SIDE,
  height: SIDE,
};

/** A manifest for a network whose patches are an image's pixels. */
async function manifestOf(model: Uint8Array, name: string, level: Partial<ModelLevel> = {}): Promise<string> {
  return JSON.stringify({
    format: "anomaly-cluster-model/1",
    name: "drawn",
    input: {
      side: SIDE,
      multiple: 8,
      fixed: true,
      pixels: "RGB, 0 to 255",
      mean: [0, 0, 0],
      deviation: [255, 255, 255],
    },
    levels: [{ name, layer: "pixels", stride: 1, channels: 3, ...level }],
    licence: "none",
    source: "drawn",
    sha256: await sha256(model),
    made: {},
  });
}

async function embed(steps: Partial<Steps>, level?: Partial<ModelLevel>): Promise<PatchSet> {
  const model = rearranged({ side: SIDE, ...steps });
  const last = Object.values(steps).filter(Boolean).length;
  const manifest = level && readManifest(await manifestOf(model, `after${last}`, level));
  const embedder = await onnxEmbedder({
    model,
    manifest,
    size: SIDE,
    multiple: 8,
    mean: 0,
    deviation: 255,
    name: "drawn",
  });
  try {
    return await embedder.embed(IMAGE);
  } finally {
    await embedder.release();
  }
}

const CHANNELS_LAST = [0, 2, 3, 1];

Deno.test("channels last, tokens and numbers of 16 bits are read as the manifest says", async () => {
  const expected = await embed({});
  assert.deepEqual([expected.rows, expected.cols, expected.channels], [SIDE, SIDE, 3]);
  const tokens = { transposed: CHANNELS_LAST, reshaped: [1, SIDE * SIDE, 3] };
  assert.deepEqual(await embed({ transposed: CHANNELS_LAST }, { layout: "channels-last" }), expected);
  assert.deepEqual(await embed(tokens, { layout: "tokens" }), expected);
  for (const [steps, level] of [[{}, {}], [tokens, { layout: "tokens" as const }]] as const) {
    const { data } = await embed({ ...steps, half: true }, level);
    data.forEach((value, at) => assert(Math.abs(value - expected.data[at]) < 5e-4));
    assert(data.some((value, at) => value !== expected.data[at]), "16 bits round");
  }
});

Deno.test("tokens before the grid are left out", async () => {
  // 1,024 tokens of 3 numbers as 1,024 of 3: the first 124 are extra, 900 make a grid of 30 × 30.
  const tokens = { transposed: CHANNELS_LAST, reshaped: [1, SIDE * SIDE, 3] };
  const level = { layout: "tokens", extraTokens: 124, stride: SIDE / 30 } as const;
  await assert.rejects(embed(tokens, level), { code: "bad-model", message: /stride is not a whole number/ });
  await assert.rejects(embed(tokens, { layout: "tokens", extraTokens: 5 }), {
    code: "bad-model",
    message: "drawn: 1024 tokens without 5 make no square grid: say in its manifest how many are extra",
  });
  const all = await embed(tokens, { layout: "tokens" });
  const half = { transposed: CHANNELS_LAST, reshaped: [1, 2 * SIDE * SIDE / 8, 12] };
  const some = await embed(half, { layout: "tokens", extraTokens: 0, stride: 2, channels: 12 });
  assert.deepEqual([some.rows, some.cols], [16, 16]);
  const one = { transposed: CHANNELS_LAST, reshaped: [1, 3, SIDE * SIDE] };
  const last = await embed(one, { layout: "tokens", extraTokens: 2, stride: 32, channels: SIDE * SIDE });
  assert.deepEqual(Array.from(last.data), Array.from(all.data.subarray(2 * SIDE * SIDE)));
});

Deno.test("what is no square grid, or not what the manifest says, is refused in a true sentence", async () => {
  const cases: [steps: Partial<Steps>, level: Partial<ModelLevel> | undefined, message: RegExp][] = [
    [
      { transposed: CHANNELS_LAST },
      undefined,
      /no square grid of patches, channels first: its output is 1 × 32 × 32 × 3; where/,
    ],
    [{ transposed: CHANNELS_LAST }, {}, /gives 32 channels of 32 × 3 patches, its manifest says 3 channels of 32 × 32/],
    [
      { reshaped: [1, 3, SIDE * SIDE] },
      undefined,
      /gives no patch grid: its output is 1 × 3 × 1024; tokens are read where/,
    ],
    [{ reshaped: [3, 1, SIDE, SIDE] }, undefined, /gives no patch grid: its output is 3 × 1 × 32 × 32/],
    [{}, { layout: "tokens" }, /gives no tokens of one image, as its manifest says: its output is 1 × 3 × 32 × 32/],
    [{}, { layout: "sideways" as "tokens" }, /layout is not channels-first, channels-last or tokens/],
    [{}, { extraTokens: -1 }, /extraTokens is not a whole number from 0 on/],
  ];
  for (const [steps, level, message] of cases) {
    await assert.rejects(embed(steps, level), { code: "bad-model", message });
  }
});

Deno.test("numbers that are not finite: before the work where they always are, else with the image's name", async () => {
  const model = rearranged({ side: SIDE, logarithm: true });
  await withImages(3, async (folder) => {
    const [file, json] = [join(folder, "net.onnx"), join(folder, "net.json")];
    writeFileSync(file, model);
    const cluster = async (mean: number) => {
      const manifest = JSON.parse(await manifestOf(model, "after1"));
      const text = JSON.stringify({ ...manifest, input: { ...manifest.input, mean: [mean, mean, mean] } });
      writeFileSync(json, text);
      return await run("cluster", join(folder, "in"), "--model", file, "--k", "2");
    };
    const always = await cluster(200); // Grey is darker than that, and has no logarithm.
    assert.equal(always.code, 1);
    assert.match(always.stderr, /^error: the numbers that drawn gives are not finite$/m);
    assert.doesNotMatch(always.stderr, /Embedding/);
    const one = await cluster(100);
    assert.equal(one.code, 1);
    assert.match(one.stderr, /^error: \w+-\d+\.jpg: the numbers that drawn gives are not finite$/m);
  });
});
