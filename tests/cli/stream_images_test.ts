// Images that are embedded one after the other, some of which are the references too.

import assert from "node:assert/strict";
import { streamImages } from "../../src/cli/cluster/stream_images.ts";
import type { TimeEstimate } from "../../src/cli/cluster/time_estimate.ts";
import { embedOnce, type ImageCache, RunCache } from "../../src/cli/images/image_cache.ts";
import { type ImageNetwork, networkWith, releaseNetwork } from "../../src/cli/images/image_network.ts";
import { openModel } from "../../src/cli/network/open_model.ts";
import { findImages } from "../../src/dataset/folder.ts";
import { presetSettings } from "../../src/preset.ts";
import { withFolder } from "../support/program.ts";

Deno.test("with and without a cache, references are embedded once like all other images, and vectors are the same", async () => {
  const files = findImages(new URL("../data/fabric", import.meta.url).pathname).images.slice(0, 30);
  const opened = await openModel({ preset: "paper", engine: "wasm" }, []);
  const vectors: Float32Array[] = [];
  await withFolder(async (folder) => {
    for (const place of ["off", folder]) {
      using cache = new RunCache({ cache: place, cacheLimit: 1e9 });
      let embedded = 0;
      const estimate = { embedded: () => embedded++ } as unknown as TimeEstimate;
      const network = { ...networkWith(opened, undefined, cache), estimate };
      const options = { ...presetSettings("paper", false), references: 10, seed: 0 };
      const streamed = await streamImages(files, network, options, []);
      assert.equal(embedded, 30);
      assert.equal(streamed.references, 10);
      assert.deepEqual(streamed.files.map(({ path }) => path), files.map(({ path }) => path));
      vectors.push(Float32Array.from(streamed.embeddings.data));
    }
  });
  assert.deepEqual(vectors[0], vectors[1]);
  await releaseNetwork(opened as ImageNetwork);
});

Deno.test("what is kept is given once, and what was not embedded first is not kept", async () => {
  const { first, again } = embedOnce<{ readonly cache?: ImageCache }>({});
  const image = { patches: {}, thumbnail: {} } as never;
  const [one, other] = [await first.cache!.keyOf(Uint8Array.of(1)), await first.cache!.keyOf(Uint8Array.of(2))];
  first.cache!.put(one, image);
  again.cache!.put(other, image);
  assert.deepEqual([again.cache!.get(other), again.cache!.get(one), again.cache!.get(one)], [
    undefined,
    image,
    undefined,
  ]);
});
