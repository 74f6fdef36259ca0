// The embedder's levels and views on the real network, and whitening.

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  AnomalyClusterError,
  decodeImage,
  fitWhitening,
  onnxEmbedder,
  type PatchSet,
  PYRAMID_MODEL,
  type Raster,
  readNetwork,
  resize,
  softWeights,
  whiten,
} from "../../mod.ts";
import { pooledEmbedder } from "../../src/embed/workers/embedder_pool.ts";
import { assertClose } from "../support/golden.ts";

async function fabricImage(name: string): Promise<Raster> {
  return resize(await decodeImage(await Deno.readFile(new URL(`../data/fabric/${name}`, import.meta.url))), 64, 64);
}

/** A quarter turn of a square of `side` × `side` places of `width` numbers each. */
function turned<T extends Float32Array | Uint8Array | Uint8ClampedArray>(data: T, side: number, width: number): T {
  const result = data.slice() as T;
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) {
      const from = (col * side + side - 1 - row) * width;
      result.set(data.subarray(from, from + width), (row * side + col) * width);
    }
  }
  return result;
}

Deno.test("levels lie side by side on the first one's grid: coarser ones repeated, finer ones averaged", async () => {
  const { model } = await readNetwork(PYRAMID_MODEL);
  const image = await fabricImage("cut/cut-01.jpg");
  const single = async (level: string) => {
    const embedder = await onnxEmbedder({ model, levels: [level], size: 64 });
    const patches = await embedder.embed(image);
    await embedder.release();
    return patches;
  };
  const [three, four, five] = [await single("reduction3"), await single("reduction4"), await single("reduction5")];
  assert.deepEqual([three.cols, four.cols, five.cols], [8, 4, 2]);
  const embedder = await onnxEmbedder({ model, levels: ["reduction4", "reduction3", "reduction5"], size: 64 });
  const all = await embedder.embed(image);
  await embedder.release();
  assert.deepEqual(all.levels, [112, 40, 192]);
  assert.equal(all.channels, 344);
  for (let row = 0; row < 4; row++) {
    for (let col = 0; col < 4; col++) {
      const patch = all.data.subarray((row * 4 + col) * 344, (row * 4 + col + 1) * 344);
      const at = ({ data, cols, channels }: PatchSet, y: number, x: number) => {
        return data.subarray((y * cols + x) * channels, (y * cols + x + 1) * channels);
      };
      assert.deepEqual(patch.subarray(0, 112), at(four, row, col));
      const quarters = [0, 1, 2, 3].map((n) => at(three, 2 * row + (n >> 1), 2 * col + n % 2));
      const mean = Array.from({ length: 40 }, (_, c) => quarters.reduce((sum, quarter) => sum + quarter[c], 0) / 4);
      assertClose(patch.subarray(112, 152), mean, 1e-6, "finer level", 1e-3);
      assert.deepEqual(patch.subarray(152), at(five, row >> 1, col >> 1));
    }
  }
});

Deno.test("with all eight views a turned image has the same patches, turned", async () => {
  const { model } = await readNetwork(PYRAMID_MODEL);
  const image = await fabricImage("stain/stain-02.jpg");
  const differences: number[] = [];
  for (const views of [1, 4, 8] as const) {
    const embedder = await onnxEmbedder({ model, levels: ["reduction4", "reduction5"], size: 64, views });
    const expected = turned((await embedder.embed(image)).data as Float32Array, 4, 304);
    const { data } = await embedder.embed({ ...image, data: turned(image.data as Uint8Array, 64, 4) });
    differences.push(Math.max(...data.map((value, at) => Math.abs(value - expected[at]))));
    await embedder.release();
  }
  assert(differences[0] > 1, `a single view differs by ${differences[0]}`);
  assert(differences[1] < 1e-3 && differences[2] < 1e-3, `views differ by ${differences}`);
});

