// What embeds first looks: the smallest of the included networks, as where something is unlike any network tells.

import { type CheckedModel, checkedModel, type OnnxEmbedderOptions } from "../embed/onnx.ts";
import { DEFAULT_MODEL } from "../embed/included_networks.ts";
import { readNetwork } from "../embed/read_network.ts";

/** Options by which it is opened: images keep their own size. */
export async function firstLookOptions(
  engine: Pick<OnnxEmbedderOptions, "engine" | "threads">,
): Promise<OnnxEmbedderOptions> {
  return { ...await readNetwork(DEFAULT_MODEL), ...engine, name: "first look", ownSize: true };
}

/** The network, not opened yet. Throws as `onnxEmbedder`. */
export async function firstLookNetwork(
  engine: Pick<OnnxEmbedderOptions, "engine" | "threads">,
): Promise<CheckedModel> {
  return await checkedModel(await firstLookOptions(engine));
}
