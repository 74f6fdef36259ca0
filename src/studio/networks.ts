// Opens the networks that lie beside the page and those that a person chose on it. Only one is open at a time.

import * as webgpu from "onnxruntime-web/jspi";
import { sha256 } from "../embed/manifest.ts";
import { type CheckedModel, checkedModel, type OnnxEmbedderOptions } from "../embed/onnx.ts";
import type { Embedder } from "../embed/embedder.ts";
import { describedNetwork, networkFileName, type NetworkFiles, readNetwork } from "../embed/read_network.ts";
import { liteRtEngine } from "../embed/engine.js";
import { pooledEmbedder } from "../embed/workers/embedder_pool.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { Network } from "../job/prepare.ts";
import { firstLookOptions } from "../look/first_look_network.ts";
import { type PresetName, PRESETS } from "../preset.ts";
import type { NetworkRecord } from "../report/model_file.ts";
import { bytesOf, type ChosenNetwork, keyOf } from "./chosen.ts";
import { beside } from "./engine_files.ts";
import { onStudioEngine, studioEngine } from "./graphics_card.ts";

/** A network, and its entry in model.json. */
export interface StudioNetwork extends Network {
  readonly record: NetworkRecord;
  /** Warnings to show with the results. */
  readonly warnings: readonly string[];
}

// That of the graphics card has no threads. It is only loaded where there is a card.
webgpu.env.wasm.wasmPaths = { wasm: beside("ort-wasm-simd-threaded.jspi.wasm").href };

/** Half of the processor's threads, as two often share a core: at least 2 and at most 4, if there are as many. */
const CORES = Math.min(navigator.hardwareConcurrency, 4, Math.max(2, Math.ceil(navigator.hardwareConcurrency / 2)));

let liteRt: Promise<WebAssembly.Module | undefined> | undefined;

/** LiteRT's WebAssembly, which is loaded once for all workers; undefined where it cannot be. */
function liteRtModule(): Promise<WebAssembly.Module | undefined> {
  return liteRt ??= liteRtEngine().catch(() => undefined);
}

/** Whether workers have a network of their own. Of large networks, that would take too much memory. */
function isPooled(model: Uint8Array): boolean {
  return model.length <= 64e6;
}

/** An embedder of a network, on the graphics card or on workers. */
function onStudio(checked: CheckedModel, options: OnnxEmbedderOptions, most: number): Embedder {
  const { id } = checked;
  if (!isPooled(options.model)) return onStudioEngine(checked);
  return onStudioEngine({
    id,
    open: async (engine) => {
      if (engine === "webgpu") return await checked.open(engine);
      const own = { ...options, engine, webgpu: undefined, liteRtModule: await liteRtModule() };
      return pooledEmbedder(id, own, most, beside("embed_worker.js"));
    },
  });
}

let firstLooks: Promise<Embedder> | undefined;

/** Returns the network for first looks, which is opened once. */
function openFirstLook(): Promise<Embedder> {
  return firstLooks ??= firstLookOptions({ webgpu }).then(async (options) => {
    // The other cores embed close looks.
    return onStudio(await checkedModel(options), options, Math.ceil(CORES / 2));
  });
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
  const options = { model, manifest, ...embedding, size, threads: crossOriginIsolated ? CORES : 1, webgpu };
  const checked = await checkedModel(options);
  const record = { id: checked.id, ...named, sha256: await sha256(model), preset, size };
  return {
    embedder: onStudio(checked, options, CORES),
    get atOnce() { // The processor may take over from the card.
      return isPooled(model) && studioEngine() === "wasm" ? CORES : 1;
    },
    levels: checked.levels,
    openFirstLook,
    size,
    record,
    warnings: [],
  };
}
