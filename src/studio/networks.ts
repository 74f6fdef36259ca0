// The networks that lie beside the page, one open at a time.

import * as onnxruntime from "onnxruntime-web";
import { sha256 } from "../embed/manifest.ts";
import { checkedModel } from "../embed/onnx.ts";
import { openedLate } from "../embed/opened_late.ts";
import { networkFileName, readNetwork } from "../embed/read_network.ts";
import type { Network } from "../job/prepare.ts";
import { type PresetName, PRESETS } from "../preset.ts";
import type { NetworkRecord } from "../report/model_file.ts";

/** A network, and what model.json says of it. */
export interface StudioNetwork extends Network {
  readonly record: NetworkRecord;
}

const beside = (name: string) => new URL(name, import.meta.url).href;

// Named so that the engine starts threads from a file: the page's policy allows no other source.
onnxruntime.env.wasm.wasmPaths = {
  mjs: beside("ort-wasm-simd-threaded.js"),
  wasm: beside("ort-wasm-simd-threaded.wasm"),
};

/** One for each core where two threads share one, up to 4: onnxruntime-web's own choice. */
function threadCount(): number {
  return crossOriginIsolated ? Math.min(4, Math.ceil(navigator.hardwareConcurrency / 2)) : 1;
}

let opened: { readonly preset: PresetName; readonly network: StudioNetwork } | undefined;

/** The preset's network; it opens with the first image. Throws `bad-model`. */
export async function networkOf(preset: PresetName): Promise<StudioNetwork> {
  if (opened?.preset === preset) return opened.network;
  await opened?.network.embedder.release();
  opened = undefined;
  const network = await load(preset);
  opened = { preset, network };
  return network;
}

async function load(preset: PresetName): Promise<StudioNetwork> {
  const { model: address, embedding } = PRESETS[preset];
  const { model, manifest } = await readNetwork(address);
  const size = manifest!.input.side;
  const checked = await checkedModel({ model, manifest, ...embedding, size, threads: threadCount() });
  const record = { id: checked.id, file: networkFileName(address), sha256: await sha256(model), preset, size };
  return { embedder: openedLate(checked), size, record };
}
