// ONNX exports as on the Hugging Face hub: their patches equal PyTorch's, and their files are read or refused.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { cpSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hubNetwork, type ModelManifest, onnxEmbedder, readNetwork } from "../../mod.ts";
import { cardLicence, type HubFiles } from "../../src/embed/hub_network.ts";
import { readOnnxHeader } from "../../src/embed/onnx_header.ts";
import { EXPORTS, referenceOf } from "../support/hub_server.ts";
import { identity, rearranged } from "../support/onnx_file.ts";
import { withFolder } from "../support/program.ts";

/** Largest difference from PyTorch's `last_hidden_state`, as a share of the largest number, and what the grid was. */
async function difference(name: string, file = "model.onnx") {
  const { model, manifest } = await readNetwork(pathToFileURL(join(EXPORTS, name, "onnx", file)));
  const { side } = manifest!.input;
  const { pixels, expected } = referenceOf(name);
  const data = new Uint8Array(side * side * 4).fill(255);
  for (let at = 0; at < side * side; at++) data.set(pixels.subarray(at * 3, at * 3 + 3), at * 4);
  const embedder = await onnxEmbedder({ model, manifest });
  const patches = await embedder.embed({ data, width: side, height: side });
  await embedder.release();
  const [{ layout, extraTokens = 0 }] = manifest!.levels;
  const { rows, cols, channels } = patches;
  const places = rows * cols;
  assert.equal(expected.length, (places + extraTokens) * channels);
  let [apart, largest] = [0, 0];
  for (let place = 0; place < places; place++) {
    for (let channel = 0; channel < channels; channel++) {
      const at = layout === "tokens" ? (place + extraTokens) * channels + channel : channel * places + place;
      apart = Math.max(apart, Math.abs(patches.data[place * channels + channel] - expected[at]));
      largest = Math.max(largest, Math.abs(expected[at]));
    }
  }
  return { apart: apart / largest, rows, channels, extraTokens, layout, manifest: manifest! };
}

Deno.test("patches of the hub's exports are PyTorch's, without class token and registers", async () => {
  const expected: Record<string, [rows: number, channels: number, extra: number, layout?: string]> = {
    "dinov2": [4, 24, 1, "tokens"],
    "dinov2-with-registers": [4, 24, 5, "tokens"],
    "dinov3-vit": [4, 24, 5, "tokens"],
    "dino-vit-s16": [4, 24, 1, "tokens"],
    "swin": [2, 48, 0, "tokens"],
    "convnext": [2, 24, 0, undefined],
  };
  for (const [name, wanted] of Object.entries(expected)) {
    const { apart, rows, channels, extraTokens, layout, manifest } = await difference(name);
    assert(apart < 1e-4, `${name} is ${apart} from PyTorch`);
    assert.deepEqual([rows, channels, extraTokens, layout], wanted, name);
    assert.equal(manifest.name, name);
    assert.equal(manifest.licence, "cc0-1.0");
    assert.deepEqual(manifest.input.mean, [123.675, 116.28, 103.53]);
    assert.deepEqual(manifest.input.deviation, [58.395, 57.12, 57.375]);
  }
});

Deno.test("numbers of 16 and of 8 bits, and weights in a file beside", async () => {
  const half = await difference("dinov2", "model_fp16.onnx");
  assert(half.apart > 1e-6 && half.apart < 5e-3, String(half.apart));
  assert.equal(half.manifest.name, "dinov2-fp16");
  const quarter = await difference("dinov2", "model_quantized.onnx");
  assert(quarter.apart > half.apart && quarter.apart < 0.1, String(quarter.apart));
  assert((await difference("dinov2", "model_external.onnx")).apart < 1e-4);
  const outside = readFileSync(join(EXPORTS, "dinov2/onnx/model_external.onnx"));
  assert.deepEqual(readOnnxHeader(outside, "it").weights, ["model_external.onnx_data"]);
  const { model } = await readNetwork(pathToFileURL(join(EXPORTS, "dinov2/onnx/model_external.onnx")));
  assert.deepEqual(readOnnxHeader(model, "it").weights, []);
  await withFolder(async (folder) => {
    cpSync(join(EXPORTS, "dinov2"), folder, { recursive: true });
    const [file, data] = ["onnx/model_external.onnx", "onnx/model_external.onnx_data"].map((name) =>
      join(folder, name)
    );
    renameSync(data, `${data}.away`);
    const missing = {
      code: "bad-model",
      message: /^model_external\.onnx_data, which holds the network's weights, is not beside/,
    };
    await assert.rejects(readNetwork(pathToFileURL(file)), missing);
    await Deno.writeFile(data, readFileSync(`${data}.away`).subarray(0, 9000));
    const short = { code: "bad-model", message: /^model_external\.onnx_data, .* is missing or cut short$/ };
    await assert.rejects(readNetwork(pathToFileURL(file)), short);
  });
});

