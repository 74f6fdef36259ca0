// Opens the network that options name.

import type { Embedder } from "../../embed/embedder.ts";
import { onCardOrProcessor, type Place } from "../../embed/card_or_processor.ts";
import { openedLate } from "../../embed/opened_late.ts";
import { sha256 } from "../../embed/manifest.ts";
import { type CheckedModel, checkedModel } from "../../embed/onnx.ts";
import type { Engine } from "../../embed/onnx_runtime.ts";
import type { Views } from "../../embed/views.ts";
import type { DecoderName } from "../../image/decode.ts";
import { PRESETS } from "../../preset.ts";
import type { NetworkRecord } from "../../report/model_file.ts";
import { chosenEngine, type EngineChoice, softwareAdapterNote } from "./engine.ts";
import { EMBEDDING_CORES, pooledEmbedder } from "../../embed/workers/embedder_pool.ts";
import { findNetwork, type FoundNetwork, type NetworkOptions } from "./find_network.ts";
import { makerOf } from "../images/image_cache.ts";

/** Options that name a network and how it sees images. */
export interface ModelOptions extends NetworkOptions {
  readonly views?: "1" | "4" | "8";
  readonly size?: number;
  /** @default "auto" */
  readonly engine?: EngineChoice;
  /** @default "own" */
  readonly decoder?: DecoderName;
  /** The 16-bit value that counts as white in the images. @default 65535 */
  readonly white?: number;
}

/** An opened network, how images are prepared for it, and how to open it again. */
export interface OpenModel {
  readonly embedder: Embedder;
  /** Number of levels of its patches. */
  readonly levels: number;
  /** Opens an embedder that is faster for many images; absent if there is none. */
  readonly openMany?: () => Embedder;
  /** Makes an embedder of another network on the same engine. */
  readonly onEngine: (checked: CheckedModel) => Embedder;
  /** Side in pixels to which images are resized. */
  readonly size: number;
  readonly decoder: DecoderName;
  /** The 16-bit value that counts as white; absent if it is 65535. */
  readonly white?: number;
  /** A text that names all that an embedding depends on, except the image. */
  readonly maker: string;
  /** The engine that runs the network. */
  readonly engine: Engine;
  readonly network: NetworkRecord;
}

const CARD_FAILED =
  "the graphics card failed: the image in hand was embedded again by the processor, and all after it; " +
  "--engine wasm leaves the card out";

/** Finds and checks the network of `--model`, or the preset's. It is opened with the first image. */
export async function openModel(options: ModelOptions, warnings: string[], found?: FoundNetwork): Promise<OpenModel> {
  const preset = PRESETS[options.preset];
  const { model, manifest, file: name, address } = found ?? await findNetwork(options);
  if (!manifest) warnings.push(`${name} has no manifest beside it: pixels become (pixel - 127) / 128, RGB, as a guess`);
  const size = options.size ?? manifest?.input.side ?? 224;
  const engine = await chosenEngine(options.engine ?? "auto");
  const note = engine === "webgpu" ? await softwareAdapterNote() : undefined;
  if (note !== undefined) warnings.push(note);
  const embedding = {
    model,
    manifest,
    ...(options.model === undefined ? preset.embedding : manifest ? {} : { name: name.replace(/\.onnx$/i, "") }),
    views: options.views ? Number(options.views) as Views : preset.embedding.views,
    size,
    threads: EMBEDDING_CORES,
    engine,
  };
  const checked = await checkedModel(embedding);
  const { preset: from, views, white } = options;
  const network = {
    id: checked.id,
    file: name,
    sha256: await sha256(model),
    preset: from,
    ...(address !== undefined && { model: address }),
    ...(views && { views }),
    size,
    ...(white && { white }),
  };
  const decoder = options.decoder ?? "own";
  const maker = await makerOf(checked.id, model, manifest, engine, decoder, white);
  const place: Place = { engine: "webgpu", onFailure: () => warnings.push(CARD_FAILED) };
  const onEngine = engine === "webgpu" ? (model: CheckedModel) => onCardOrProcessor(model, () => place) : openedLate;
  const embedder = onEngine(checked);
  // Test another network than the presets' before the work: whether its output can be used is known only after a run.
  if (options.model !== undefined) {
    await embedder.embed({ data: new Uint8Array(4 * size * size).fill(128), width: size, height: size });
  }
  const pools = engine !== "webgpu" && EMBEDDING_CORES > 1;
  return {
    embedder,
    levels: checked.levels,
    onEngine,
    ...(pools && { openMany: () => pooledEmbedder(checked.id, embedding, EMBEDDING_CORES) }),
    size,
    decoder,
    ...(white && { white }),
    maker,
    engine,
    network,
  };
}
