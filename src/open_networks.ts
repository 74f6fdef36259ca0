// The networks that clusterImages opened. They stay open for later calls.

import { compilesBytes } from "./core/instance.ts";
import type { Embedder } from "./embed/embedder.ts";
import { checkedModel, type OnnxEmbedderOptions } from "./embed/onnx.ts";
import { readNetwork } from "./embed/read_network.ts";
import { AnomalyClusterError } from "./errors.ts";
import { firstLookNetwork } from "./look/first_look_network.ts";
import { type PresetName, PRESETS } from "./preset.ts";

/** Options for the network of a preset, and the files that must be handed in where the runtime finds none. */
export type NetworkOptions = Partial<
  Pick<
    OnnxEmbedderOptions,
    "model" | "manifest" | "engine" | "threads" | "size" | "views" | "wasmBinary" | "wasmModule"
  >
>;

/** Frees the networks that {@linkcode clusterImages} opened. The next call opens them again. */
export async function releaseNetworks(): Promise<void> {
  await Promise.all(opened.splice(0).map(async ({ embedder }) => await (await embedder).release()));
}

/** A network that stays open, and the options that it was opened with. */
interface OpenNetwork {
  readonly preset: PresetName | typeof FIRST_LOOK;
  readonly network: NetworkOptions;
  readonly embedder: Promise<Embedder>;
}

const opened: OpenNetwork[] = [];

/** Stands for the network of first looks at large photos, in place of a preset. */
export const FIRST_LOOK = "first look";

/** Returns the open network of a preset, and opens it if needed. */
export async function openNetwork(preset: OpenNetwork["preset"], network: NetworkOptions): Promise<Embedder> {
  const same = (one: OpenNetwork) => one.preset === preset && haveSameValues(one.network, network);
  const found = opened.find(same);
  if (found) return await found.embedder;
  const opening = { preset, network, embedder: open(preset, network) };
  opened.push(opening);
  try {
    return await opening.embedder;
  } catch (error) {
    opened.splice(opened.indexOf(opening), 1); // The next call tries again.
    throw error;
  }
}

async function open(preset: OpenNetwork["preset"], network: NetworkOptions): Promise<Embedder> {
  if (!compilesBytes() && !(network.model && network.wasmModule)) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime compiles no WebAssembly from bytes: hand in the network's bytes as network.model, its engine " +
        "compiled as network.wasmModule, and compiled modules to init and initDecoders, see docs/runtimes.md",
    );
  }
  if (preset === FIRST_LOOK) return await (await firstLookNetwork(network)).open();
  const { model: address, embedding } = PRESETS[preset];
  const files = network.model ? { model: network.model } : await readNetwork(address);
  return await (await checkedModel({ ...embedding, ...network, ...files })).open();
}

function haveSameValues(a: object, b: object): boolean {
  const entries = Object.entries(a).filter(([, value]) => value !== undefined);
  const others = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return entries.length === others.size && entries.every(([name, value]) => others.get(name) === value);
}