Deno.test("a file that leads out of its folder is not followed", () => {
  const outside = readFileSync(join(EXPORTS, "dinov2/onnx/model_external.onnx"), "latin1");
  const name = "model_external.onnx_data";
  for (const start of ["../", "/etc/", "C:\\", "sub/"]) {
    const evil = `${start}${name.slice(start.length)}`;
    const file = Buffer.from(outside.replaceAll(name, evil), "latin1");
    assert.throws(() => readOnnxHeader(file, "it"), { code: "bad-model", message: /which is not beside its file$/ });
  }
});

const FILES: HubFiles = {
  model: readFileSync(join(EXPORTS, "dinov2/onnx/model.onnx")),
  config: readFileSync(join(EXPORTS, "dinov2/config.json"), "utf8"),
  preprocessor: readFileSync(join(EXPORTS, "dinov2/preprocessor_config.json"), "utf8"),
  name: "net",
};

/** The manifest with fields of the two files changed; those that are undefined are left out. */
async function made(config: object, preprocessor: object = {}, model = FILES.model): Promise<ModelManifest> {
  const changed = (json: string, fields: object) => JSON.stringify({ ...JSON.parse(json), ...fields });
  const { manifest } = await hubNetwork({
    ...FILES,
    model,
    config: changed(FILES.config, config),
    preprocessor: changed(FILES.preprocessor, preprocessor),
  });
  return manifest;
}

Deno.test("sides, means and deviations in every form that the files have", async () => {
  const none = { crop_size: undefined, do_center_crop: undefined };
  const sides: [preprocessor: object, side: number][] = [
    [{}, 56],
    [{ do_center_crop: false }, 56], // Resized to 64, of which 56 is the largest multiple of 14.
    [{ crop_size: { height: 84, width: 98 } }, 84],
    [{ crop_size: 112 }, 112],
    [{ ...none, size: 140 }, 140],
    [{ ...none, size: { height: 154, width: 154 } }, 154],
    [{ ...none, size: { shortest_edge: 168, longest_edge: 2000 } }, 168],
    [{ ...none, size: [182, 182] }, 182],
    [{ ...none, size: undefined }, 70], // config.json's.
    [{ ...none, do_resize: false }, 70],
    [{ ...none, size: 5 }, 14],
  ];
  for (const [preprocessor, side] of sides) {
    const { input } = await made({}, preprocessor);
    assert.deepEqual([input.side, input.multiple, input.fixed], [side, 14, false], JSON.stringify(preprocessor));
  }
  assert.equal((await made({ patch_size: [8, 8] }, { crop_size: 56 })).levels[0].stride, 8);
  assert.deepEqual((await made({ model_type: "vit", patch_size: 14 })).input.fixed, true);
  assert.equal(
    (await made({ model_type: "vit", patch_size: 14 })).input.side,
    70,
    "positions are of the training's side",
  );
  assert.equal((await made({ model_type: "deit", patch_size: 14 })).levels[0].extraTokens, 2);

  const pixels = async (preprocessor: object) => (await made({}, preprocessor)).input;
  const half = await pixels({ image_mean: [0.5, 0.5, 0.5], image_std: 0.5, rescale_factor: undefined });
  assert.deepEqual([half.mean, half.deviation], [[127.5, 127.5, 127.5], [127.5, 127.5, 127.5]]);
  const plain = await pixels({ do_normalize: false });
  assert.deepEqual([plain.mean, plain.deviation], [[0, 0, 0], [255, 255, 255]]);
  const bytes = await pixels({ do_rescale: false, image_mean: [127, 126, 125], image_std: [128, 128, 128] });
  assert.deepEqual([bytes.mean, bytes.deviation], [[127, 126, 125], [128, 128, 128]]);
});

