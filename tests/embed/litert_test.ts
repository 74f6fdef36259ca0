// Networks of convolutions by LiteRT against the same by onnxruntime-web.

import assert from "node:assert/strict";
import fc from "fast-check";
import { AnomalyClusterError, type Embedder, onnxEmbedder, type PresetName, PRESETS, readNetwork } from "../../mod.ts";
import { readConvolutions } from "../../src/embed/litert/convolutions.ts";
import { openLiteRtSession } from "../../src/embed/litert/litert_session.ts";
import type { NetworkSession } from "../../src/embed/network_session.ts";
import { openOnnxSession } from "../../src/embed/onnx_session.ts";
import { unpackNetwork } from "../../src/embed/packed.ts";
import type { Raster } from "../../src/types.ts";
import { type ConvolutionLayer, convolutions, rearranged } from "../support/onnx_file.ts";

const NORMALISATION = { subtract: [127, 120, 110], deviation: [128, 100, 90] } as const;

/** Numbers from -1 to 1 that depend on the seed alone. */
function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function noise(width: number, height: number, random: () => number): Raster {
  return { width, height, data: new Uint8Array(width * height * 4).map(() => (random() + 1) * 127.9) };
}

/** The outputs of an image, channels first, by the name of each. */
async function outputsOf(session: NetworkSession, image: Raster): Promise<Record<string, Float32Array>> {
  const outputs = Object.entries(await session.run(image)).map(([name, array]): [string, Float32Array] => {
    const data = array!.data as Float32Array;
    if (!session.layout) return [name, data];
    const channels = array!.dims.at(-1)!;
    const area = data.length / channels;
    return [name, Float32Array.from(data, (_, at) => data[at % area * channels + Math.floor(at / area)])];
  });
  return Object.fromEntries(outputs);
}

/** Differences are measured against the largest number, or against 20: sums of hundreds may cancel. */
function assertAlike(found: Float32Array, wanted: Float32Array, name: string): void {
  assert.equal(found.length, wanted.length, name);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 20);
  found.forEach((value, at) =>
    assert(Math.abs(value - wanted[at]) <= 1e-5 * largest, `${name}: ${value}, ${wanted[at]}`)
  );
}

const LAYER: fc.Arbitrary<ConvolutionLayer> = fc.record({
  depthwise: fc.boolean(),
  channels: fc.integer({ min: 1, max: 9 }),
  kernel: fc.constantFrom(1, 3, 5),
  stride: fc.constantFrom(1, 2),
  padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  bounds: fc.constantFrom([0, 6] as const, undefined),
  doubled: fc.boolean(),
  half: fc.boolean(),
});

Deno.test("networks of any convolutions give onnxruntime's numbers, for images of any size", async () => {
  const size = fc.integer({ min: 30, max: 50 });
  const layers = fc.array(LAYER, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(layers, size, size, fc.integer(), async (layers, width, height, seed) => {
      const random = seeded(seed);
      const options = { model: convolutions(layers, random), name: "drawn", ...NORMALISATION };
      const ours = (await openLiteRtSession(options))!;
      const theirs = await openOnnxSession({ ...options, engine: "wasm", threads: 1 });
      assert.deepEqual(ours.outputNames, theirs.outputNames);
      for (const image of [noise(width, height, random), noise(height + 3, width, random)]) {
        const [found, wanted] = [await outputsOf(ours, image), await outputsOf(theirs, image)];
        for (const [name, numbers] of Object.entries(wanted)) assertAlike(found[name], numbers, name);
      }
      await Promise.all([ours.release(), theirs.release()]);
    }),
    { numRuns: 60 },
  );
});

Deno.test("the included networks are read as convolutions, and give onnxruntime's patches", async () => {
  const engine = await Deno.readFile(new URL(import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm")));
  for (const preset of ["paper", "default", "best"] as PresetName[]) {
    const network = await readNetwork(PRESETS[preset].model);
    assert(readConvolutions(unpackNetwork(network.model)), preset);
    const options = { ...PRESETS[preset].embedding, ...network };
    const image = noise(256, 256, seeded(7));
    const patches = async (embedder: Embedder) => {
      const { data } = await embedder.embed(image);
      await embedder.release();
      return data;
    };
    const ours = await patches(await onnxEmbedder(options));
    const theirs = await patches(await onnxEmbedder({ ...options, wasmBinary: engine.buffer }));
    assert.notDeepEqual(ours, theirs, "onnxruntime-web runs networks if its file is handed in");
    assertAlike(ours, theirs, preset);
  }
});

Deno.test("what is more than convolutions, or damaged, is left to onnxruntime", () => {
  const layer: ConvolutionLayer = {
    depthwise: false,
    channels: 4,
    kernel: 3,
    stride: 1,
    padding: [1, 1],
    doubled: false,
    half: false,
  };
  const random = seeded(1);
  assert(readConvolutions(convolutions([layer], random)));
  assert.equal(readConvolutions(convolutions([{ ...layer, bounds: [-1, 1] }], random)), undefined);
  assert.equal(readConvolutions(rearranged({ side: 8, logarithm: true })), undefined);
  const whole = convolutions([layer, { ...layer, bounds: [0, 6] }], random);
  for (let length = 0; length < whole.length; length += 7) {
    assert.equal(readConvolutions(whole.subarray(0, length)), undefined, `${length} bytes`);
  }
});

Deno.test("a damaged network gives numbers, or an error that names it, and leaves the engine sound", async () => {
  const random = seeded(3);
  const layer = { depthwise: false, channels: 5, kernel: 3, stride: 2, padding: [1, 1], half: true } as const;
  const whole = convolutions([{ ...layer, doubled: true }, { ...layer, doubled: false, bounds: [0, 6] }], random);
  const image = noise(16, 16, random);
  const outputs = async (model: Uint8Array) => {
    const session = await openLiteRtSession({ model, name: "damaged", ...NORMALISATION });
    return session && await outputsOf(session, image).finally(() => session.release());
  };
  const wanted = await outputs(whole);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const damaged = whole.slice();
      for (const [at, value] of changes) damaged[at] = value;
      await outputs(damaged).catch((error) => {
        assert(error instanceof AnomalyClusterError, error);
        assert.match(error.message, /^damaged does not take one image of 16 × 16 pixels$/);
      });
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(await outputs(whole), wanted);
});

Deno.test({
  name: "needs no permissions",
  permissions: "none",
  async fn() {
    const options = { model: convolutions([], seeded(1)), name: "empty", ...NORMALISATION };
    assert.equal(await openLiteRtSession(options), undefined, "nothing is computed");
    const layer = {
      depthwise: true,
      channels: 3,
      kernel: 1,
      stride: 1,
      padding: [0, 0],
      doubled: true,
      half: false,
    } as const;
    const session = await openLiteRtSession({ ...options, model: convolutions([layer], seeded(1)) });
    assert.equal((await outputsOf(session!, noise(4, 4, seeded(2)))).out0.length, 48);
    await session!.release();
  },
});
