// Runs in a browser: embeds an image on the graphics card and on the processor. The engines lie beside the bundle.

import * as webgpu from "onnxruntime-web/jspi";
import { decodeImage, type Engine, onnxEmbedder, type PresetName, PRESETS, readNetwork } from "../../mod.ts";

/** The largest difference between patch embeddings of an image by the two, as a share of the largest number. */
export async function difference(preset: PresetName, image: string): Promise<number> {
  const pixels = await decodeImage(Uint8Array.fromBase64(image));
  const embedded = async (engine: Engine) => {
    const network = await readNetwork(PRESETS[preset].model);
    const embedder = await onnxEmbedder({ ...PRESETS[preset].embedding, ...network, views: 1, engine, webgpu });
    const { data } = await embedder.embed(pixels);
    await embedder.release();
    return data;
  };
  const [card, processor] = [await embedded("webgpu"), await embedded("wasm")];
  const largest = processor.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return card.reduce((most, value, at) => Math.max(most, Math.abs(value - processor[at])), 0) / largest;
}