Deno.test("what is no export of that form is refused with the way out", async () => {
  const refused = (promise: Promise<unknown>, message: RegExp) =>
    assert.rejects(promise, { code: "bad-model", message });
  await refused(
    made({ model_type: "bert" }),
    /^net: config\.json's model_type bert is not one that is known: write a manifest/,
  );
  await refused(made({ model_type: undefined }), /config\.json names no model_type/);
  await refused(made({ num_register_tokens: "4" }), /num_register_tokens is no whole number/);
  await refused(made({}, { image_mean: undefined }), /preprocessor_config\.json's image_mean is not three numbers/);
  await refused(made({}, { image_std: [0.2, 0, 0.2] }), /image_std is not three numbers/);
  await refused(made({}, { rescale_factor: 0 }), /rescale_factor is no number above 0/);
  await refused(
    made({ model_type: "vit", patch_size: 16 }),
    /images of side 70, which is no multiple of its patches' 16/,
  );
  await refused(
    made({}, {}, identity(1, 1, 3, 56, 56)),
    /its output is out, not last_hidden_state: take an export for fea/,
  );
  await refused(made({}, {}, identity(10, 1, 3, 56, 56)), /takes images of other numbers than float32/);
  await refused(made({}, {}, identity(1, 1, 10)), /it takes 1 × 10 and not square images/);
  await refused(made({}, {}, new TextEncoder().encode("<!DOCTYPE html>")), /^net is no ONNX file, or one cut short/);
  await refused(made({}, {}, FILES.model.subarray(0, 5000)), /^net is no ONNX file, or one cut short/);
  await refused(hubNetwork({ ...FILES, config: "{" }), /^net: config\.json is not JSON/);
  await refused(hubNetwork({ ...FILES, preprocessor: "[]" }), /^net: preprocessor_config\.json holds no object/);
  assert.equal(readOnnxHeader(rearranged({ side: 8 }), "it").inputs.length, 1);
});

Deno.test("a manifest of one's own goes before the hub's files; without either there is none", async () => {
  await withFolder(async (folder) => {
    cpSync(join(EXPORTS, "convnext"), folder, { recursive: true });
    const file = pathToFileURL(join(folder, "onnx/model.onnx"));
    const { manifest } = await readNetwork(file);
    const own = { ...manifest!, name: "own" };
    await Deno.writeTextFile(join(folder, "onnx/model.json"), JSON.stringify(own));
    assert.equal((await readNetwork(file)).manifest!.name, "own");
    rmSync(join(folder, "onnx/model.json"));
    rmSync(join(folder, "preprocessor_config.json"));
    assert.equal((await readNetwork(file)).manifest, undefined);
  });
});

Deno.test("licences as model cards state them", () => {
  const head = (text: string) => `---\n${text}\n---\n\nlicense: of the text below\n`;
  assert.equal(cardLicence(head("license: apache-2.0\nlibrary_name: x")), "apache-2.0");
  assert.equal(cardLicence(head('license: "mit" # see there')), "mit");
  assert.equal(cardLicence(head("license: other\nlicense_name: dinov3-license")), "dinov3-license");
  assert.equal(cardLicence(head("base_model: facebook/dinov2-small")), "not stated (made from facebook/dinov2-small)");
  assert.equal(cardLicence(head("tags:\n- a")), "not stated");
  assert.equal(cardLicence("license: mit"), "not stated");
});

Deno.test("needs no permissions", { permissions: "none" }, async () => {
  assert.equal((await made({})).name, "net");
});
