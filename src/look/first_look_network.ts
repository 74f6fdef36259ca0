// The network that embeds first looks. The smallest of the included ones is enough: any network shows where a photo is
// unlike the others.

import { type CheckedModel, checkedModel, type OnnxEmbedderOptions } from "../embed/onnx.ts";
import { DEFAULT_MODEL } from "../embed/included_networks.ts";
import { readNetwork } from "../embed/read_network.ts";

/** Returns the options to open it with. Images keep their own size. */
export async function firstLookOptions(
  engine: Pick<OnnxEmbedderOptions, "engine" | "threads" | "webgpu">,
): Promise<OnnxEmbedderOptions> {
  return { ...await readNetwork(DEFAULT_MODEL), ...engine, name: "first look", ownSize: true };
}

/** Returns the network, not opened yet. Throws as `onnxEmbedder`. */
export async function firstLookNetwork(
  engine: Pick<OnnxEmbedderOptions, "engine" | "threads" | "webgpu">,
): Promise<CheckedModel> {
  return await checkedModel(await firstLookOptions(engine));
}
