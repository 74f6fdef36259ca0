// Groups image files by the preset `paper`, in one call and step by step: the same in every runtime that has the package.

import {
  clusterImages,
  clusterPatches,
  decodeImage,
  joinPatches,
  onnxEmbedder,
  PRESETS,
  presetSettings,
  readNetwork,
  releaseNetworks,
  ThreadPool,
} from "@anomalies/cluster";

/** Groups and scores of encoded images; `network` is what this runtime must hand in, in most nothing. */
export async function group(files, network = {}) {
  const once = await clusterImages(files, { preset: "paper", k: 3, network });
  await releaseNetworks();
  const { groups, scores } = await stepByStep(files, network);
  const same = groups.every((group, i) => group === once.groups[i]) && scores.every((one, i) => one === once.scores[i]);
  if (!same) throw new Error(`one call and its steps differ: ${once.groups}, ${groups}`);
  return { groups: Array.from(groups), scores: Array.from(scores) };
}

async function stepByStep(files, network) {
  const { model, embedding } = PRESETS.paper;
  const embedder = await onnxEmbedder({ ...(network.model ? {} : await readNetwork(model)), ...network, ...embedding });
  const parts = [];
  for (const file of files) parts.push(await embedder.embed(await decodeImage(file)));
  await embedder.release();
  const threads = new ThreadPool();
  const result = await clusterPatches(joinPatches(parts), { ...presetSettings("paper", false), k: 3, threads });
  threads.close();
  return result;
}

/** What is said where something must be handed in and is not. */
export async function refusal(files) {
  return await clusterImages(files).then(() => "nothing is refused", ({ code, message }) => `${code}: ${message}`);
}
