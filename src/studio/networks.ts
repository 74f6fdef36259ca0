// Opens the networks that lie beside the page and those that a person chose on it. Only one is open at a time.

import * as onnxruntime from "onnxruntime-web";
import * as webgpu from "onnxruntime-web/jspi";
import { sha256 } from "../embed/manifest.ts";
import { checkedModel, type OnnxEmbedderOptions } from "../embed/onnx.ts";
import type { Embedder } from "../embed/embedder.ts";
import { describedNetwork, networkFileName, type NetworkFiles, readNetwork } from "../embed/read_network.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { Network } from "../job/prepare.ts";
import { firstLookNetwork } from "../look/first_look_network.ts";
import { type PresetName, PRESETS } from "../preset.ts";
import type { NetworkRecord } from "../report/model_file.ts";
import { bytesOf, type ChosenNetwork, keyOf } from "./chosen.ts";
import { onStudioEngine } from "./graphics_card.ts";

/** A network, and its entry in model.json. */
export interface StudioNetwork extends Network {
  readonly record: NetworkRecord;
  /** Warnings to show with the results. */
  readonly warnings: readonly string[];
}

const beside = (name: string) => new URL(name, import.meta.url).href;

// The engine must start its threads from a file: the page's policy allows no other source.
onnxruntime.env.wasm.wasmPaths = {
  mjs: beside("ort-wasm-simd-threaded.js"),
  wasm: beside("ort-wasm-simd-threaded.wasm"),
};
// That of the graphics card has no threads. It is only loaded where there is a card.
webgpu.env.wasm.wasmPaths = { wasm: beside("ort-wasm-simd-threaded.jspi.wasm") };

/** Half as many threads as the processor has, at most 4: onnxruntime-web's own choice. */
function threadCount(): number {
  return crossOriginIsolated ? Math.min(4, Math.ceil(navigator.hardwareConcurrency / 2)) : 1;
}

let firstLooks: Promise<Embedder> | undefined;

/** Returns the network for first looks, which is opened once. */
function openFirstLook(): Promise<Embedder> {
  return firstLooks ??= firstLookNetwork({ threads: threadCount(), webgpu }).then(onStudioEngine);
}

let opened: { readonly key: string; readonly network: StudioNetwork } | undefined;

/** Returns the chosen network or, without one, the preset's. It is opened with the first image. Throws `bad-model`. */
export async function networkOf(preset: PresetName, chosen?: ChosenNetwork): Promise<StudioNetwork> {
  const key = [preset, ...(chosen ? [chosen.model, ...chosen.files].map(keyOf) : [])].join("\n");
  if (opened?.key === key) return opened.network;
  await opened?.network.embedder.release();
  opened = undefined;
  const network = chosen ? await loadChosen(preset, chosen) : await loadIncluded(preset);
  opened = { key, network };
  return network;
}

async function loadIncluded(preset: PresetName): Promise<StudioNetwork> {
  const { model: address, embedding } = PRESETS[preset];
  return await opening(preset, await readNetwork(address), { ...embedding }, { file: networkFileName(address) });
}

/** Opens a chosen network, with as many views as the preset has. */
async function loadChosen(preset: PresetName, { model, files }: ChosenNetwork): Promise<StudioNetwork> {
  const found = await describedNetwork({
    model: await networkBytes(model.file),
    path: model.path,
    read: async (path) => {
      const { pathname } = new URL(path.split("/").map(encodeURIComponent).join("/"), urlOf(model.path));
      const beside = files.find((one) => urlOf(one.path).pathname === pathname);
      return beside && await networkBytes(beside.file);
    },
  });
  const file = model.path.split("/").at(-1)!;
  const { views } = PRESETS[preset].embedding;
  const named = found.manifest ? {} : { name: file.replace(/\.onnx$/i, "") };
  const network = await opening(preset, found, { views, ...named }, { file, model: model.path });
  const { size } = network;
  // One trial image before the work, as in the program: only a run shows what the network returns.
  await network.embedder.embed({ data: new Uint8Array(4 * size * size).fill(128), width: size, height: size });
  if (found.manifest) return network;
  const missing = "no manifest nor config.json and preprocessor_config.json were chosen with it";
  return { ...network, warnings: [`${file}: ${missing}, pixels become (pixel - 127) / 128, RGB, as a guess`] };
}

/** Returns a path as a URL, in which `..` is resolved. */
function urlOf(path: string): URL {
  return new URL(path.split("/").map(encodeURIComponent).join("/"), "file:///");
}

async function networkBytes(file: Blob): Promise<Uint8Array> {
  try {
    return await bytesOf(file);
  } catch (cause) {
    throw new AnomalyClusterError("bad-model", `the network: ${(cause as Error).message}`, { cause });
  }
}

async function opening(
  preset: PresetName,
  { model, manifest }: NetworkFiles,
  embedding: Partial<OnnxEmbedderOptions>,
  named: Pick<NetworkRecord, "file" | "model">,
): Promise<StudioNetwork> {
  const size = manifest?.input.side ?? 224;
  const checked = await checkedModel({ model, manifest, ...embedding, size, threads: threadCount(), webgpu });
  const record = { id: checked.id, ...named, sha256: await sha256(model), preset, size };
  return {
    embedder: onStudioEngine(checked),
    levels: checked.levels,
    openFirstLook,
    size,
    record,
    warnings: [],
  };
}
