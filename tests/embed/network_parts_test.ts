// Networks that are stored in several files, and models that earlier versions wrote.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  DEFAULT_MODEL,
  joinNetworks,
  onnxEmbedder,
  type PatchSet,
  PRESETS,
  PYRAMID_MODEL,
  readNetwork,
  TWO_NETWORKS_MODEL,
} from "../../mod.ts";
import { selectLevels } from "../../src/embed/levels.ts";
import { openRecorded } from "../../src/cli/network/open_recorded.ts";
import type { NetworkRecord } from "../../src/report/model_file.ts";
import { withFolder } from "../support/program.ts";

const SIZE = 64;
const IMAGE = {
  data: Uint8Array.from({ length: SIZE * SIZE * 4 }, (_, at) => (at * 31 + (at >> 7) * 17) % 256),
  width: SIZE,
  height: SIZE,
};

async function embed(model: URL, embedding: object): Promise<PatchSet> {
  const embedder = await onnxEmbedder({ ...await readNetwork(model), ...embedding, size: SIZE });
  const patches = await embedder.embed(IMAGE);
  await embedder.release();
  return patches;
}

Deno.test("each network holds the one that it continues: the same numbers, to the last bit", async () => {
  const small = await embed(DEFAULT_MODEL, {});
  const pyramid = await embed(PYRAMID_MODEL, PRESETS.quick.embedding);
  const both = await embed(TWO_NETWORKS_MODEL, { ...PRESETS.best.embedding, views: 1 });
  assert.deepEqual(pyramid.levels, [112, 40, 192]);
  assert.deepEqual(both.levels, [112, 40, 192, 120, 48, 208]);
  assert.deepEqual(selectLevels(pyramid, [0]).data, small.data);
  assert.deepEqual(selectLevels(both, [0, 1, 2]).data, pyramid.data);
});

Deno.test("bytes that are handed in are joined as those that are read", async () => {
  const parts = await Promise.all([DEFAULT_MODEL, PYRAMID_MODEL].map((model) => Deno.readFile(model)));
  assert.deepEqual(joinNetworks(parts), (await readNetwork(PYRAMID_MODEL)).model);
});

Deno.test("a part that is missing or continues itself is told in a sentence", async () => {
  await withFolder(async (folder) => {
    for (const model of [PYRAMID_MODEL, DEFAULT_MODEL]) {
      const file = fileURLToPath(model);
      const manifest = file.replace(/\.onnx\.wasm$/, ".json");
      copyFileSync(manifest, join(folder, basename(manifest)));
      if (model === PYRAMID_MODEL) copyFileSync(file, join(folder, basename(file)));
    }
    const pyramid = join(folder, basename(fileURLToPath(PYRAMID_MODEL)));
    await assert.rejects(readNetwork(pathToFileURL(pyramid)), {
      code: "bad-argument",
      message: /efficientnet-lite0-reduction4\.onnx\.wasm cannot be read$/,
    });
    const manifest = pyramid.replace(/\.onnx\.wasm$/, ".json");
    const json = JSON.parse(readFileSync(manifest, "utf8"));
    writeFileSync(manifest, JSON.stringify({ ...json, after: basename(pyramid) }));
    await assert.rejects(readNetwork(pathToFileURL(pyramid)), { code: "bad-model", message: /continues itself$/ });
    writeFileSync(manifest, JSON.stringify({ ...json, after: "../other.onnx" }));
    await assert.rejects(readNetwork(pathToFileURL(pyramid)), {
      code: "bad-model",
      message: /after is not the name of a file beside it/,
    });
  });
});

Deno.test("models of version 0.1 find their network: one direction or eight, whatever presets are now", async () => {
  const record: Omit<NetworkRecord, "id" | "preset"> = {
    file: "efficientnet-lite0-pyramid.onnx",
    sha256: "54b1a5469c146ed8942635cc12ef79e85853705709b558900f60b1a56f3069f3",
    size: 224,
  };
  const levels = "reduction4+reduction3+reduction5@224 (pixel - 127) / 128";
  for (const [preset, id] of [["default", levels], ["best", `× 8 views ${levels}`]] as const) {
    const network = { ...record, preset, id: `efficientnet-lite0-pyramid ${id}` };
    const opened = await openRecorded(network, { of: "these groups", engine: "wasm" }, []);
    assert.equal(opened.embedder.id, network.id);
    await opened.embedder.release();
  }
});
