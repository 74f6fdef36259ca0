// Networks on the graphics card, which the processor takes over from. The card is the processor here, made to fail.

import assert from "node:assert/strict";
import { onCardOrProcessor, type Place } from "../../src/embed/card_or_processor.ts";
import { DEFAULT_MODEL } from "../../src/embed/included_networks.ts";
import { checkedModel } from "../../src/embed/onnx.ts";
import { readNetwork } from "../../src/embed/read_network.ts";
import type { Raster } from "../../src/types.ts";

const image = (grey: number): Raster => ({ data: new Uint8Array(4 * 64 * 64).fill(grey), width: 64, height: 64 });

/** A network whose card embeds so many images and then fails. Notes the engine of each image. */
async function failingAfter(images: number, engines: string[], isProcessorSound = true) {
  const checked = await checkedModel({ ...await readNetwork(DEFAULT_MODEL), size: 64 });
  return {
    id: checked.id,
    open: async (engine?: string) => {
      const embedder = await checked.open("wasm");
      let left = engine === "webgpu" ? images : isProcessorSound ? Infinity : 0;
      return {
        ...embedder,
        embed: (image: Raster) => {
          if (left-- <= 0) throw new Error(`${engine} fails`);
          engines.push(engine!);
          return embedder.embed(image);
        },
      };
    },
  };
}

Deno.test("an image that the card fails at is embedded by the processor, and so are all after it, of all networks", async () => {
  const engines: string[] = [];
  let failures = 0;
  const place: Place = { engine: "webgpu", onFailure: () => failures++ };
  const first = onCardOrProcessor(await failingAfter(2, engines), () => place);
  const second = onCardOrProcessor(await failingAfter(9, engines), () => place);
  const found = [];
  for (const grey of [10, 200, 90]) found.push(await first.embed(image(grey)));
  await second.embed(image(10));
  assert.deepEqual(engines, ["webgpu", "webgpu", "wasm", "wasm"]);
  assert.deepEqual([place.engine, failures], ["wasm", 1]);
  assert.deepEqual((await first.embed(image(10))).data, found[0].data);
  await Promise.all([first.release(), second.release()]);
});

Deno.test("where the processor fails at the same image, the network is to blame and the card is kept", async () => {
  const engines: string[] = [];
  const place: Place = { engine: "webgpu", onFailure: () => assert.fail("the card did not fail") };
  const embedder = onCardOrProcessor(await failingAfter(1, engines, false), () => place);
  await embedder.embed(image(10));
  await assert.rejects(embedder.embed(image(10)), /wasm fails/);
  assert.equal(place.engine, "webgpu");
  await embedder.release();
});