Deno.test("networks on several workers give each image what one gives it, and say what ails the model", async () => {
  const { model } = await readNetwork(PYRAMID_MODEL);
  const images = await Promise.all(["cut/cut-01.jpg", "hole/hole-01.jpg", "knot/knot-01.jpg"].map(async (name) => {
    return resize(await fabricImage(name), 224, 224);
  }));
  const options = { model, levels: ["reduction4", "reduction3", "reduction5"] };
  const pool = pooledEmbedder("pool", options, 2);
  // A worker has several at a time, and gets one more whenever it is done with one.
  const many = Array.from({ length: 60 }, (_, at) => at % images.length);
  const found: PatchSet[] = [];
  let next = 0;
  const ask = async () => {
    for (let at; (at = next++) < many.length;) found[at] = await pool.embed(images[many[at]]);
  };
  await Promise.all(Array.from({ length: 15 }, ask));
  const one = await onnxEmbedder(options);
  const expected: PatchSet[] = [];
  for (const image of images) expected.push(await one.embed(image));
  assert.deepEqual(found, many.map((at) => expected[at]));
  await Promise.all([one.release(), pool.release()]);

  const broken = pooledEmbedder("broken", { ...options, model: model.slice(0, 1000) }, 2);
  for (const failed of await Promise.allSettled(images.map((image) => broken.embed(image)))) {
    assert(failed.status === "rejected" && failed.reason instanceof AnomalyClusterError);
    assert.equal(failed.reason.code, "bad-model");
  }
  await broken.release();
});

Deno.test("an output that the model has not is refused with the names of those it has", async () => {
  const { model } = await readNetwork(PYRAMID_MODEL);
  await assert.rejects(
    onnxEmbedder({ model, levels: ["reduction9"] }),
    /no output reduction9: its outputs are features, reduction3, reduction4, reduction5/,
  );
});

Deno.test("whitened levels have uncorrelated channels; directions without variance stay quiet", async () => {
  const [count, rows, cols, channels] = [40, 5, 5, 7];
  const data = Float32Array.from({ length: count * rows * cols * channels }, (_, at) => {
    const [patch, channel] = [Math.floor(at / channels), at % channels];
    const [a, b] = [Math.sin(patch * 12.9898), Math.cos(patch * 78.233)];
    // Levels of 3 and 4 channels: correlated, of far apart scales, with an offset; the last never varies.
    return [5 + a, 5 + a + 0.5 * b, b, 1000 * a, 1000 * b, 300 * (a - b), 17][channel];
  });
  const patches: PatchSet = { data, count, rows, cols, channels, levels: [3, 4] };
  const whitened = await whiten(patches, fitWhitening(patches, { shrinkage: 1e-4 }));
  const places = count * rows * cols;
  for (const [from, width, varying] of [[0, 3, 2], [3, 4, 2]]) {
    let trace = 0;
    for (let a = from; a < from + width; a++) {
      let mean = 0;
      for (let place = 0; place < places; place++) mean += whitened.data[place * channels + a] / places;
      assert(Math.abs(mean) < 1e-3, `mean ${mean} of channel ${a}`);
      for (let place = 0; place < places; place++) trace += whitened.data[place * channels + a] ** 2 / places;
    }
    // Each direction that varies has variance 1 / width.
    assert(Math.abs(trace * width - varying) < 0.02, `total variance ${trace * width} of level at ${from}`);
  }
  assert(whitened.data.every(Number.isFinite));
});

Deno.test("τ by perplexity: as many patches count in each image, whatever its contrast", () => {
  const scores = fc.record({
    values: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 }),
    contrast: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    share: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  });
  fc.assert(fc.property(scores, ({ values, contrast, share }) => {
    const data = Float32Array.from(values, (value) => value * contrast);
    const highest = data.reduce((most, score) => Math.max(most, score), 0);
    const lowest = data.reduce((least, score) => Math.min(least, score), Infinity);
    const leading = data.filter((score) => score >= highest - (highest - lowest) * 1e-3);
    fc.pre(leading.length < share * data.length * 0.9);
    const { data: weights } = softWeights({ data, count: 1, patches: data.length }, { tau: { perplexity: share } });
    assertClose([weights.reduce((sum, weight) => sum + weight, 0)], [1], 1e-5, "sum");
    const entropy = weights.reduce((sum, weight) => weight > 0 ? sum - weight * Math.log(weight) : sum, 0);
    assertClose([Math.exp(entropy) / data.length], [share], 0.01, "perplexity");
  }));
  const flat = softWeights({ data: new Float32Array(9).fill(2), count: 1, patches: 9 }, { tau: { perplexity: 0.3 } });
  assertClose(flat.data, new Array(9).fill(1 / 9), 1e-6, "equal scores");
  assert.throws(
    () => softWeights({ data: new Float32Array(4), count: 1, patches: 4 }, { tau: { perplexity: 1 } }),
    /below 1/,
  );
});
